//! A number that tells whether two processes judged the same histories.

use crate::make::{Flat, Flatten};
use crate::measure::Case;

/// FNV-1a over 64-bit words (Fowler, Noll, Vo): quick, and the same everywhere.
struct Fnv(u64);

impl Fnv {
    fn word(&mut self, word: u64) {
        self.0 = (self.0 ^ word).wrapping_mul(0x0000_0100_0000_01b3);
    }

    fn value(&mut self, value: Option<i64>) {
        self.word(u64::from(value.is_some()));
        self.word(value.unwrap_or_default().cast_unsigned());
    }
}

/// The digest of histories with their operations, answers and ranks.
pub(crate) fn digest<M: Flatten>(cases: &[Case<M>]) -> u64 {
    let mut fnv = Fnv(0xcbf2_9ce4_8422_2325);
    for one in cases.iter().flat_map(|case| &case.history.operations) {
        fnv.word(u64::from(one.call.0) << 32 | u64::from(one.ret.0));
        fnv.word(u64::from(one.process.0));
        let Some((key, flat)) = M::flatten(&one.op, one.outcome.answer()) else { continue };
        fnv.word(u64::from(key));
        match flat {
            Flat::Read(answer) => {
                fnv.word(u64::from(answer.is_some()));
                fnv.value(answer.flatten());
            }
            Flat::Write(value) => fnv.value(Some(value)),
            Flat::Cas { from, to, swapped } => {
                fnv.value(from);
                fnv.value(Some(to));
                fnv.value(swapped.map(i64::from));
            }
        }
    }
    fnv.0
}

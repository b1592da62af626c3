//! Positions: the log-linear engine for sequences, fetch-and-add and logs, whose answers say where
//! in the order each operation stands.
//!
//! Operations that took a place stand in the order of their places, reads of the end between two of
//! them. So there is one order, up to what the reads leave open, and the only questions are: does it
//! contradict real time, did two take one place, and can the places that nobody answered for have
//! been taken by operations without an answer? Of those each gap needs one that was called before
//! anybody who stands behind the gap had returned; as these deadlines rise with the places, serving
//! the gaps in their order with the earliest calls is best.
//!
//! O(n log n), without recursion, whatever the number of clients.

mod fit;
mod gaps;
mod sweep;

use crate::fast::Fast;
use crate::part::{Decision, Hint, Part, Standing};
use fit::{Entry, Kind, Places};
use sweep::{Seat, Sight};
use testimony_verdict::{Engine, Unknown};

/// The positions of one part.
pub(crate) struct Positions<'p, 'h> {
    part: &'p Part<'h>,
    places: Places,
}

/// Why there is no order.
enum Broken {
    /// Positions that contradict each other, whatever the others did.
    Contradiction(Vec<usize>),
    /// Nobody can have taken a place that must have been taken.
    Missing {
        /// The place.
        at: i64,
        /// Who returned first of those who stand behind it.
        behind: usize,
        /// Entries of places like it, and who saw them.
        seen: Vec<(Entry, usize)>,
    },
    /// Operations of different sizes might fill a gap; which can is another problem.
    Undecided,
}

impl<'p, 'h> Positions<'p, 'h> {
    /// Reads the accesses of a part. O(n).
    ///
    /// # Errors
    ///
    /// Says why positions cannot judge this part.
    pub(crate) fn new(part: &'p Part<'h>) -> Result<Self, String> {
        Ok(Positions { part, places: Places::of(part)? })
    }
}

impl Fast for Positions<'_, '_> {
    fn engine(&self) -> Engine {
        Engine::Positions
    }

    fn decide(&self) -> Decision {
        match self.places.order(|_| Standing::Required) {
            Ok(order) => {
                Decision::Valid(order.into_iter().map(|at| self.part.operations[at].id).collect())
            }
            Err(Broken::Contradiction(suspects)) => {
                Decision::Invalid(Hint { suspects, stuck: None })
            }
            Err(Broken::Missing { at, behind, seen }) => {
                let suspects = self.places.around(at, behind, &seen);
                // Some may have seen what counts after whoever is behind had returned.
                let all = seen.iter().map(|&(_, by)| by).chain([behind]);
                let stuck = all.max_by_key(|&position| self.places.all[position].end);
                Decision::Invalid(Hint { suspects, stuck })
            }
            Err(Broken::Undecided) => {
                let why = "unanswered operations of different sizes might fill a gap".to_owned();
                Decision::Unknown(Unknown::NotApplicable(why))
            }
        }
    }

    fn probe(&self, standings: &[Standing]) -> Option<bool> {
        match self.places.filled(|position| standings[position]) {
            Ok(_) => Some(true),
            Err(Broken::Undecided) => None,
            Err(_) => Some(false),
        }
    }
}

/// What of a part takes effect, by standing.
#[derive(Default)]
struct Present {
    /// What certainly took its place, by place.
    seats: Vec<Seat>,
    /// What certainly saw the end.
    sights: Vec<Sight>,
    /// What may take any place, at any time from its call on.
    unknown: Vec<usize>,
}

impl Places {
    fn present(&self, standing: impl Fn(usize) -> Standing) -> Present {
        let mut present = Present::default();
        for (position, one) in self.all.iter().enumerate() {
            let standing = standing(position);
            match one.kind {
                _ if standing == Standing::Dropped => {}
                Kind::Take { at: Some(at), size, .. } if standing == Standing::Required => {
                    present.seats.push(Seat { at, to: at + size, position });
                }
                Kind::Take { .. } => present.unknown.push(position),
                Kind::See { low, high, .. } if standing == Standing::Required => {
                    present.sights.push(Sight { low, high, position });
                }
                Kind::See { .. } => {}
            }
        }
        present.seats.sort_unstable_by_key(|seat| (seat.at, seat.position));
        present
    }

    /// An order of the operations that must have happened, or why there is none.
    fn order(&self, standing: impl Fn(usize) -> Standing) -> Result<Vec<usize>, Broken> {
        let (seats, sights) = self.filled(standing)?;
        let mut times = Vec::with_capacity(seats.len() + sights.len());
        let place = |key, time: i64| times.push((time, key));
        sweep::sweep(self, &seats, &sights, place).map_err(|_| Broken::Undecided)?;
        times.sort_unstable();
        Ok(times.into_iter().map(|(_, key)| key.position).collect())
    }

    /// Who took every place that must have been taken, by place, and who saw the end; or why some
    /// place cannot have been taken.
    fn filled(
        &self,
        standing: impl Fn(usize) -> Standing,
    ) -> Result<(Vec<Seat>, Vec<Sight>), Broken> {
        let Present { mut seats, sights, unknown } = self.present(standing);
        self.check_places(&seats, &sights).map_err(Broken::Contradiction)?;
        let contents = self.contents(&seats, &sights).map_err(Broken::Contradiction)?;
        sweep::sweep(self, &seats, &sights, |_, _| {}).map_err(Broken::Contradiction)?;
        if !self.gaps {
            let gaps = gaps::Gaps::new(self, &seats, &sights, &contents);
            let fillers = gaps.fill(&unknown)?;
            if !fillers.is_empty() {
                seats.extend(fillers);
                seats.sort_unstable_by_key(|seat| (seat.at, seat.position));
            }
        }
        Ok((seats, sights))
    }

    /// Answers that are impossible by themselves, two that took one place, and ends seen inside of
    /// what one operation took.
    fn check_places(&self, seats: &[Seat], sights: &[Sight]) -> Result<(), Vec<usize>> {
        if let Some(seat) = seats.iter().find(|seat| !self.is_end(seat.at)) {
            return Err(vec![seat.position]);
        }
        if let Some(pair) = seats.windows(2).find(|pair| pair[0].to > pair[1].at) {
            return Err(vec![pair[0].position, pair[1].position]);
        }
        for sight in sights {
            let exact = sight.low == sight.high;
            if sight.high < self.initial || (exact && !self.is_end(sight.low)) {
                return Err(vec![sight.position]);
            }
            let before = seats.partition_point(|seat| seat.at < sight.low);
            let around = before.checked_sub(1).map(|last| &seats[last]);
            if let Some(seat) = around.filter(|seat| exact && seat.to > sight.low) {
                return Err(vec![seat.position, sight.position]);
            }
        }
        Ok(())
    }

    /// What is known to be at each place, and by whom, or two that contradict each other.
    fn contents(&self, seats: &[Seat], sights: &[Sight]) -> Result<fit::Contents, Vec<usize>> {
        let mut contents = fit::Contents::default();
        if self.facts.is_empty() {
            return Ok(contents);
        }
        for seat in seats {
            if let Kind::Take { entry, .. } = self.all[seat.position].kind {
                contents.insert(seat.at, (entry, seat.position));
            }
        }
        for sight in sights {
            for &(at, entry) in self.facts_of(sight.position) {
                if at < self.initial {
                    return Err(vec![sight.position]);
                }
                let &mut (there, by) = contents.entry(at).or_insert((entry, sight.position));
                if there != entry {
                    return Err(vec![by, sight.position]);
                }
            }
        }
        Ok(contents)
    }

    /// Who must have been where it says for a place to be missing: who stands behind the place, who
    /// saw what was there, and everybody who could have taken it before the first of those behind it
    /// returned, but stands behind it as well, or put another such entry elsewhere.
    fn around(&self, place: i64, behind: usize, seen: &[(Entry, usize)]) -> Vec<usize> {
        let end = self.all[behind].end;
        let others = self.all.iter().enumerate().filter(|(_, one)| match one.kind {
            Kind::Take { at: Some(at), entry, .. } => {
                one.start <= end && (at >= place || seen.iter().any(|&(other, _)| other == entry))
            }
            Kind::Take { at: None, .. } | Kind::See { .. } => false,
        });
        let mut suspects = vec![behind];
        suspects.extend(seen.iter().map(|&(_, by)| by));
        suspects.extend(others.map(|(position, _)| position).filter(|&one| one != behind));
        suspects.truncate(SUSPECTS_MAX);
        suspects
    }
}

/// Suspects that are looked at one by one; with more, the reduction looks for them itself.
const SUSPECTS_MAX: usize = 64;

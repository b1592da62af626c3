//! Every built-in model: what its steps do, and that what it writes it reads again.

use crate::{
    Access, Atom, CasRegister, CellOp, CellRet, Keys, Kv, KvOp, Model, Register, Step, Stock,
    StockOp, StockRet, Value,
};
use proptest::prelude::*;
use testimony_history::Answer;

use CellOp::{Append, Cas, Delete, Read, Write};
use CellRet::{Done, Mismatch};

fn refusal<S: std::fmt::Debug>(step: Step<S>) -> String {
    match step {
        Step::Refuse(why) => why,
        other => panic!("expected a refusal, found {other:?}"),
    }
}

fn value(value: impl Into<Value>) -> Option<Value> {
    Some(value.into())
}

fn read(read: Option<Value>) -> CellRet {
    CellRet::Value(read)
}

#[test]
fn a_register_answers_what_was_written_last() {
    let model = Register;
    assert_eq!(model.init(), None);
    assert_eq!(model.step(&None, &Write(1.into()), Some(&Done)), Step::To(value(1)));
    assert_eq!(model.step(&None, &Read, Some(&read(None))), Step::To(None));
    assert_eq!(model.step(&value(1), &Read, Some(&read(value(1)))), Step::To(value(1)));
    assert_eq!(model.step(&value(1), &Read, None), Step::To(value(1)));
    let stale = model.step(&value("b"), &Read, Some(&read(value("a"))));
    assert_eq!(refusal(stale), "read \"a\" where \"b\" is");
    // A number and its text are two values.
    assert_eq!(
        refusal(model.step(&value(1), &Read, Some(&read(value("1"))))),
        "read \"1\" where 1 is"
    );
    assert_eq!(
        model.read_op("cas", "[1,2]"),
        Err("unknown operation `cas`; known: read, write".to_owned())
    );
    assert!(model.is_observer(&Read) && !model.is_observer(&Write(1.into())));
}

#[test]
fn a_cas_swaps_exactly_when_it_matches() {
    let model = CasRegister;
    let cas = Cas(value(1), 2.into());
    assert_eq!(model.step(&value(1), &cas, Some(&Done)), Step::To(value(2)));
    assert_eq!(model.step(&value(3), &cas, Some(&Mismatch)), Step::To(value(3)));
    assert_eq!(refusal(model.step(&value(3), &cas, Some(&Done))), "matched 1 where 3 is");
    assert_eq!(
        refusal(model.step(&value(1), &cas, Some(&Mismatch))),
        "did not match 1 although 1 is"
    );
    // Without an answer it does what it would have done.
    assert_eq!(model.step(&value(1), &cas, None), Step::To(value(2)));
    assert_eq!(model.step(&value(3), &cas, None), Step::To(value(3)));
    let from_nothing = Cas(None, 2.into());
    assert_eq!(model.step(&None, &from_nothing, Some(&Done)), Step::To(value(2)));
    assert!(model.is_observation(&cas, &Mismatch) && !model.is_observation(&cas, &Done));
    assert_eq!(
        model.access(&cas, Some(&Mismatch)),
        Access::Cas { from: Atom::Int(1), to: Atom::Int(2), swapped: Some(false) }
    );
}

#[test]
fn a_map_keeps_its_keys_apart() {
    let model = Kv;
    let on = |key: &str, op: CellOp| KvOp::new(key, op);
    let state = |entries: &[(&str, &str)]| {
        entries.iter().map(|(key, text)| ((*key).into(), (*text).into())).collect()
    };
    let both = state(&[("x", "a"), ("y", "b")]);
    let appended = model.step(&both, &on("x", Append("c".into())), Some(&Done));
    assert_eq!(appended, Step::To(state(&[("x", "ac"), ("y", "b")])));
    let appended = model.step(&both, &on("z", Append("c".into())), Some(&Done));
    assert_eq!(appended, Step::To(state(&[("x", "a"), ("y", "b"), ("z", "c")])));
    assert_eq!(model.step(&both, &on("y", Delete), None), Step::To(state(&[("x", "a")])));
    assert_eq!(model.step(&both, &on("z", Delete), None), Step::To(both.clone()));
    let stale = model.step(&both, &on("x", Read), Some(&read(value("b"))));
    assert_eq!(refusal(stale), "x: read \"b\" where \"a\" is");
    let missing = model.step(&both, &on("z", Read), Some(&read(None)));
    assert_eq!(missing, Step::To(both));
    let number = [("n".into(), Value::Int(1))].into();
    let refused = model.step(&number, &on("n", Append("c".into())), None);
    assert_eq!(refusal(refused), "n: append to the number 1");
    assert_eq!(model.keys(&on("x", Read)), Keys::One("x".into()));
    assert_eq!(model.describe(&on("x", Cas(None, 2.into()))), "cas x nothing -> 2");
    assert_eq!(model.describe_state(&state(&[("x", "a")])), "{x: \"a\"}");
}

#[test]
fn a_map_wants_the_same_key_in_the_answer() {
    let op = Kv.read_op("read", "[\"x\",null]").unwrap();
    let answer = |value| Kv.read_ret(&op, Answer { value, ret: None, mismatch: false });
    assert_eq!(answer("[\"x\",3]"), Ok(read(value(3))));
    assert_eq!(
        answer("[\"y\",3]"),
        Err("expected the key \"x\" of the invocation, found \"y\"".to_owned())
    );
    assert_eq!(answer("3"), Err("expected a pair [a, b], found 3".to_owned()));
    assert_eq!(Kv.read_op("read", "[7,null]").unwrap(), KvOp::new("7", Read));
    assert!(Kv.read_op("read", "[null,null]").is_err());
    assert!(Kv.read_op("read", "null").is_err());
}

#[test]
fn a_stock_never_sells_what_it_has_not() {
    let model = Stock { initial: 3 };
    let (buy, sold, sold_out) = (StockOp::Buy(2), StockRet::Sold, StockRet::SoldOut);
    assert_eq!(model.init(), 3);
    assert_eq!(model.step(&3, &buy, Some(&sold)), Step::To(1));
    assert_eq!(model.step(&1, &buy, Some(&sold_out)), Step::To(1));
    assert_eq!(refusal(model.step(&1, &buy, Some(&sold))), "sold 2 although only 1 are there");
    assert_eq!(refusal(model.step(&3, &buy, Some(&sold_out))), "refused 2 although 3 are there");
    assert_eq!(model.step(&3, &buy, None), Step::To(1));
    assert_eq!(model.step(&1, &buy, None), Step::To(1));
    assert_eq!(model.step(&1, &StockOp::Restock(4), None), Step::To(5));
    assert_eq!(model.step(&1, &StockOp::Read, Some(&StockRet::Count(1))), Step::To(1));
    let wrong = model.step(&1, &StockOp::Read, Some(&StockRet::Count(-1)));
    assert_eq!(refusal(wrong), "counted -1 where 1 are");
    assert!(model.is_observation(&buy, &sold_out) && !model.is_observation(&buy, &sold));
}

#[test]
fn a_stock_takes_its_parameters_from_the_header() {
    let model = Stock::default().with_params("{\"initial\":7}").unwrap();
    assert_eq!(model, Stock { initial: 7 });
    assert_eq!(model.params().as_deref(), Some("{\"initial\":7}"));
    for wrong in ["{\"initial\":-1}", "{\"intial\":7}", "7", "{}"] {
        let refused = Stock::default().with_params(wrong).unwrap_err();
        assert!(refused.starts_with("expected {\"initial\": units}:"), "{refused}");
    }
    assert!(Kv.with_params("{}").unwrap_err().starts_with("model `kv` takes no parameters"));
    assert_eq!(Kv.params(), None);
}

#[test]
fn values_out_of_range_and_of_wrong_kind_are_refused() {
    let write = |value| Register.read_op("write", value);
    assert_eq!(write("9223372036854775807"), Ok(Write(i64::MAX.into())));
    assert_eq!(write("-9223372036854775808"), Ok(Write(i64::MIN.into())));
    for wrong in ["9223372036854775808", "1e400", "1.0", "-0", "[1]", "{}", "true", ""] {
        let refused = write(wrong).unwrap_err();
        assert!(refused.starts_with("expected "), "{wrong}: {refused}");
    }
    assert_eq!(write("null"), Err("write needs a value, found null".to_owned()));
    assert!(CasRegister.read_op("cas", "[1,2,3]").is_err());
    assert!(CasRegister.read_op("cas", "[1,null]").is_err());
    assert!(Kv.read_op("append", "[\"x\",3]").is_err());
    let units = |value| Stock::default().read_op("buy", value).is_err();
    assert!(units("-1") && units("\"1\"") && units("4294967296") && units("null"));
    let answer = Answer { value: "1", ret: None, mismatch: true };
    assert!(Register.read_ret(&Write(1.into()), answer).is_err());
    assert!(Stock::default().read_ret(&StockOp::Restock(1), answer).is_err());
}

fn values() -> impl Strategy<Value = Value> {
    prop_oneof![any::<i64>().prop_map(Value::Int), any::<String>().prop_map(|t| Value::from(&*t))]
}

/// Operations with an answer that fits.
fn cells() -> impl Strategy<Value = (CellOp, CellRet)> {
    let cas = (prop::option::of(values()), values(), any::<bool>());
    prop_oneof![
        prop::option::of(values()).prop_map(|value| (Read, CellRet::Value(value))),
        values().prop_map(|value| (Write(value), Done)),
        cas.prop_map(|(from, to, done)| (Cas(from, to), if done { Done } else { Mismatch })),
        any::<String>().prop_map(|text| (Append(text.into()), Done)),
        Just((Delete, Done)),
    ]
}

fn stocks() -> impl Strategy<Value = (StockOp, StockRet)> {
    prop_oneof![
        any::<u32>().prop_map(|units| (StockOp::Buy(units), StockRet::Sold)),
        any::<u32>().prop_map(|units| (StockOp::Buy(units), StockRet::SoldOut)),
        any::<u32>().prop_map(|units| (StockOp::Restock(units), StockRet::Restocked)),
        any::<i64>().prop_map(|count| (StockOp::Read, StockRet::Count(count))),
    ]
}

fn assert_reads_again<M: Model>(model: &M, op: &M::Op, ret: &M::Ret) {
    let written = model.write_op(op);
    assert!(!written.mismatch && written.ret.is_none());
    assert_eq!(model.read_op(&written.f, &written.value).as_ref(), Ok(op));
    let answered = model.write_ret(op, ret);
    assert_eq!(answered.f, written.f);
    let (value, ret_text) = (&*answered.value, answered.ret.as_deref());
    let answer = Answer { value, ret: ret_text, mismatch: answered.mismatch };
    assert_eq!(model.read_ret(op, answer).as_ref(), Ok(ret));
}

proptest! {
    #[test]
    fn what_is_written_is_read_again((op, ret) in cells(), key in any::<String>()) {
        assert_reads_again(&Kv, &KvOp::new(key, op.clone()), &ret);
        if !matches!(op, Append(_) | Delete) {
            assert_reads_again(&CasRegister, &op, &ret);
        }
        if matches!(op, Read | Write(_)) {
            assert_reads_again(&Register, &op, &ret);
        }
    }

    #[test]
    fn what_a_stock_writes_it_reads_again((op, ret) in stocks()) {
        assert_reads_again(&Stock::default(), &op, &ret);
    }

    #[test]
    fn arbitrary_texts_never_panic(
        f in "read|write|cas|append|delete|buy|restock|x",
        value in prop_oneof![any::<String>(), "[\\[\\]{}\",:0-9ntrue.e-]{0,20}"],
        mismatch in any::<bool>(),
    ) {
        let answer = Answer { value: &value, ret: None, mismatch };
        for model in [CasRegister.read_op(&f, &value), Register.read_op(&f, &value)] {
            let _ = model.map(|op| CasRegister.read_ret(&op, answer));
        }
        let _ = Kv.read_op(&f, &value).map(|op| Kv.read_ret(&op, answer));
        let stock = Stock::default();
        let _ = stock.read_op(&f, &value).map(|op| stock.read_ret(&op, answer));
    }

    #[test]
    fn a_step_of_an_observer_changes_nothing((op, ret) in cells(), cell in prop::option::of(values())) {
        let step = CasRegister.step(&cell, &op, Some(&ret));
        if CasRegister.is_observation(&op, &ret) {
            prop_assert!(matches!(step, Step::Refuse(_)) || step == Step::To(cell.clone()));
        }
        // What an answered operation may do, it may do without an answer too.
        if !matches!(step, Step::Refuse(_)) {
            prop_assert_eq!(CasRegister.step(&cell, &op, None), step);
        }
    }
}

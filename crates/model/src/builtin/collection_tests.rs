//! The collections: what their steps do, and that what they write they read again.

use crate::{
    CollectionOp, CollectionRet, Model, PriorityQueue, Queue, Set, SetOp, SetRet, Stack, Step,
    Value,
};
use proptest::prelude::*;
use testimony_history::Answer;

use CollectionOp::{Insert, Peek, Take};

/// Puts values in, then takes everything out.
fn emptied<M: Model<Op = CollectionOp, Ret = CollectionRet>>(
    model: &M,
    put: &[Value],
) -> Vec<Value> {
    let mut state = model.init();
    for value in put {
        let Step::To(after) =
            model.step(&state, &Insert(value.clone()), Some(&CollectionRet::Done))
        else {
            panic!("{value} was refused")
        };
        state = after;
    }
    let mut taken = Vec::new();
    loop {
        let answers = put.iter().cloned().map(Some).chain([None]).map(CollectionRet::Value);
        let fits = |answer: &CollectionRet| {
            !matches!(model.step(&state, &Take, Some(answer)), Step::Refuse(_))
        };
        let answer = answers.into_iter().find(fits).expect("something is always next");
        // A peek answers the same, and a take without an answer leads to the same state.
        assert_eq!(model.step(&state, &Peek, Some(&answer)), Step::To(state.clone()));
        let after = model.step(&state, &Take, Some(&answer));
        assert_eq!(model.step(&state, &Take, None), after);
        let (CollectionRet::Value(Some(value)), Step::To(after)) = (answer, after) else {
            return taken;
        };
        taken.push(value);
        state = after;
    }
}

#[test]
fn collections_differ_in_what_comes_next() {
    let put: Vec<Value> = vec![2.into(), "a".into(), 3.into(), 2.into(), 1.into()];
    assert_eq!(emptied(&Queue, &put), put);
    assert_eq!(emptied(&Stack, &put), put.iter().rev().cloned().collect::<Vec<_>>());
    let mut sorted = put.clone();
    sorted.sort_by(|a, b| b.cmp(a));
    assert_eq!(emptied(&PriorityQueue, &put), sorted);
}

#[test]
fn refusals_are_told_in_words() {
    let Step::To(one) = Queue.step(&Queue.init(), &Insert(1.into()), None) else { panic!() };
    let refused = |op: &CollectionOp, value: Option<i64>| match Queue.step(
        &one,
        op,
        Some(&CollectionRet::Value(value.map(Value::Int))),
    ) {
        Step::Refuse(why) => why,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(&Take, Some(2)), "took 2 where 1 is next");
    assert_eq!(refused(&Peek, None), "found it empty although 1 is there");
    let empty = Stack.step(&Stack.init(), &Take, Some(&CollectionRet::Value(Some(5.into()))));
    assert_eq!(empty, Step::Refuse("took 5 where nothing is".to_owned()));
    let read = |elements: &[i64]| {
        let Step::To(one) = Set.step(&Set.init(), &SetOp::Add(1.into()), None) else { panic!() };
        let elements = elements.iter().map(|&element| element.into()).collect();
        Set.step(&one, &SetOp::Read, Some(&SetRet::Elements(elements)))
    };
    assert_eq!(read(&[]), Step::Refuse("did not read 1, which is there".to_owned()));
    assert_eq!(read(&[1, 2]), Step::Refuse("read 2, which is missing".to_owned()));
    assert_eq!(read(&[1, 1]), Step::Refuse("read 1 twice".to_owned()));
    assert!(matches!(read(&[1]), Step::To(_)));
}

fn values() -> impl Strategy<Value = Value> {
    prop_oneof![any::<i64>().prop_map(Value::Int), any::<String>().prop_map(|t| Value::from(&*t))]
}

fn collections() -> impl Strategy<Value = (CollectionOp, CollectionRet)> {
    prop_oneof![
        values().prop_map(|value| (Insert(value), CollectionRet::Done)),
        prop::option::of(values()).prop_map(|value| (Take, CollectionRet::Value(value))),
        prop::option::of(values()).prop_map(|value| (Peek, CollectionRet::Value(value))),
    ]
}

fn sets() -> impl Strategy<Value = (SetOp, SetRet)> {
    let told = |told: Option<bool>| told.map_or(SetRet::Done, SetRet::Told);
    prop_oneof![
        (values(), any::<Option<bool>>()).prop_map(move |(v, t)| (SetOp::Add(v), told(t))),
        (values(), any::<Option<bool>>()).prop_map(move |(v, t)| (SetOp::Remove(v), told(t))),
        (values(), any::<bool>()).prop_map(|(v, t)| (SetOp::Contains(v), SetRet::Told(t))),
        prop::collection::vec(values(), 0..5).prop_map(|v| (SetOp::Read, SetRet::Elements(v))),
    ]
}

fn assert_reads_again<M: Model>(model: &M, op: &M::Op, ret: &M::Ret) {
    let written = model.write_op(op);
    assert_eq!(model.read_op(&written.f, &written.value).as_ref(), Ok(op));
    let answered = model.write_ret(op, ret);
    assert_eq!(answered.f, written.f);
    let (value, text) = (&*answered.value, answered.ret.as_deref());
    let answer = Answer { value, ret: text, mismatch: answered.mismatch };
    assert_eq!(model.read_ret(op, answer).as_ref(), Ok(ret));
}

proptest! {
    #[test]
    fn what_is_written_is_read_again((op, ret) in collections(), (set, told) in sets()) {
        assert_reads_again(&Queue, &op, &ret);
        assert_reads_again(&Stack, &op, &ret);
        assert_reads_again(&PriorityQueue, &op, &ret);
        assert_reads_again(&Set, &set, &told);
    }

    #[test]
    fn arbitrary_texts_never_panic(
        f in "add|remove|contains|read|enqueue|dequeue|pop|poll|x",
        value in prop_oneof![any::<String>(), "[\\[\\]{}\",:0-9ntrue.e-]{0,20}"],
        mismatch in any::<bool>(),
    ) {
        let answer = Answer { value: &value, ret: Some(&value), mismatch };
        let _ = Set.read_op(&f, &value).map(|op| Set.read_ret(&op, answer));
        let _ = Queue.read_op(&f, &value).map(|op| Queue.read_ret(&op, answer));
        let _ = Stack.read_op(&f, &value).map(|op| Stack.read_ret(&op, answer));
    }
}

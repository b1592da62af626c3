//! A set: add, remove, contains, and reads of the whole set.

use super::bag::{Bag, listed};
use super::cell::check_name;
use crate::json::{read_list, read_value, write_list, write_value};
use crate::{Access, Element, Model, Object, Step, Value, Written};
use serde::{Deserialize, Serialize};
use testimony_history::Answer;

/// Elements, each there or not; none at the beginning.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Set;

/// An operation on a [`Set`].
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(tag = "f", content = "value", rename_all = "kebab-case")]
pub enum SetOp {
    /// Puts an element in. It may be there already.
    Add(Value),
    /// Takes an element out. It may be missing already.
    Remove(Value),
    /// Answers whether an element is there.
    Contains(Value),
    /// Answers every element.
    Read,
}

/// The answer to a [`SetOp`].
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(tag = "answer", content = "value", rename_all = "kebab-case")]
pub enum SetRet {
    /// It is done; nothing is said of what was there.
    Done,
    /// Of an add or a remove: whether it changed anything. Of a contains: whether it is there.
    Told(bool),
    /// Every element. The order is of no matter; one that stands there twice fits no set.
    Elements(Vec<Value>),
}

const NAMES: &[&str] = &["add", "remove", "contains", "read"];

impl Model for Set {
    type Op = SetOp;
    type Ret = SetRet;
    type State = Bag;
    type Key = String;
    const NAME: &'static str = "set";

    fn init(&self) -> Bag {
        Bag::default()
    }

    fn step(&self, state: &Bag, op: &SetOp, ret: Option<&SetRet>) -> Step<Bag> {
        let element = match op {
            SetOp::Read => return read(state, ret),
            SetOp::Add(element) | SetOp::Remove(element) | SetOp::Contains(element) => element,
        };
        let there = state.contains(element);
        let expected = matches!(op, SetOp::Add(_)) != there;
        if matches!(ret, Some(SetRet::Told(told)) if *told != expected) {
            let is = if there { "is there" } else { "is missing" };
            return Step::Refuse(format!("{} although {element} {is}", told(op, !expected)));
        }
        Step::To(match op {
            SetOp::Add(_) if !there => state.with(element),
            SetOp::Remove(_) if there => state.without(element),
            _ => state.clone(),
        })
    }

    fn is_observer(&self, op: &SetOp) -> bool {
        matches!(op, SetOp::Contains(_) | SetOp::Read)
    }

    fn is_observation(&self, op: &SetOp, ret: &SetRet) -> bool {
        self.is_observer(op) || *ret == SetRet::Told(false)
    }

    fn object(&self) -> Object {
        Object::Set
    }

    fn access<'a>(&self, op: &'a SetOp, ret: Option<&'a SetRet>) -> Access<'a> {
        let told = match ret {
            Some(SetRet::Told(told)) => Some(*told),
            _ => None,
        };
        Access::Element(match op {
            SetOp::Add(element) => Element::Add { element: element.atom(), new: told },
            SetOp::Remove(element) => Element::Remove { element: element.atom(), there: told },
            SetOp::Contains(element) => Element::Contains { element: element.atom(), there: told },
            SetOp::Read => Element::All(match ret {
                Some(SetRet::Elements(elements)) => Some(elements),
                _ => None,
            }),
        })
    }

    fn describe(&self, op: &SetOp) -> String {
        match op {
            SetOp::Add(element) => format!("add {element}"),
            SetOp::Remove(element) => format!("remove {element}"),
            SetOp::Contains(element) => format!("contains {element}"),
            SetOp::Read => "read set".to_owned(),
        }
    }

    fn describe_ret(&self, op: &SetOp, ret: &SetRet) -> String {
        match ret {
            SetRet::Done => "ok".to_owned(),
            SetRet::Told(answer) => told(op, *answer).to_owned(),
            SetRet::Elements(elements) => {
                format!("{{{}}}", listed(elements.iter(), elements.len()))
            }
        }
    }

    fn state_bytes(&self, state: &Self::State) -> Option<usize> {
        Some(state.own_bytes())
    }

    fn describe_state(&self, state: &Bag) -> String {
        format!("{{{}}}", listed(state.iter(), state.len()))
    }

    fn read_op(&self, f: &str, value: &str) -> Result<SetOp, String> {
        check_name(f, NAMES)?;
        if f == "read" {
            return Ok(SetOp::Read);
        }
        let element = read_value(value)?.ok_or_else(|| format!("{f} needs a value, found null"))?;
        Ok(match f {
            "add" => SetOp::Add(element),
            "remove" => SetOp::Remove(element),
            _ => SetOp::Contains(element),
        })
    }

    fn read_ret(&self, op: &SetOp, answer: Answer<'_>) -> Result<SetRet, String> {
        if *op == SetOp::Read {
            let text = answer.ret.unwrap_or(answer.value);
            return match answer.mismatch {
                true => Err("a read cannot be a mismatch".to_owned()),
                false => read_list(text).map(SetRet::Elements),
            };
        }
        match answer.ret.map(str::trim) {
            _ if answer.mismatch => Ok(SetRet::Told(false)),
            Some("true") => Ok(SetRet::Told(true)),
            Some("false") => Ok(SetRet::Told(false)),
            None | Some("null") if !self.is_observer(op) => Ok(SetRet::Done),
            None => Err("contains needs `ret`: true or false".to_owned()),
            Some(other) => Err(format!("expected `ret` true or false, found {other}")),
        }
    }

    fn write_op(&self, op: &SetOp) -> Written {
        match op {
            SetOp::Add(element) => Written::new("add", write_value(Some(element))),
            SetOp::Remove(element) => Written::new("remove", write_value(Some(element))),
            SetOp::Contains(element) => Written::new("contains", write_value(Some(element))),
            SetOp::Read => Written::new("read", "null"),
        }
    }

    fn write_ret(&self, op: &SetOp, ret: &SetRet) -> Written {
        match ret {
            SetRet::Done => self.write_op(op),
            SetRet::Told(told) => Written { ret: Some(told.to_string()), ..self.write_op(op) },
            SetRet::Elements(elements) => Written::new("read", write_list(elements)),
        }
    }
}

/// What such an answer says.
fn told(op: &SetOp, answer: bool) -> &'static str {
    match (op, answer) {
        (SetOp::Add(_), true) => "added",
        (SetOp::Add(_), false) => "was there already",
        (SetOp::Remove(_), true) => "removed",
        (SetOp::Remove(_), false) => "nothing to remove",
        (SetOp::Contains(_) | SetOp::Read, true) => "there",
        (SetOp::Contains(_) | SetOp::Read, false) => "missing",
    }
}

fn read(state: &Bag, ret: Option<&SetRet>) -> Step<Bag> {
    let Some(SetRet::Elements(read)) = ret else { return Step::To(state.clone()) };
    // What no state explains is said first.
    let mut sorted: Vec<&Value> = read.iter().collect();
    sorted.sort_unstable();
    if let Some(pair) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        return Step::Refuse(format!("read {} twice", pair[0]));
    }
    if let Some(stray) = read.iter().find(|element| !state.contains(element)) {
        return Step::Refuse(format!("read {stray}, which is missing"));
    }
    if sorted.len() < state.len() {
        let mut sorted = sorted.into_iter().peekable();
        let left_out = state.iter().find(|element| sorted.next_if_eq(element).is_none());
        let left_out = left_out.map(Value::to_string).unwrap_or_default();
        return Step::Refuse(format!("did not read {left_out}, which is there"));
    }
    Step::To(state.clone())
}

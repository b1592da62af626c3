//! What models tell of numbers is what their steps do: every small operation, with every answer and
//! without one, in every small state.

use crate::{
    Atom, Balances, Bank, BankOp, BankRet, Counter, CounterOp, CounterRet, FetchAdd, FetchAddOp,
    Model, Returns, Step, Stock, StockOp, StockRet,
};

/// Asserts that an operation does to the numbers of a state what it says.
fn assert_told<M: Model>(
    model: &M,
    number: &dyn Fn(&M::State, Atom<'_>) -> i128,
    state: &M::State,
    op: &M::Op,
    ret: Option<&M::Ret>,
) {
    let mut terms = Vec::new();
    model.terms(op, ret, &mut |term| terms.push(term));
    let Step::To(after) = model.step(state, op, ret) else { return };
    if ret.is_none() && after == *state {
        return;
    }
    let told = || format!("{op:?} {ret:?} from {state:?}: {terms:?}");
    for declared in model.numbers() {
        let (was, is) = (number(state, declared.name), number(&after, declared.name));
        let of_it: Vec<_> = terms.iter().filter(|term| term.number == declared.name).collect();
        assert!(of_it.len() < 2, "{}", told());
        let adds = of_it.first().map_or(0, |term| term.adds);
        assert_eq!(is - was, i128::from(adds), "{}", told());
        for term in of_it {
            assert!(term.at_least.is_none_or(|least| i128::from(least) <= was), "{}", told());
            assert!(term.at_most.is_none_or(|most| i128::from(most) >= was), "{}", told());
        }
        let least = declared.least.map(i128::from);
        let was_possible = least.is_none_or(|least| least <= was);
        assert!(!was_possible || least.is_none_or(|least| least <= is), "{}", told());
    }
}

/// The answers, and none.
fn and_none<T>(answers: &[T]) -> impl Iterator<Item = Option<&T>> {
    answers.iter().map(Some).chain([None])
}

const NUMBERS: [i64; 7] = [i64::MIN, -2, 0, 1, 3, i64::MAX - 1, i64::MAX];

#[test]
fn of_counters() {
    let model = Counter { initial: 1 };
    let ops = NUMBERS.map(CounterOp::Add).into_iter().chain([CounterOp::Read]);
    let answers: Vec<_> =
        NUMBERS.map(CounterRet::Sum).into_iter().chain([CounterRet::Added]).collect();
    for (op, state) in ops.flat_map(|op| NUMBERS.map(|state| (op, i128::from(state)))) {
        for ret in and_none(&answers) {
            assert_told(&model, &|state, _| *state, &state, &op, ret);
        }
    }
}

#[test]
fn of_fetch_and_add() {
    for returns in [Returns::Old, Returns::New] {
        let model = FetchAdd { initial: 1, returns };
        let ops = NUMBERS.map(FetchAddOp::FetchAdd).into_iter().chain([FetchAddOp::Read]);
        for (op, state) in ops.flat_map(|op| NUMBERS.map(|state| (op, state))) {
            for ret in and_none(&NUMBERS) {
                assert_told(&model, &|state, _| i128::from(*state), &state, &op, ret);
            }
        }
    }
}

#[test]
fn of_stocks() {
    let model = Stock { initial: 3 };
    let units = [0, 1, 3, u32::MAX];
    let ops = units.map(StockOp::Buy).into_iter().chain(units.map(StockOp::Restock));
    let numbers = NUMBERS.map(StockRet::Left).into_iter().chain(NUMBERS.map(StockRet::Count));
    let others = [StockRet::Sold, StockRet::SoldOut, StockRet::Restocked];
    let answers: Vec<_> = numbers.chain(others).collect();
    for op in ops.chain([StockOp::Read]) {
        for state in [0, 1, 2, 3, 4, i64::from(u32::MAX)] {
            for ret in and_none(&answers) {
                assert_told(&model, &|state, _| i128::from(*state), &state, &op, ret);
            }
        }
    }
}

fn balances(a: i64, b: i64) -> Balances {
    [("a".into(), a), ("b".into(), b)].into()
}

#[test]
fn of_banks() {
    let number = |state: &Balances, name: Atom<'_>| match name {
        Atom::Text(account) => i128::from(state[account]),
        _ => state.values().map(|balance| i128::from(*balance)).sum(),
    };
    let pairs = || NUMBERS.into_iter().flat_map(|a| NUMBERS.map(|b| (a, b)));
    let mut answers = vec![BankRet::Done, BankRet::Refused];
    answers.extend(pairs().map(|(a, b)| BankRet::Balances(balances(a, b))));
    for overdraft in [false, true] {
        for accounts in [balances(1, 3), balances(-2, 3)] {
            let model = Bank { accounts, overdraft };
            let names = ["a", "b", "nobody"];
            let between = names.iter().flat_map(|from| names.iter().map(move |to| (from, to)));
            let transfers = between.flat_map(|(from, to)| {
                let transfer =
                    |amount| BankOp::Transfer { from: (*from).into(), to: (*to).into(), amount };
                [0, 1, 3, u32::MAX].map(transfer)
            });
            for op in transfers.chain([BankOp::Read]) {
                // Only what can be reached: the total is always the same.
                for (a, b) in [(1, 3), (4, 0), (0, 4), (2, 2), (-2, 3), (1, 0), (0, 1)] {
                    for ret in and_none(&answers) {
                        assert_told(&model, &number, &balances(a, b), &op, ret);
                    }
                }
            }
        }
    }
}

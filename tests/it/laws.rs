//! Laws that hold for any history: batches do not matter, limits and budgets hold, a replay agrees.

use crate::support::{Book, Database, repo};
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use vouchsafe::facts::intake;
use vouchsafe::facts::service::accept;

const START: &str = "2017-06-20T00:00:00+08:00";
const CAP_MINOR: i64 = 30_000;
const BUDGET_MINOR: i64 = 100_000;

/// One act of a random history.
#[derive(Clone, Debug)]
enum Act {
    Invest {
        member: usize,
        yuan: u32,
        days: u16,
        reference: usize,
    },
    Redeem {
        member: usize,
        reference: usize,
    },
    Verify {
        member: usize,
    },
}

fn act() -> impl Strategy<Value = Act> {
    let invest = (0..8_usize, 500..400_000_u32, 20..400_u16, 0..12_usize).prop_map(
        |(member, yuan, days, reference)| Act::Invest {
            member,
            yuan,
            days,
            reference,
        },
    );
    prop_oneof![
        4 => invest,
        1 => (0..8_usize, 0..12_usize).prop_map(|(member, reference)| Act::Redeem { member, reference }),
        1 => (0..8_usize).prop_map(|member| Act::Verify { member }),
    ]
}

fn body(no: usize, act: &Act) -> Json {
    let at = format!("2017-06-19T{:02}:{:02}:00+08:00", no / 60, no % 60);
    let (kind, member, properties) = match act {
        Act::Invest {
            member,
            yuan,
            days,
            reference,
        } => {
            let properties = json!({"amount": format!("{yuan}.00"), "term_days": days, "product": "fixed", "ref": format!("r{reference}")});
            ("invested", member, properties)
        }
        Act::Redeem { member, reference } => (
            "redeemed",
            member,
            json!({"amount": "1.00", "ref": format!("r{reference}")}),
        ),
        Act::Verify { member } => ("verified", member, json!({})),
    };
    json!({"id": format!("e{no}"), "type": kind, "member": format!("m{member}"), "at": at, "properties": properties})
}

/// A book with three levels of members and two small programs.
fn book() -> Book {
    let book = Book::open(Database::sqlite(), START);
    let everyday = repo("rules/programs/everyday-commission.toml");
    book.activate(
        &everyday
            .replace("50_000_000.00", "1_000.00")
            .replace("5_000.00", "300.00"),
    );
    book.activate(&repo("rules/programs/welcome-fund.toml"));
    book.members(&[
        ["m0", ""],
        ["m1", "m0"],
        ["m2", "m0"],
        ["m3", "m1"],
        ["m4", "m1"],
        ["m5", "m3"],
        ["m6", "m5"],
        ["m7", ""],
    ]);
    book
}

fn feed(book: &Book, acts: &[Act], sizes: &[usize]) {
    let bodies: Vec<Json> = acts
        .iter()
        .enumerate()
        .map(|(no, act)| body(no, act))
        .collect();
    let mut rest = bodies.as_slice();
    let mut sizes = sizes.iter().cycle();
    while !rest.is_empty() {
        let (now, later) = rest.split_at((*sizes.next().unwrap()).clamp(1, rest.len()));
        let events: Vec<_> = now
            .iter()
            .map(|b| intake::event(book.engine.plan(), b).unwrap())
            .collect();
        accept(&book.engine, "tests", &events).unwrap();
        rest = later;
    }
}

fn everything(book: &Book) -> Vec<String> {
    let rows = book
        .engine
        .store()
        .read(|tx| tx.rewards_after(0, 100_000))
        .unwrap();
    rows.iter().map(|r| format!("{r:?}")).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn how_facts_are_batched_changes_nothing(
        acts in prop::collection::vec(act(), 1..40),
        sizes in prop::collection::vec(1..17_usize, 1..6),
    ) {
        let (single, batched) = (book(), book());
        feed(&single, &acts, &[1]);
        feed(&batched, &acts, &sizes);
        prop_assert_eq!(everything(&single).len(), everything(&batched).len());
        // Numbers in the order differ, since registrations and batches take their own; amounts and states do not.
        prop_assert_eq!(single.rewards(), batched.rewards());
        for when in ["2017-07-05T00:00:00+08:00", "2017-08-01T00:00:00+08:00"] {
            prop_assert_eq!(single.tick(when), batched.tick(when));
        }
        prop_assert_eq!(single.rewards(), batched.rewards());
        single.assert_sound();
        batched.assert_sound();
    }

    #[test]
    fn no_limit_and_no_budget_is_ever_exceeded_and_nobody_beyond_two_levels_earns(
        acts in prop::collection::vec(act(), 1..60),
    ) {
        let book = book();
        feed(&book, &acts, &[7]);
        let rows = book.engine.store().read(|tx| tx.rewards_after(0, 100_000)).unwrap();
        let standing = |state: &str| matches!(state, "pending" | "available" | "paid");
        let commissions: Vec<_> = rows.iter().filter(|r| r.program_no == 1 && standing(&r.state)).collect();
        let total: i64 = commissions.iter().map(|r| r.amount_minor).sum();
        prop_assert!(total <= BUDGET_MINOR, "{total}");
        for member in 1..=8 {
            let mine: i64 = commissions.iter().filter(|r| r.member_id == member).map(|r| r.amount_minor).sum();
            prop_assert!(mine <= CAP_MINOR, "member {member}: {mine}");
        }
        prop_assert!(rows.iter().all(|r| (0..=2).contains(&r.distance)));
        book.assert_sound();
    }
}

#[test]
fn a_refused_event_changes_nothing() {
    let book = book();
    let before = book.engine.store().read(|tx| tx.see_sequencer()).unwrap();
    for (json, field) in [
        (
            json!({"id": "x", "type": "invested", "member": "m1", "at": START, "properties": {"amount": 10, "ref": "r"}}),
            "properties.amount",
        ),
        (
            json!({"id": "x", "type": "invested", "member": "m1", "at": START, "properties": {"amount": "1.001"}}),
            "properties.amount",
        ),
        (
            json!({"id": "x", "type": "invested", "member": "m1", "at": START, "properties": {"amount": "1e3"}}),
            "properties.amount",
        ),
        (
            json!({"id": "x", "type": "invested", "member": "m1", "at": START, "properties": {}}),
            "properties.amount",
        ),
        (
            json!({"id": "x", "type": "invested", "member": "m1", "at": "2017-06-19", "properties": {"amount": "1.00"}}),
            "at",
        ),
        (
            json!({"id": "x", "type": "invested", "member": "m1", "at": START, "properties": {"amount": "1.00", "produkt": "fixed"}}),
            "properties.produkt",
        ),
        (
            json!({"id": "x", "type": "investd", "member": "m1", "at": START}),
            "type",
        ),
        (
            json!({"id": "x y", "type": "verified", "member": "m1", "at": START}),
            "id",
        ),
    ] {
        let problems = intake::event(book.engine.plan(), &json).unwrap_err();
        assert!(
            problems.iter().any(|p| p.field == field),
            "{json}: {problems:?}"
        );
    }
    let unknown = json!({"id": "x", "type": "verified", "member": "nobody", "at": START});
    let event = intake::event(book.engine.plan(), &unknown).unwrap();
    let outcome = accept(&book.engine, "tests", &[event]).unwrap().remove(0);
    assert!(matches!(
        outcome,
        vouchsafe::facts::service::Outcome::Refused { .. }
    ));
    let after = book.engine.store().read(|tx| tx.see_sequencer()).unwrap();
    assert_eq!(before.next_seq, after.next_seq);
}

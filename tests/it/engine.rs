//! Facts, rewards, timers, limits and books through the deciding transaction, on each backend.

use crate::support::{Book, at, on_each_backend, repo};
use serde_json::json;
use vouchsafe::facts::service::Outcome;
use vouchsafe::members::service as members;

const START: &str = "2017-06-01T00:00:00+08:00";

fn invested(book: &Book, id: &str, member: &str, when: &str, amount: &str) -> Outcome {
    book.fact(
        id,
        "invested",
        member,
        when,
        json!({"amount": amount, "term_days": 180, "product": "fixed", "ref": id}),
    )
}

fn chain(book: &Book) {
    book.activate(&repo("rules/programs/everyday-commission.toml"));
    book.members(&[["a", ""], ["b", "a"], ["c", "b"], ["d", "c"]]);
}

#[test]
fn a_commission_is_paid_to_two_levels_and_released_on_the_fifth() {
    on_each_backend(START, |book| {
        chain(book);
        invested(book, "i1", "d", "2017-06-10T10:00:00+08:00", "50000.00");
        let pending = vec![
            ("commission".into(), "pending".into(), 7397),
            ("commission_level2".into(), "pending".into(), 1233),
        ];
        assert_eq!(book.rewards(), pending);
        assert_eq!(book.tick("2017-07-04T23:59:59+08:00"), 0);
        assert_eq!(book.tick("2017-07-05T00:00:00+08:00"), 2);
        assert!(
            book.rewards()
                .iter()
                .all(|(_, state, _)| state == "available")
        );
        book.assert_sound();
    });
}

#[test]
fn the_same_event_twice_is_one_fact_and_another_body_is_a_conflict() {
    on_each_backend(START, |book| {
        chain(book);
        let first = invested(book, "i1", "d", "2017-06-10T10:00:00+08:00", "50000.00");
        assert_eq!(
            invested(book, "i1", "d", "2017-06-10T10:00:00+08:00", "50000.00"),
            first
        );
        let other = invested(book, "i1", "d", "2017-06-10T10:00:00+08:00", "50000.01");
        assert!(matches!(other, Outcome::Conflict { .. }), "{other:?}");
        assert_eq!(book.rewards().len(), 2);
        book.assert_sound();
    });
}

#[test]
fn an_early_redemption_takes_back_what_was_pending_and_what_was_available() {
    on_each_backend(START, |book| {
        chain(book);
        invested(book, "i1", "d", "2017-06-10T10:00:00+08:00", "50000.00");
        book.fact(
            "r1",
            "redeemed",
            "d",
            "2017-06-20T10:00:00+08:00",
            json!({"amount": "50000.00", "ref": "i1"}),
        );
        assert!(
            book.rewards()
                .iter()
                .all(|(_, state, _)| state == "cancelled")
        );
        invested(book, "i2", "d", "2017-06-25T10:00:00+08:00", "50000.00");
        book.tick("2017-07-05T00:00:00+08:00");
        book.fact(
            "r2",
            "redeemed",
            "d",
            "2017-07-06T10:00:00+08:00",
            json!({"amount": "50000.00", "ref": "i2"}),
        );
        let states: Vec<_> = book
            .rewards()
            .into_iter()
            .map(|(_, state, _)| state)
            .collect();
        assert_eq!(
            states,
            ["cancelled", "cancelled", "clawed_back", "clawed_back"]
        );
        book.assert_sound();
    });
}

#[test]
fn a_monthly_limit_cuts_the_last_reward_and_refuses_the_next() {
    on_each_backend(START, |book| {
        chain(book);
        for (id, day) in [("i1", 10), ("i2", 11), ("i3", 12)] {
            invested(
                book,
                id,
                "b",
                &format!("2017-06-{day}T10:00:00+08:00"),
                "2000000.00",
            );
        }
        let amounts: Vec<_> = book
            .rewards()
            .into_iter()
            .map(|(_, state, minor)| (state, minor))
            .collect();
        assert_eq!(
            amounts,
            [
                ("pending".into(), 295_890),
                ("pending".into(), 204_110),
                ("refused".into(), 0)
            ]
        );
        book.assert_sound();
    });
}

#[test]
fn a_budget_is_never_overspent() {
    on_each_backend(START, |book| {
        let rule =
            repo("rules/programs/everyday-commission.toml").replace("50_000_000.00", "100.00");
        book.activate(&rule);
        book.members(&[["a", ""], ["b", "a"], ["c", "b"]]);
        invested(book, "i1", "c", "2017-06-10T10:00:00+08:00", "50000.00");
        invested(book, "i2", "c", "2017-06-11T10:00:00+08:00", "50000.00");
        let amounts: Vec<_> = book
            .rewards()
            .into_iter()
            .map(|(_, state, minor)| (state, minor))
            .collect();
        let expected = [
            ("pending".into(), 7397),
            ("pending".into(), 1233),
            ("refused".into(), 0),
            ("pending".into(), 1233),
        ];
        assert_eq!(amounts, expected);
        book.assert_sound();
    });
}

#[test]
fn an_experience_fund_pays_its_yield_only() {
    on_each_backend(START, |book| {
        book.activate(&repo("rules/programs/welcome-fund.toml"));
        book.members(&[["a", ""], ["b", "a"]]);
        book.fact(
            "v1",
            "verified",
            "b",
            "2017-06-10T10:00:00+08:00",
            json!({}),
        );
        book.tick("2017-07-10T10:00:00+08:00");
        let rows: Vec<_> = book
            .rewards()
            .into_iter()
            .map(|(_, state, minor)| (state, minor))
            .collect();
        assert_eq!(
            rows,
            [("clawed_back".into(), 0), ("available".into(), 1227)]
        );
        book.assert_sound();
    });
}

#[test]
fn self_referral_and_loops_are_refused_with_the_field_and_a_referrer_is_bound_once() {
    on_each_backend(START, |book| {
        book.members(&[["a", ""], ["b", "a"], ["c", "b"]]);
        for (pair, word) in [
            (["a", "a"], "himself"),
            (["a", "c"], "directly or not"),
            (["c", "a"], "another referrer"),
        ] {
            match book.members(&[pair]).remove(0) {
                members::Outcome::Refused { problems, .. } => {
                    assert_eq!(problems[0].field, "referrer");
                    assert!(problems[0].problem.contains(word), "{problems:?}");
                }
                other => panic!("{pair:?} gave {other:?}"),
            }
        }
    });
}

#[test]
fn the_tree_can_be_asked_for_as_of_any_moment() {
    on_each_backend(START, |book| {
        book.members(&[["a", ""], ["b", ""], ["c", "a"]]);
        book.clock.set(at("2017-06-10T00:00:00+08:00"));
        members::correct(&book.engine, "ann", "c", Some("b"), "the code was mistyped").unwrap();
        let referees = |member: i64, when: &str| {
            book.engine
                .store()
                .read(|tx| tx.referees_as_of(member, at(when).micros()))
                .unwrap()
        };
        assert_eq!(referees(1, "2017-06-09T00:00:00+08:00"), [3]);
        assert_eq!(referees(2, "2017-06-09T00:00:00+08:00"), Vec::<i64>::new());
        assert_eq!(referees(1, "2017-06-11T00:00:00+08:00"), Vec::<i64>::new());
        assert_eq!(referees(2, "2017-06-11T00:00:00+08:00"), [3]);
        let loops = members::correct(&book.engine, "ann", "b", Some("c"), "a loop");
        assert!(loops.unwrap_err().to_string().contains("directly or not"));
        assert!(members::correct(&book.engine, "ann", "b", None, " ").is_err());
        book.assert_sound();
    });
}

#[test]
fn a_registration_with_a_code_makes_the_member_and_binds_him() {
    on_each_backend(START, |book| {
        chain(book);
        let code = vouchsafe::members::codes::code_of(1);
        book.fact(
            "e1",
            "registered",
            "new",
            "2017-06-05T10:00:00+08:00",
            json!({"code": code}),
        );
        invested(book, "e2", "new", "2017-06-06T10:00:00+08:00", "10000.00");
        assert_eq!(
            book.rewards(),
            [("commission".into(), "pending".into(), 1233)]
        );
        let wrong = book.fact(
            "e3",
            "registered",
            "other",
            "2017-06-05T10:00:00+08:00",
            json!({"code": "ZZZZZZZ"}),
        );
        assert!(matches!(wrong, Outcome::Refused { .. }), "{wrong:?}");
        book.assert_sound();
    });
}

#[test]
fn a_loan_with_two_hundred_investors_is_decided_at_once() {
    const RULE: &str = r#"
schema = 1
id = "loan-bonus"
version = 1
title = "A bonus for each investment in a loan that was funded"
currency = "CNY"
zone = "Asia/Shanghai"
round = { to = 2, mode = "down" }
[[rule]]
id = "funded"
on = "loan_funded"
each = 'invested where it.loan == fact.loan'
when = 'count(invested by friend) >= 1'
[[rule.pay]]
to = ["referrer", "level2"]
amount = 'item.amount * 1%'
limit = [{ per = "who", period = "month", amount = 1_000_000.00 }]
"#;
    on_each_backend(START, |book| {
        book.activate(RULE);
        let names: Vec<String> = (0..200).map(|n| format!("m{n}")).collect();
        let pairs: Vec<[&str; 2]> = (0..200_usize)
            .map(|n| {
                [
                    names[n].as_str(),
                    if n < 3 { "" } else { names[n / 3].as_str() },
                ]
            })
            .collect();
        book.members(&pairs);
        for name in &names {
            let properties =
                json!({"amount": "100.00", "product": "fixed", "ref": name, "loan": "L1"});
            book.fact(
                name,
                "invested",
                name,
                "2017-06-10T10:00:00+08:00",
                properties,
            );
        }
        let funded = json!({"id": "f", "type": "loan_funded", "at": "2017-06-11T10:00:00+08:00", "properties": {"loan": "L1"}});
        let event = vouchsafe::facts::intake::event(book.engine.plan(), &funded).unwrap();
        vouchsafe::facts::service::accept(&book.engine, "tests", &[event]).unwrap();
        let rewards = book.rewards();
        assert!(rewards.len() > 350, "{}", rewards.len());
        assert!(
            rewards
                .iter()
                .all(|(_, state, minor)| state == "available" && *minor == 100)
        );
        book.assert_sound();
    });
}

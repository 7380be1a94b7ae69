//! Members, rewards with their explanations, programs, books and lists.

use super::{chain, fields, invested};
use crate::support::app::{TestApp, on_each_app};
use crate::support::{Database, repo};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use vouchsafe::access::Role;

#[test]
fn members_are_created_changed_and_read_without_their_contact_data() {
    on_each_app(|app| {
        let new = json!({"id": "a/ü", "name": "Alice", "phone": "+8613900000001", "email": "a@example.com",
            "attributes": {"level": 3, "city": "上海"}, "consents": {"sms": true}});
        let created = app
            .post(Role::Service, "/v1/members", &new)
            .expect_status(201)
            .json();
        let code = created["code"].as_str().unwrap().to_owned();
        app.post(Role::Service, "/v1/members", &new)
            .expect_status(200);
        let friend =
            json!({"id": "b", "referral_code": code, "registered_at": "2017-06-01T10:00:00+08:00"});
        app.post(Role::Service, "/v1/members", &friend)
            .expect_status(201);
        let read = app
            .get(Role::Service, "/v1/members/a%2F%C3%BC")
            .expect_status(200);
        assert!(
            !read.body.contains("Alice")
                && !read.body.contains("139")
                && !read.body.contains("example.com"),
            "{}",
            read.body
        );
        assert_eq!(
            read.json()["attributes"],
            json!({"level": "3", "city": "上海"})
        );
        let friend = app.get(Role::Service, "/v1/members/b").json();
        assert_eq!(
            (&friend["referrer"], &friend["registered_at"]),
            (&json!("a/ü"), &json!("2017-06-01T02:00:00Z"))
        );
        let refused = app
            .post(
                Role::Service,
                "/v1/members",
                &json!({"id": "b", "referrer": "b"}),
            )
            .problem(422, "invalid");
        assert_eq!(fields(&refused), ["referrer"]);
        app.get(Role::Service, "/v1/members/nobody")
            .problem(404, "not_found");
    });
}

#[test]
fn the_downline_of_a_member_ends_at_the_second_level() {
    let app = TestApp::start(Database::sqlite());
    app.book
        .members(&[["a", ""], ["b", "a"], ["c", "b"], ["d", "c"], ["e", "a"]]);
    let items = app
        .get(Role::Finance, "/v1/members/a/downline")
        .expect_status(200)
        .json();
    let found: Vec<(String, i64, String)> =
        serde_json::from_value::<Vec<Json>>(items["items"].clone())
            .unwrap()
            .iter()
            .map(|i| {
                (
                    i["id"].as_str().unwrap().into(),
                    i["level"].as_i64().unwrap(),
                    i["referrer"].as_str().unwrap().into(),
                )
            })
            .collect();
    let expected = [("b", 1, "a"), ("e", 1, "a"), ("c", 2, "b")];
    assert_eq!(
        found,
        expected.map(|(id, level, referrer)| (id.to_owned(), level, referrer.to_owned()))
    );
}

#[test]
fn a_reward_is_explained_from_its_facts_to_its_bookings() {
    on_each_app(|app| {
        chain(app);
        app.post(
            Role::Service,
            "/v1/events",
            &invested("i1", "c", "50000.00"),
        )
        .expect_status(200);
        let list = app
            .get(Role::Finance, "/v1/rewards?member=b")
            .expect_status(200)
            .json();
        let reward = &list["items"][0];
        assert_eq!(
            (&reward["amount"], &reward["currency"], &reward["state"]),
            (&json!("73.97"), &json!("CNY"), &json!("pending"))
        );
        let told = app
            .get(
                Role::Finance,
                &format!("/v1/rewards/{}/explanation", reward["id"]),
            )
            .expect_status(200)
            .json();
        assert_eq!(told["reward"], *reward);
        assert_eq!(told["exact"], "5400/73");
        assert_eq!(told["rule"]["id"], "investment");
        assert!(
            told["rule"]["text"]
                .as_str()
                .unwrap()
                .starts_with("[[rule]]\nid   = \"investment\""),
            "{}",
            told["rule"]["text"]
        );
        assert_eq!(
            told["decision"]["rounding"],
            json!({"places": 2, "mode": "half_even", "to": "73.97"})
        );
        assert_eq!(told["decision"]["limits"][0]["most"], "5000.00");
        assert_eq!(told["release"]["due"], "2017-07-04T16:00:00Z");
        assert_eq!(
            (&told["facts"][0]["id"], &told["facts"][0]["member"]),
            (&json!("i1"), &json!("c"))
        );
        assert_eq!(told["facts"][0]["properties"]["amount"], "50000");
        assert_eq!(
            (&told["events"][0]["action"], &told["events"][0]["amount"]),
            (&json!("granted"), &json!("73.97"))
        );
        let transfer = &told["journals"][0]["transfers"][0];
        assert_eq!(
            *transfer,
            json!({"debit": "program/1/funding", "credit": "member/b/pending", "amount": "73.97", "currency": "CNY"})
        );
    });
}

#[test]
fn a_pending_reward_is_cancelled_once_and_a_reward_that_is_not_held_cannot_be_released() {
    on_each_app(|app| {
        chain(app);
        app.post(
            Role::Service,
            "/v1/events",
            &invested("i1", "c", "50000.00"),
        )
        .expect_status(200);
        app.post(Role::Finance, "/v1/rewards/1/release", &json!({}))
            .problem(409, "conflict");
        let empty = app
            .post(
                Role::Finance,
                "/v1/rewards/1/cancel",
                &json!({"reason": " "}),
            )
            .problem(422, "invalid");
        assert_eq!(fields(&empty), ["reason"]);
        let cancelled = app
            .post(
                Role::Finance,
                "/v1/rewards/1/cancel",
                &json!({"reason": "entered twice"}),
            )
            .expect_status(200);
        assert_eq!(
            (&cancelled.json()["state"], &cancelled.json()["reason"]),
            (&json!("cancelled"), &json!("entered twice"))
        );
        app.post(
            Role::Finance,
            "/v1/rewards/1/cancel",
            &json!({"reason": "again"}),
        )
        .problem(409, "conflict");
        app.book.assert_sound();
    });
}

#[test]
fn a_held_reward_is_released_by_a_person() {
    let app = TestApp::start(Database::sqlite());
    let held = repo("rules/programs/everyday-commission.toml").replace(
        "waiting = \"paid on the 5th of next month\"",
        "hold = 'fact.amount > 40_000', reason = \"large: a person looks\"",
    );
    app.book.activate(&held);
    app.book.members(&[["a", ""], ["b", "a"]]);
    app.post(
        Role::Service,
        "/v1/events",
        &invested("i1", "b", "50000.00"),
    )
    .expect_status(200);
    let before = app.get(Role::Finance, "/v1/rewards/1").json();
    assert_eq!(
        (&before["held"], &before["reason"]),
        (&json!(true), &json!("large: a person looks"))
    );
    let after = app
        .post(Role::Finance, "/v1/rewards/1/release", &json!({}))
        .expect_status(200)
        .json();
    assert_eq!(
        (&after["held"], &after["due"]),
        (&json!(false), &json!("2017-07-04T16:00:00Z"))
    );
    app.book.assert_sound();
}

#[test]
fn lists_are_paged_by_the_last_key_until_nothing_is_left() {
    on_each_app(|app| {
        chain(app);
        let events: Vec<Json> = (0..5)
            .map(|n| invested(&format!("i{n}"), "c", "50000.00"))
            .collect();
        app.post(Role::Service, "/v1/events", &json!({"events": events}))
            .expect_status(200);
        for (list, parameter, expected) in [
            ("/v1/events?limit=2", "after", 5),
            ("/v1/members?limit=2", "after", 4),
            ("/v1/rewards?limit=3", "after", 10),
            ("/v1/rewards?member=a&limit=2", "before", 5),
            ("/v1/ledger/journals?limit=4", "after", 10),
        ] {
            let (mut seen, mut next) = (Vec::new(), None);
            loop {
                let place = next.map_or_else(String::new, |n: i64| format!("&{parameter}={n}"));
                let page = app
                    .get(
                        if list.contains("ledger") {
                            Role::Finance
                        } else {
                            Role::Service
                        },
                        &format!("{list}{place}"),
                    )
                    .expect_status(200)
                    .json();
                seen.extend(
                    page["items"]
                        .as_array()
                        .unwrap()
                        .iter()
                        .map(ToString::to_string),
                );
                next = page["next"].as_i64();
                if next.is_none() {
                    break;
                }
            }
            assert_eq!(
                (seen.len(), seen.iter().collect::<BTreeSet<_>>().len()),
                (expected, expected),
                "{list}"
            );
        }
    });
}

#[test]
fn a_program_is_checked_with_the_place_of_its_mistake_and_put_in_force_once() {
    on_each_app(|app| {
        let source = repo("rules/programs/everyday-commission.toml");
        let wrong = json!({"source": source.replace("fact.product in", "fact.prodct in"), "file": "everyday.toml"});
        for path in ["/v1/programs/check", "/v1/programs"] {
            let problem = app
                .post(Role::Operations, path, &wrong)
                .problem(422, "rule_invalid");
            assert!(
                problem["detail"]
                    .as_str()
                    .unwrap()
                    .starts_with("everyday.toml:22:"),
                "{problem}"
            );
            assert!(
                problem["problems"][0]["problem"]
                    .as_str()
                    .unwrap()
                    .contains("did you mean `product`?"),
                "{problem}"
            );
        }
        let good = json!({"source": source});
        let checked = app
            .post(Role::Operations, "/v1/programs/check", &good)
            .expect_status(200)
            .json();
        assert_eq!(
            (&checked["id"], &checked["rules"]),
            (&json!("everyday-commission"), &json!(["investment"]))
        );
        assert_eq!(
            app.get(Role::Operations, "/v1/programs").json()["items"],
            json!([])
        );
        let activated = app
            .post(Role::Operations, "/v1/programs", &good)
            .expect_status(201)
            .json();
        assert_eq!(
            app.post(Role::Operations, "/v1/programs", &good)
                .expect_status(201)
                .json(),
            activated
        );
        let other = json!({"source": source.replace("0.20%", "0.21%")});
        app.post(Role::Operations, "/v1/programs", &other)
            .problem(409, "conflict");
        let listed = app.get(Role::Finance, "/v1/programs").json();
        let budget = json!({"total": "50000000.00", "reserved": "0.00", "spent": "0.00"});
        assert_eq!(
            (&listed["items"][0]["budget"], &listed["items"][0]["state"]),
            (&budget, &json!("live"))
        );
    });
}

#[test]
fn the_clock_is_run_and_the_books_balance_and_replay_to_the_cent() {
    on_each_app(|app| {
        chain(app);
        app.post(
            Role::Service,
            "/v1/events",
            &invested("i1", "c", "50000.00"),
        )
        .expect_status(200);
        assert_eq!(
            app.post(Role::Operations, "/v1/tick", &json!({})).json(),
            json!({"fired": 0, "more": false})
        );
        app.book
            .clock
            .set(crate::support::at("2017-07-05T00:00:00+08:00"));
        assert_eq!(
            app.post(Role::Operations, "/v1/tick", &json!({})).json(),
            json!({"fired": 2, "more": false})
        );
        let balance = app
            .get(Role::Finance, "/v1/ledger/balance")
            .expect_status(200)
            .json();
        assert_eq!(balance["totals"], json!({"CNY": "0.00"}));
        let available = json!({"account": "available", "currency": "CNY", "balance": "86.30"});
        assert!(
            balance["items"].as_array().unwrap().contains(&available),
            "{balance}"
        );
        let verified = app
            .post(Role::Finance, "/v1/audit/verify", &json!({}))
            .expect_status(200)
            .json();
        assert_eq!(
            (&verified["balanced"], &verified["journals"]),
            (&json!(true), &json!(4))
        );
        let replayed = app
            .post(Role::Finance, "/v1/audit/replay", &json!({}))
            .expect_status(200)
            .json();
        assert_eq!(
            (&replayed["identical"], &replayed["rewards"]),
            (&json!(true), &json!(2))
        );
    });
}

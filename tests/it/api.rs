//! The API over HTTP: events, batches, clients at once, and requests that are sent again.

mod problems;
mod records;

use crate::support::Database;
use crate::support::app::{OWN_MEMBER, TestApp, on_each_app};
use crate::support::repo;
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use vouchsafe::access::Role;

/// An investment, which moves money and so comes from servers only.
fn invested(id: &str, member: &str, amount: &str) -> Json {
    json!({"id": id, "type": "invested", "member": member, "at": "2017-06-10T10:00:00+08:00",
        "properties": {"amount": amount, "term_days": 180, "product": "fixed", "ref": id}})
}

/// A click, which a member's own device may send.
fn clicked(id: &str, member: &str) -> Json {
    json!({"id": id, "type": "clicked", "member": member, "at": "2017-06-10T10:00:00+08:00", "properties": {"link": "x"}})
}

/// A referred b, b referred c, and the standing commission is in force.
fn chain(app: &TestApp) {
    app.book
        .activate(&repo("rules/programs/everyday-commission.toml"));
    app.book.members(&[["a", ""], ["b", "a"], ["c", "b"]]);
}

fn fields(problem: &Json) -> Vec<&str> {
    let list = problem["problems"].as_array().unwrap();
    list.iter().map(|p| p["field"].as_str().unwrap()).collect()
}

#[test]
fn the_same_event_twice_gets_the_same_answer_and_another_body_a_conflict() {
    on_each_app(|app| {
        app.post(Role::Service, "/v1/members", &json!({"id": "a"}))
            .expect_status(201);
        let first = app
            .post(
                Role::Service,
                "/v1/events",
                &invested("i1", "a", "50000.00"),
            )
            .expect_status(200);
        assert_eq!(first.json()["status"], "accepted");
        let again = app
            .post(
                Role::Service,
                "/v1/events",
                &invested("i1", "a", "50000.00"),
            )
            .expect_status(200);
        assert_eq!(again.body, first.body);
        let other = app.post(
            Role::Service,
            "/v1/events",
            &invested("i1", "a", "50000.01"),
        );
        let problem = other.problem(409, "event_conflict");
        assert_eq!(fields(&problem), ["id"]);
    });
}

#[test]
fn an_event_that_does_not_fit_is_refused_with_every_field() {
    let app = TestApp::start(Database::sqlite());
    let bad = json!({"id": "a b", "type": "invested", "member": "m", "at": "yesterday",
        "properties": {"amount": 12.5, "term_days": "x", "colour": "red"}, "extra": 1});
    let problem = app
        .post(Role::Service, "/v1/events", &bad)
        .problem(422, "invalid");
    let expected = BTreeSet::from([
        "extra",
        "id",
        "at",
        "properties.amount",
        "properties.term_days",
        "properties.colour",
    ]);
    assert_eq!(
        fields(&problem).into_iter().collect::<BTreeSet<_>>(),
        expected
    );
    let unknown = json!({"id": "i", "type": "investd", "at": "2017-06-10T10:00:00+08:00"});
    let problem = app
        .post(Role::Service, "/v1/events", &unknown)
        .problem(422, "invalid");
    assert!(
        problem["detail"]
            .as_str()
            .unwrap()
            .contains("did you mean `invested`?"),
        "{problem}"
    );
    let nobody = app
        .post(
            Role::Service,
            "/v1/events",
            &invested("i", "nobody", "1.00"),
        )
        .problem(422, "invalid");
    assert_eq!(fields(&nobody), ["member"]);
}

#[test]
fn a_batch_keeps_the_good_events_and_names_the_bad_ones() {
    on_each_app(|app| {
        chain(app);
        app.post(
            Role::Service,
            "/v1/events",
            &invested("i1", "c", "50000.00"),
        )
        .expect_status(200);
        let events = [
            invested("i1", "c", "50000.01"),
            invested("i2", "c", "-1.00"),
            invested("i3", "c", "50000.00"),
            json!(7),
        ];
        let answer = app
            .post(Role::Service, "/v1/events", &json!({"events": events}))
            .expect_status(200)
            .json();
        let statuses: Vec<&str> = answer["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|i| i["status"].as_str().unwrap())
            .collect();
        assert_eq!(statuses, ["conflict", "refused", "accepted", "refused"]);
        assert_eq!(answer["items"][1]["id"], "i2");
        assert_eq!(answer["items"][1]["index"], 1);
        assert_eq!(
            answer["items"][1]["problems"][0]["field"],
            "properties.amount"
        );
        assert_eq!(app.book.rewards().len(), 4);
        app.book.assert_sound();
    });
}

#[test]
fn a_batch_has_one_to_a_thousand_items_and_nothing_beside_them() {
    let app = TestApp::start(Database::sqlite());
    let many: Vec<Json> = (0..1_001).map(|n| json!({"id": format!("m{n}")})).collect();
    for (body, field) in [
        (json!({"members": many}), "members"),
        (json!({"members": []}), "members"),
        (json!({"members": {"id": "a"}}), "members"),
        (json!({"members": [{"id": "a"}], "mode": "fast"}), "mode"),
        (json!(["a"]), ""),
    ] {
        let problem = app
            .post(Role::Service, "/v1/members", &body)
            .problem(422, "invalid");
        assert_eq!(fields(&problem), [field]);
    }
    let most = json!({"members": &many[..1_000]});
    let answer = app
        .post(Role::Service, "/v1/members", &most)
        .expect_status(200)
        .json();
    assert_eq!(answer["items"].as_array().unwrap().len(), 1_000);
}

#[test]
fn clients_that_send_the_same_events_at_once_book_each_of_them_once() {
    on_each_app(|app| {
        chain(app);
        let answers: Vec<Vec<Json>> = std::thread::scope(|scope| {
            let clients = (0..6).map(|client| {
                scope.spawn(move || {
                    let send = |n: usize| {
                        let number = (n + client * 3) % 20;
                        let event = invested(
                            &format!("i{number}"),
                            "c",
                            &format!("{}.00", 10_000 + number),
                        );
                        app.post(Role::Service, "/v1/events", &event)
                            .expect_status(200)
                            .json()
                    };
                    (0..20).map(send).collect()
                })
            });
            clients
                .collect::<Vec<_>>()
                .into_iter()
                .map(|c| c.join().unwrap())
                .collect()
        });
        let places: BTreeSet<(String, i64)> = answers
            .iter()
            .flatten()
            .map(|a| {
                (
                    a["id"].as_str().unwrap().to_owned(),
                    a["seq"].as_i64().unwrap(),
                )
            })
            .collect();
        assert_eq!(places.len(), 20, "an event got two places: {places:?}");
        assert_eq!(app.book.rewards().len(), 40);
        app.book.assert_sound();
    });
}

#[test]
fn a_members_key_sends_only_what_clients_may_and_only_about_itself() {
    let app = TestApp::start(Database::sqlite());
    app.book.members(&[["other", ""]]);
    app.post(Role::Member, "/v1/events", &clicked("k1", OWN_MEMBER))
        .expect_status(200);
    let server_only = app.post(
        Role::Member,
        "/v1/events",
        &invested("i1", OWN_MEMBER, "1.00"),
    );
    assert_eq!(
        fields(&server_only.problem(403, "sender_not_allowed")),
        ["type"]
    );
    let foreign = app.post(Role::Member, "/v1/events", &clicked("k2", "other"));
    assert_eq!(
        fields(&foreign.problem(403, "sender_not_allowed")),
        ["member"]
    );
    let batch = json!({"events": [clicked("k3", OWN_MEMBER), invested("i2", OWN_MEMBER, "1.00")]});
    let items = app
        .post(Role::Member, "/v1/events", &batch)
        .expect_status(200)
        .json();
    assert_eq!(
        (&items["items"][0]["status"], &items["items"][1]["status"]),
        (&json!("accepted"), &json!("refused"))
    );
    let kept = app.get(Role::Service, "/v1/events").json();
    assert_eq!(kept["items"].as_array().unwrap().len(), 2);
}

#[test]
fn a_repeated_request_gets_its_first_answer_and_another_request_under_its_key_a_conflict() {
    on_each_app(|app| {
        let send = |key: &str, body: &Json| {
            app.post_with(
                app.key(Role::Service),
                "/v1/members",
                &[("idempotency-key", key)],
                body.to_string().as_bytes(),
            )
        };
        let first = send("k1", &json!({"id": "a"})).expect_status(201);
        let again = send("k1", &json!({"id": "a"})).expect_status(201);
        assert_eq!(again.body, first.body);
        send("k1", &json!({"id": "b"})).problem(409, "idempotency_key_reused");
        // A request that was refused is refused the same way, under the id of the first.
        let refused = send("k2", &json!({"id": "c", "referrer": "nobody"})).expect_status(422);
        assert_eq!(
            send("k2", &json!({"id": "c", "referrer": "nobody"}))
                .expect_status(422)
                .body,
            refused.body
        );
        // Another API key has idempotency keys of its own.
        let other = app.post_with(
            app.key(Role::Operations),
            "/v1/members",
            &[("idempotency-key", "k1")],
            b"{\"id\":\"b\"}",
        );
        other.expect_status(201);
        let long = "k".repeat(256);
        assert_eq!(
            fields(&send(&long, &json!({"id": "d"})).problem(400, "bad_parameter")),
            ["Idempotency-Key"]
        );
    });
}

#[test]
fn requests_with_one_key_that_arrive_at_once_do_the_work_once() {
    let app = TestApp::start(Database::sqlite());
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let send = || {
            app.post_with(
                app.key(Role::Service),
                "/v1/members",
                &[("idempotency-key", "k")],
                b"{\"id\":\"a\"}",
            )
            .status
        };
        let clients: Vec<_> = (0..8).map(|_| scope.spawn(send)).collect();
        clients.into_iter().map(|c| c.join().unwrap()).collect()
    });
    // Whoever had found the work undone and done it again would have been told 200.
    assert_eq!(statuses, [201; 8]);
}

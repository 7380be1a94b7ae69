//! The API over HTTP: events, members, explanations, repetitions, paging and every kind of problem.

use crate::support::app::on_each_app;
use serde_json::{Value as Json, json};
use vouchsafe::access::Role;

fn invested(id: &str, member: &str, amount: &str) -> Json {
    json!({"id": id, "type": "invested", "member": member, "at": "2017-06-10T10:00:00+08:00",
        "properties": {"amount": amount, "term_days": 180, "product": "fixed", "ref": id}})
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
        assert_eq!(problem["problems"][0]["field"], "id");
    });
}

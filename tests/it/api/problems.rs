//! What is answered to requests that cannot be answered as asked.

use super::fields;
use crate::support::Database;
use crate::support::app::TestApp;
use std::collections::BTreeSet;
use vouchsafe::access::Role;
use vouchsafe::web::BODY_MAX;
use vouchsafe::web::routes::ROUTES;

#[test]
fn a_parameter_that_cannot_be_read_is_named() {
    let app = TestApp::start(Database::sqlite());
    for (path, name) in [
        ("/v1/events?limit=0", "limit"),
        ("/v1/events?limit=1001", "limit"),
        ("/v1/events?after=x", "after"),
        ("/v1/events?before=1", "before"),
        ("/v1/events?limit=1&limit=2", "limit"),
        ("/v1/rewards?before=1", "before"),
        ("/v1/rewards?member=own&after=1", "after"),
    ] {
        let problem = app.get(Role::Service, path).problem(400, "bad_parameter");
        assert_eq!(fields(&problem), [name], "{path}");
    }
    app.get(Role::Service, "/v1/rewards/one")
        .problem(404, "not_found");
    app.get(Role::Service, "/v1/rewards/-1")
        .problem(404, "not_found");
}

#[test]
fn a_method_that_an_address_does_not_take_is_told_which_it_takes() {
    let app = TestApp::start(Database::sqlite());
    for route in ROUTES {
        for method in ["DELETE", "PUT", "PATCH", "OPTIONS", "BREW"] {
            let answer = app.send(method, route.path, &[], b"");
            let allow = answer.header("allow").to_owned();
            answer.problem(405, "method_not_allowed");
            let named: BTreeSet<&str> = allow.split(", ").filter(|m| *m != "HEAD").collect();
            let taken: BTreeSet<&str> = ROUTES
                .iter()
                .filter(|r| r.path == route.path)
                .map(|r| r.method)
                .collect();
            assert_eq!(named, taken, "{method} {}", route.path);
        }
    }
    let head = app.send("HEAD", "/health", &[], b"").expect_status(200);
    assert_eq!(head.body, "");
}

#[test]
fn a_body_that_is_no_json_or_too_large_or_declared_as_something_else_is_refused() {
    let app = TestApp::start(Database::sqlite());
    let send = |headers: &[(&str, &str)], body: &[u8]| {
        app.post_with(app.key(Role::Service), "/v1/events", headers, body)
    };
    let problem = send(&[], b"{\n  \"id\": \"x\",,\n}").problem(400, "malformed_json");
    assert!(
        problem["detail"]
            .as_str()
            .unwrap()
            .starts_with("line 2, column 13: "),
        "{problem}"
    );
    send(&[], b"").problem(400, "malformed_json");
    send(&[], &vec![b' '; BODY_MAX + 1]).problem(413, "body_too_large");
    // As large as it may be: the blanks are read, and only then found to be no JSON.
    send(&[], &vec![b' '; BODY_MAX]).problem(400, "malformed_json");
    let bearer = format!("Bearer {}", app.key(Role::Service));
    let form = [
        ("authorization", bearer.as_str()),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    app.send("POST", "/v1/events", &form, b"id=x")
        .problem(415, "unsupported_media_type");
    let plain = [
        ("authorization", bearer.as_str()),
        ("content-type", "application/json; charset=utf-8"),
    ];
    app.send("POST", "/v1/members", &plain, b"{\"id\":\"a\"}")
        .expect_status(201);
}

#[test]
fn a_wrong_key_is_told_how_to_send_one() {
    let app = TestApp::start(Database::sqlite());
    for header in [
        "Bearer vs_00000000000000000000000000000000",
        "Bearer x",
        "Basic dTpw",
        "",
    ] {
        let answer = app.send("GET", "/v1/events", &[("authorization", header)], b"");
        assert_eq!(
            answer.header("www-authenticate"),
            "Bearer realm=\"vouchsafe\""
        );
        answer.problem(401, "unauthenticated");
    }
}

#[test]
fn an_unknown_address_is_a_problem_for_programs_and_a_page_for_people() {
    let app = TestApp::start(Database::sqlite());
    app.send("GET", "/v2/events", &[], b"")
        .problem(404, "not_found");
    let page = app.send("GET", "/nowhere?lang=x", &[("accept", "text/html")], b"");
    assert_eq!(page.status, 303);
    let page = app
        .send(
            "GET",
            "/nowhere",
            &[("accept", "text/html,*/*"), ("accept-language", "zh")],
            b"",
        )
        .expect_status(404);
    assert!(
        page.body.contains("找不到该内容") && page.header("content-type").starts_with("text/html"),
        "{}",
        page.body
    );
    // A path that looks like another host leads nowhere.
    let foreign = app.send(
        "GET",
        "//evil.example/?lang=zh",
        &[("accept", "text/html")],
        b"",
    );
    assert_eq!((foreign.status, foreign.header("location")), (404, ""));
}

#[test]
fn every_answer_has_an_id_and_keeps_browsers_careful() {
    let app = TestApp::start(Database::sqlite());
    let ids: BTreeSet<String> = (0..3)
        .map(|_| {
            let answer = app.send("GET", "/health", &[], b"");
            assert_eq!(answer.header("x-content-type-options"), "nosniff");
            assert_eq!(answer.header("referrer-policy"), "no-referrer");
            assert_eq!(answer.header("cache-control"), "no-store");
            assert!(
                answer
                    .header("content-security-policy")
                    .starts_with("default-src 'none'; script-src 'self'")
            );
            answer.header("x-request-id").to_owned()
        })
        .collect();
    assert_eq!(ids.len(), 3);
}

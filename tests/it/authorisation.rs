//! Every route with every role, from one table. A route without a case fails the test.

use crate::support::Database;
use crate::support::app::{Answer, OWN_MEMBER, TestApp};
use std::collections::BTreeSet;
use vouchsafe::access::Role::{self, Finance, Member, Operations, Service};
use vouchsafe::access::keys::hash_of;
use vouchsafe::access::sessions::Signer;
use vouchsafe::web::assets;
use vouchsafe::web::routes::ROUTES;

/// How a route knows who asks.
#[derive(Clone, Copy, Debug, PartialEq)]
enum By {
    /// It does not ask.
    Nobody,
    /// The key in the header; without one, 401.
    Key,
    /// The console's session; without one, the way to the sign-in.
    Console,
    /// The console's session with the token of a form; without one, 401.
    Form,
    /// The session of a member's page; without one, 401.
    MemberPage,
}

/// What a route answers those who may use it. What it is asked for is not there or not whole, so
/// that no case changes what the next one finds.
struct Case {
    method: &'static str,
    /// The pattern, as the table of routes has it.
    route: &'static str,
    /// What stands in the braces of the pattern.
    id: &'static str,
    body: &'static str,
    by: By,
    roles: &'static [Role],
    status: u16,
}

const EVERYBODY: &[Role] = &[Operations, Finance, Service, Member];
const STAFF: &[Role] = &[Operations, Finance, Service];
const OFFICE: &[Role] = &[Operations, Finance];

const fn get(
    route: &'static str,
    id: &'static str,
    by: By,
    roles: &'static [Role],
    status: u16,
) -> Case {
    Case {
        method: "GET",
        route,
        id,
        body: "",
        by,
        roles,
        status,
    }
}

const fn post(
    route: &'static str,
    body: &'static str,
    by: By,
    roles: &'static [Role],
    status: u16,
) -> Case {
    Case {
        method: "POST",
        route,
        id: "999",
        body,
        by,
        roles,
        status,
    }
}

const API: &[Case] = &[
    get("/v1/events", "", By::Key, STAFF, 200),
    post(
        "/v1/events",
        "{}",
        By::Key,
        &[Operations, Service, Member],
        422,
    ),
    get("/v1/members", "", By::Key, STAFF, 200),
    post("/v1/members", "{}", By::Key, &[Operations, Service], 422),
    get("/v1/members/{id}", OWN_MEMBER, By::Key, EVERYBODY, 200),
    get("/v1/members/{id}/downline", OWN_MEMBER, By::Key, STAFF, 200),
    get("/v1/rewards", "", By::Key, STAFF, 200),
    get("/v1/rewards/{id}", "999", By::Key, STAFF, 404),
    get("/v1/rewards/{id}/explanation", "999", By::Key, STAFF, 404),
    post("/v1/rewards/{id}/release", "{}", By::Key, OFFICE, 404),
    post(
        "/v1/rewards/{id}/cancel",
        "{\"reason\":\"x\"}",
        By::Key,
        OFFICE,
        404,
    ),
    get("/v1/programs", "", By::Key, STAFF, 200),
    post("/v1/programs", "{}", By::Key, &[Operations], 422),
    post("/v1/programs/check", "{}", By::Key, STAFF, 422),
    get("/v1/cohorts", "", By::Key, OFFICE, 200),
    post("/v1/cohorts", "{}", By::Key, &[Operations], 422),
    get("/v1/cohorts/classes", "", By::Key, OFFICE, 422),
    get("/v1/campaigns", "", By::Key, OFFICE, 200),
    post("/v1/campaigns", "{}", By::Key, &[Operations], 422),
    get("/v1/campaigns/{id}", "999", By::Key, OFFICE, 404),
    post("/v1/campaigns/{id}/approve", "{}", By::Key, OFFICE, 404),
    post(
        "/v1/campaigns/{id}/start",
        "{}",
        By::Key,
        &[Operations],
        404,
    ),
    post(
        "/v1/campaigns/{id}/pause",
        "{}",
        By::Key,
        &[Operations],
        404,
    ),
    post(
        "/v1/campaigns/{id}/resume",
        "{}",
        By::Key,
        &[Operations],
        404,
    ),
    post("/v1/campaigns/{id}/stop", "{}", By::Key, &[Operations], 404),
    post(
        "/v1/campaigns/{id}/finish",
        "{}",
        By::Key,
        &[Operations],
        404,
    ),
    get("/v1/campaigns/{id}/effect", "999", By::Key, OFFICE, 404),
    get("/v1/campaigns/{id}/unknown", "999", By::Key, OFFICE, 404),
    get("/v1/ledger/balance", "", By::Key, &[Finance], 200),
    get("/v1/ledger/journals", "", By::Key, &[Finance], 200),
    post("/v1/audit/verify", "{}", By::Key, &[Finance], 200),
    post("/v1/audit/replay", "{}", By::Key, &[Finance], 200),
    post("/v1/tick", "{}", By::Key, &[Operations], 200),
    get("/v1/openapi.json", "", By::Nobody, EVERYBODY, 200),
];

const PAGES: &[Case] = &[
    get("/health", "", By::Nobody, EVERYBODY, 200),
    get("/ready", "", By::Nobody, EVERYBODY, 200),
    get("/assets/{name}", "app.css", By::Nobody, EVERYBODY, 200),
    get("/", "", By::Nobody, EVERYBODY, 303),
    get("/c/{token}", "x", By::Nobody, EVERYBODY, 404),
    get("/i/{code}", "X", By::Nobody, EVERYBODY, 200),
    get("/u/{token}", "x", By::Nobody, EVERYBODY, 200),
    post(
        "/u/{token}",
        "List-Unsubscribe=One-Click",
        By::Nobody,
        EVERYBODY,
        404,
    ),
    get("/m", "", By::MemberPage, &[Member], 200),
    get("/callbacks/kannel/{token}", "x", By::Nobody, EVERYBODY, 404),
    get("/docs/api", "", By::Nobody, EVERYBODY, 200),
    get("/docs/errors", "", By::Nobody, EVERYBODY, 200),
    get("/ops", "", By::Console, OFFICE, 200),
    get("/ops/sign-in", "", By::Nobody, EVERYBODY, 200),
    post("/ops/sign-in", "key=x", By::Nobody, EVERYBODY, 403),
    post("/ops/sign-out", "", By::Form, OFFICE, 303),
    get("/ops/recommenders", "", By::Console, OFFICE, 200),
    get("/ops/programs", "", By::Console, OFFICE, 200),
    get(
        "/ops/programs/{id}/{version}",
        "999",
        By::Console,
        OFFICE,
        404,
    ),
    get("/ops/rewards", "", By::Nobody, EVERYBODY, 303),
    get("/ops/rewards/{id}", "999", By::Console, OFFICE, 404),
    get("/ops/campaigns/{id}", "999", By::Console, OFFICE, 404),
    get(
        "/ops/campaigns/{id}/unknown",
        "999",
        By::Console,
        OFFICE,
        404,
    ),
    post(
        "/ops/campaigns/{id}/pause",
        "",
        By::Form,
        &[Operations],
        404,
    ),
    post(
        "/ops/campaigns/{id}/resume",
        "",
        By::Form,
        &[Operations],
        404,
    ),
    get("/fin/ledger", "", By::Console, &[Finance], 200),
    get("/fin/ledger/{id}", "999", By::Console, &[Finance], 404),
];

impl Case {
    /// The address, its braces filled.
    fn target(&self) -> String {
        let id = if self.route.starts_with("/assets/") {
            assets::url(self.id)
                .rsplit_once('/')
                .map(|(_, name)| name.to_owned())
                .unwrap()
        } else {
            self.id.to_owned()
        };
        let parts = self.route.split('/').map(|part| {
            if part.starts_with('{') {
                id.as_str()
            } else {
                part
            }
        });
        parts.collect::<Vec<_>>().join("/")
    }

    /// The status for a role, or for nobody.
    fn expected(&self, role: Option<Role>) -> u16 {
        match (self.by, role) {
            (By::Nobody, _) => self.status,
            (By::Key | By::Form | By::MemberPage, None) => 401,
            (By::Console, None) => 303,
            (_, Some(role)) if self.roles.contains(&role) => self.status,
            (_, Some(_)) => 403,
        }
    }

    fn ask(&self, app: &TestApp, role: Option<Role>) -> Answer {
        let Some(role) = role else {
            return app.send(self.method, &self.target(), &[], self.body.as_bytes());
        };
        let bearer = format!("Bearer {}", app.key(role));
        // A session is made for any key here, although the sign-in refuses some of them: every page
        // must look at the role itself.
        let signer = Signer::of(&app.book.engine).unwrap();
        let session = signer
            .open(&hash_of(app.key(role)), app.book.engine.clock().now())
            .unwrap();
        let sealed = signer.seal(&session);
        let cookies = format!("session={sealed}; member={sealed}");
        let header = if self.by == By::Key {
            ("authorization", bearer.as_str())
        } else {
            ("cookie", cookies.as_str())
        };
        let body = match self.by {
            By::Form => format!("csrf={}", signer.form_token(&session)),
            By::Nobody | By::Key | By::Console | By::MemberPage => self.body.to_owned(),
        };
        app.send(self.method, &self.target(), &[header], body.as_bytes())
    }
}

fn cases() -> impl Iterator<Item = &'static Case> {
    API.iter().chain(PAGES)
}

#[test]
fn every_route_answers_every_role_as_the_table_says() {
    let app = TestApp::start(Database::sqlite());
    let roles = std::iter::once(None).chain(Role::ALL.map(Some));
    let mut wrong = Vec::new();
    for role in roles {
        for case in cases() {
            let answer = case.ask(&app, role);
            let expected = case.expected(role);
            if answer.status != expected {
                let who = role.map_or("nobody", Role::word);
                wrong.push(format!(
                    "{} {} as {who}: {} instead of {expected}",
                    case.method, case.route, answer.status
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_route_of_the_server_has_exactly_one_case() {
    let routes: Vec<String> = ROUTES
        .iter()
        .map(|r| format!("{} {}", r.method, r.path))
        .collect();
    let cased: Vec<String> = cases()
        .map(|c| format!("{} {}", c.method, c.route))
        .collect();
    let (unique_routes, unique_cases) = (
        routes.iter().collect::<BTreeSet<_>>(),
        cased.iter().collect::<BTreeSet<_>>(),
    );
    assert_eq!(unique_cases.len(), cased.len(), "a route has two cases");
    assert_eq!(unique_routes, unique_cases);
}

#[test]
fn the_description_lists_every_route_of_the_interface_and_no_other() {
    let app = TestApp::start(Database::sqlite());
    let description = app
        .send("GET", "/v1/openapi.json", &[], b"")
        .expect_status(200)
        .json();
    let described: BTreeSet<String> = description["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, item)| {
            item.as_object()
                .unwrap()
                .keys()
                .map(move |method| format!("{} {path}", method.to_uppercase()))
        })
        .collect();
    let own = ROUTES
        .iter()
        .filter(|r| r.path.starts_with("/v1/") && r.path != "/v1/openapi.json");
    let served: BTreeSet<String> = own.map(|r| format!("{} {}", r.method, r.path)).collect();
    assert_eq!(described, served);
}

#[test]
fn a_revoked_key_opens_nothing_and_ends_its_sessions() {
    let app = TestApp::start(Database::sqlite());
    let key = app.another_key("bob", Finance);
    let signer = Signer::of(&app.book.engine).unwrap();
    let session = signer
        .open(&hash_of(&key), app.book.engine.clock().now())
        .unwrap();
    let (bearer, cookie) = (
        format!("Bearer {key}"),
        format!("session={}", signer.seal(&session)),
    );
    let ask = || {
        let by_key = app
            .send(
                "GET",
                "/v1/ledger/balance",
                &[("authorization", bearer.as_str())],
                b"",
            )
            .status;
        (
            by_key,
            app.send("GET", "/fin/ledger", &[("cookie", cookie.as_str())], b"")
                .status,
        )
    };
    assert_eq!(ask(), (200, 200));
    assert!(vouchsafe::access::keys::revoke(&app.book.engine, "bob").unwrap());
    assert_eq!(ask(), (401, 303));
}

#[test]
fn a_member_reads_himself_alone() {
    let app = TestApp::start(Database::sqlite());
    app.book.members(&[["other", OWN_MEMBER]]);
    app.get(Member, "/v1/members/own").expect_status(200);
    app.get(Member, "/v1/members/other")
        .problem(403, "forbidden");
    // Whether somebody exists is nobody else's affair.
    app.get(Member, "/v1/members/nobody")
        .problem(403, "forbidden");
}

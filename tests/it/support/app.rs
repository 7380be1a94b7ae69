//! A server on a free port with a fresh book, keys of every role, and a client.

use super::{Book, Database, repo};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use ureq::http::{HeaderMap, Method, Request};
use vouchsafe::access::{Role, keys};
use vouchsafe::facts::queue::Queue;
use vouchsafe::types::Zone;
use vouchsafe::web::{self, Running, Settings};

/// When the books of these tests begin.
pub(crate) const START: &str = "2017-06-01T00:00:00+08:00";

/// The member that the key of the role member is bound to.
pub(crate) const OWN_MEMBER: &str = "own";

/// A server under test. It stops when it is dropped.
pub(crate) struct TestApp {
    server: Option<Running>,
    pub(crate) book: Book,
    base: String,
    agent: ureq::Agent,
    keys: BTreeMap<Role, String>,
}

/// An answer of the server.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    /// The body as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Json {
        serde_json::from_str(&self.body)
            .unwrap_or_else(|e| panic!("{e}: {} {}", self.status, self.body))
    }

    /// A header's text, empty when it is absent.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|v| v.to_str().ok())
            .unwrap_or_default()
    }

    /// Fails unless the answer has this status.
    #[track_caller]
    pub(crate) fn expect_status(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.body);
        self
    }

    /// Fails unless the answer is a problem document of this status and code.
    #[track_caller]
    pub(crate) fn problem(self, status: u16, code: &str) -> Json {
        let json = self.json();
        assert_eq!(
            (self.status, json["code"].as_str()),
            (status, Some(code)),
            "{}",
            self.body
        );
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(json["type"], format!("/docs/errors#{code}"));
        assert_eq!(json["status"], status);
        assert_eq!(json["request_id"], self.header("x-request-id"));
        json
    }
}

impl TestApp {
    /// A server on a fresh book of this database.
    pub(crate) fn start(database: Database) -> Self {
        Self::with(database, |_| {})
    }

    /// As [`Self::start`], with other settings.
    pub(crate) fn with(database: Database, change: impl FnOnce(&mut Settings)) -> Self {
        let book = Book::open(database, START);
        book.members(&[[OWN_MEMBER, ""]]);
        let keys = Role::ALL.map(|role| {
            let member = (role == Role::Member).then_some(OWN_MEMBER);
            (
                role,
                keys::create(&book.engine, role.word(), role, member).unwrap(),
            )
        });
        let mut settings = Settings {
            bind: "127.0.0.1:0".to_owned(),
            base_url: "http://go.example".to_owned(),
            workers: 2,
            callback: None,
            zone: Zone::named("Asia/Shanghai").unwrap(),
            simulated: false,
            plan: repo("rules/plans/standard.toml"),
            join_url: None,
        };
        change(&mut settings);
        let queue = Queue::start(book.engine.clone()).unwrap();
        let server = web::start(book.engine.clone(), queue, settings).unwrap();
        let base = format!("http://{}", server.address);
        let config = ureq::Agent::config_builder()
            .proxy(None)
            .http_status_as_error(false)
            .max_redirects(0);
        let agent = ureq::Agent::new_with_config(config.max_redirects_will_error(false).build());
        Self {
            server: Some(server),
            book,
            base,
            agent,
            keys: BTreeMap::from(keys),
        }
    }

    /// The key of a role.
    pub(crate) fn key(&self, role: Role) -> &str {
        &self.keys[&role]
    }

    /// Another key of a role, for a second person.
    pub(crate) fn another_key(&self, name: &str, role: Role) -> String {
        keys::create(&self.book.engine, name, role, None).unwrap()
    }

    /// Sends a request; a header with an empty name is left out.
    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let mut request = Request::builder()
            .method(Method::from_bytes(method.as_bytes()).unwrap())
            .uri(format!("{}{path}", self.base));
        for (name, value) in headers.iter().filter(|(name, _)| !name.is_empty()) {
            request = request.header(*name, *value);
        }
        let sent = if body.is_empty() && !matches!(method, "POST" | "PUT" | "PATCH") {
            let request = request.body(()).unwrap();
            self.agent.run(
                self.agent
                    .configure_request(request)
                    .allow_non_standard_methods(true)
                    .build(),
            )
        } else {
            self.agent.run(request.body(body.to_vec()).unwrap())
        };
        let mut response = sent.unwrap_or_else(|e| panic!("{method} {path}: {e}"));
        let body = response.body_mut().read_to_string().unwrap();
        Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body,
        }
    }

    /// Reads as a role.
    pub(crate) fn get(&self, role: Role, path: &str) -> Answer {
        self.send(
            "GET",
            path,
            &[("authorization", &format!("Bearer {}", self.key(role)))],
            b"",
        )
    }

    /// Sends JSON as a role.
    pub(crate) fn post(&self, role: Role, path: &str, body: &Json) -> Answer {
        self.post_with(self.key(role), path, &[], body.to_string().as_bytes())
    }

    /// Sends a body with a key and further headers.
    pub(crate) fn post_with(
        &self,
        key: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let bearer = format!("Bearer {key}");
        let all: Vec<(&str, &str)> = [
            ("authorization", bearer.as_str()),
            ("content-type", "application/json"),
        ]
        .into_iter()
        .chain(headers.iter().copied())
        .collect();
        self.send("POST", path, &all, body)
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            let stopped = server.stop();
            assert!(
                stopped.is_ok() || std::thread::panicking(),
                "the server broke: {stopped:?}"
            );
        }
    }
}

/// Runs a test against a server on a fresh book of every backend that is there.
pub(crate) fn on_each_app(test: impl Fn(&TestApp)) {
    test(&TestApp::start(Database::sqlite()));
    if let Some(database) = Database::postgres() {
        test(&TestApp::start(database));
    }
}

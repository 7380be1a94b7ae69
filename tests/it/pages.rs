//! The pages people read: the console behind its sign-in, a member's own page, the landing page,
//! and the links of messages, over a campaign that is run through the API.

mod console;
mod people;

use crate::support::app::{Answer, TestApp};
use crate::support::{Database, at, repo};
use serde_json::{Value as Json, json};
use vouchsafe::access::Role;
use vouchsafe::dispatch::providers::{Config, Outcome, Outgoing, Provider};
use vouchsafe::dispatch::worker::{Wording, Worker};
use vouchsafe::types::Zone;

/// Recommenders with one friend each.
const PEOPLE: usize = 40;
/// The token of delivery reports.
const CALLBACK_TOKEN: &str = "0123456789abcdef";

/// A browser that keeps the cookies it is given.
struct Browser<'a> {
    app: &'a TestApp,
    cookies: Vec<(String, String)>,
}

impl<'a> Browser<'a> {
    fn new(app: &'a TestApp) -> Self {
        Self {
            app,
            cookies: Vec::new(),
        }
    }

    fn ask(&mut self, method: &str, path: &str, body: &str) -> Answer {
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let headers = [
            ("cookie", cookies.join("; ")),
            (
                "content-type",
                "application/x-www-form-urlencoded".to_owned(),
            ),
        ];
        let headers: Vec<(&str, &str)> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let answer = self.app.send(method, path, &headers, body.as_bytes());
        for set in answer.headers.get_all("set-cookie") {
            let (pair, attributes) = set.to_str().unwrap().split_once(';').unwrap();
            assert!(
                attributes.contains("HttpOnly") && attributes.contains("SameSite=Lax"),
                "{attributes}"
            );
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.retain(|(n, _)| n != name);
            self.cookies.push((name.to_owned(), value.to_owned()));
        }
        answer
    }

    fn get(&mut self, path: &str) -> Answer {
        self.ask("GET", path, "")
    }

    /// Signs in to the console.
    fn sign_in(app: &'a TestApp, role: Role) -> Self {
        let mut browser = Self::new(app);
        let token = form_token(
            &browser
                .get("/ops/sign-in?next=%2Fops")
                .expect_status(200)
                .body,
        );
        let form = format!("csrf={token}&next=%2Fops&key={}", app.key(role));
        let entered = browser
            .ask("POST", "/ops/sign-in", &form)
            .expect_status(303);
        assert_eq!(entered.header("location"), "/ops");
        browser
    }
}

/// The token that the first form of a page carries.
#[track_caller]
fn form_token(html: &str) -> String {
    let after = html
        .split_once("name=\"csrf\" value=\"")
        .expect("a form with a token")
        .1;
    after.split_once('"').unwrap().0.to_owned()
}

/// Takes every message.
struct Taking;

impl Provider for Taking {
    fn name(&self) -> &'static str {
        "taking"
    }

    fn send(&self, _message: &Outgoing<'_>) -> Outcome {
        Outcome::Accepted { provider_ref: None }
    }
}

/// Recommenders r0… and their friends f0…, each of whom invested.
fn people(app: &TestApp) {
    let mut members = Vec::new();
    for n in 0..PEOPLE {
        let phone = format!("+861000000{n:04}");
        members.push(json!({"id": format!("r{n}"), "name": format!("李小{n}明"), "phone": phone, "consents": {"sms": true}}));
        members.push(json!({"id": format!("f{n}"), "referrer": format!("r{n}"), "name": format!("Friend{n}")}));
    }
    app.post(Role::Service, "/v1/members", &json!({"members": members}))
        .expect_status(200);
    let events: Vec<Json> = (0..PEOPLE)
        .map(|n| {
            investment(
                n,
                "2017-06-10T10:00:00+08:00",
                &format!("{}.00", 20_000 + n),
            )
        })
        .collect();
    app.book.clock.set(at("2017-06-20T00:00:00+08:00"));
    app.post(Role::Service, "/v1/events", &json!({"events": events}))
        .expect_status(200);
}

fn investment(friend: usize, when: &str, amount: &str) -> Json {
    let id = format!("i{friend}-{when}");
    json!({"id": id, "type": "invested", "member": format!("f{friend}"), "at": when,
        "properties": {"amount": amount, "term_days": 90, "product": "fixed", "ref": id}})
}

/// Sends the planned messages; gives how many.
fn send(app: &TestApp) -> i64 {
    let wording = Wording {
        base_url: "http://go.example".to_owned(),
        brand: "V".to_owned(),
        offer: "0.30%".to_owned(),
        zone: Zone::named("Asia/Shanghai").unwrap(),
    };
    let engine = app.book.engine.clone();
    let worker = Worker::new(engine, Box::new(Taking), wording, "w1".to_owned());
    worker.run(1, 1_000, |_| {}).unwrap().sent
}

/// Runs a campaign through the API up to the sent messages; gives its tokens by member.
fn campaign(app: &TestApp) -> Vec<(i64, String)> {
    people(app);
    let classes = app
        .get(Role::Operations, "/v1/cohorts/classes")
        .expect_status(200)
        .json();
    assert_eq!(classes["total_members"], PEOPLE);
    let codes: Vec<Json> = classes["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["class"].clone())
        .collect();
    let cohort = app
        .post(
            Role::Operations,
            "/v1/cohorts",
            &json!({"name": "everybody", "classes": codes}),
        )
        .expect_status(201)
        .json();
    let draft = json!({
        "name": "夏季 <offer>", "cohort": cohort["id"], "goal": {"metric": "invested", "amount": "500000.00", "currency": "CNY"},
        "holdout_bp": 2500, "salt": "tests", "offer": {"source": repo("rules/programs/three-day-offer.toml")},
        "template": repo("templates/messages/limited-offer.sms.zh.txt"), "channel": "sms",
        "starts_at": "2017-06-28T00:00:00+08:00", "ends_at": "2017-07-01T00:00:00+08:00",
    });
    let written = app
        .post(Role::Operations, "/v1/campaigns", &draft)
        .expect_status(201)
        .json();
    assert_eq!(
        (&written["id"], &written["state"]),
        (&json!(1), &json!("draft"))
    );
    app.post(Role::Operations, "/v1/campaigns/1/approve", &json!({}))
        .problem(403, "own_work");
    let approved = app
        .post(Role::Finance, "/v1/campaigns/1/approve", &json!({}))
        .expect_status(200)
        .json();
    assert_eq!(
        approved["treated"].as_i64().unwrap() + approved["control"].as_i64().unwrap(),
        40
    );
    app.post(Role::Operations, "/v1/campaigns/1/pause", &json!({}))
        .problem(409, "conflict");
    app.post(Role::Operations, "/v1/campaigns/1/start", &json!({}))
        .expect_status(200);
    app.book.clock.set(at("2017-06-28T09:00:00+08:00"));
    assert_eq!(send(app), approved["planned"].as_i64().unwrap());
    let assigned = app
        .book
        .engine
        .store()
        .read(|tx| tx.assignments(1))
        .unwrap();
    assigned
        .into_iter()
        .filter(|a| a.treated)
        .map(|a| (a.member_id, a.token))
        .collect()
}

fn app() -> TestApp {
    TestApp::with(Database::sqlite(), |settings| {
        let gateway = format!(
            "kannel+http://u:p@127.0.0.1:1?callback=http://127.0.0.1/callbacks/kannel&token={CALLBACK_TOKEN}"
        );
        settings.callback = gateway.parse::<Config>().unwrap().callback_token().cloned();
        settings.join_url = Some("https://join.example/?c={code}".to_owned());
    })
}

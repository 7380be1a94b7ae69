//! A server killed with SIGKILL at random moments: no answered fact is lost, nothing is paid
//! twice, nobody is written to twice.

use crate::support::peers::{Server as Peer, http_request, wait_until};
use crate::support::server::Process;
use crate::support::{Book, Database, draft, repo};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use vouchsafe::access::keys;
use vouchsafe::access::roles::Role;
use vouchsafe::campaigns::service::{self as campaigns, Draft};
use vouchsafe::campaigns::state::Move;
use vouchsafe::clock::{Clock, SystemClock};
use vouchsafe::cohorts::classes::{Class, Indicator};
use vouchsafe::cohorts::service::{self as cohorts, ClassRequest, Whose};
use vouchsafe::dispatch::worker::IN_FLIGHT_MAX;
use vouchsafe::members::{intake as member_intake, service as members};

const KILLS: usize = 30;

/// A small generator: the moments differ from round to round and are the same in every run.
struct Moments(u64);

impl Moments {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

fn event(no: usize) -> Json {
    json!({
        "id": format!("e{no}"), "type": "invested", "member": format!("m{}", no % 40), "at": "2017-06-10T10:00:00+08:00",
        "properties": {"amount": format!("{}.00", 1_000 + no * 37 % 9_000), "term_days": 90, "product": "fixed", "ref": format!("r{no}")},
    })
}

/// Sends events; the ids that were answered with `accepted`.
fn send(url: &str, secret: &str, events: &[Json]) -> Option<Vec<String>> {
    let mut answer = ureq::post(format!("{url}/v1/events"))
        .header("Authorization", format!("Bearer {secret}"))
        .header("Content-Type", "application/json")
        .send(json!({ "events": events }).to_string())
        .ok()?;
    let body: Json = serde_json::from_str(&answer.body_mut().read_to_string().ok()?).ok()?;
    let accepted = body["items"]
        .as_array()?
        .iter()
        .filter(|i| i["status"] == "accepted");
    Some(
        accepted
            .map(|i| i["id"].as_str().unwrap().to_owned())
            .collect(),
    )
}

fn ingestion(database: Database) {
    let url = database.url.clone();
    let book = Book::open(database, "2017-06-01T00:00:00+08:00");
    book.activate(&repo("rules/programs/everyday-commission.toml"));
    let names: Vec<String> = (0..40).map(|n| format!("m{n}")).collect();
    let pairs: Vec<[&str; 2]> = (0..40)
        .map(|n: usize| {
            [
                names[n].as_str(),
                if n == 0 {
                    ""
                } else {
                    names[(n - 1) / 2].as_str()
                },
            ]
        })
        .collect();
    book.members(&pairs);
    let secret = keys::create(&book.engine, "crash", Role::Service, None).unwrap();
    let next = AtomicUsize::new(0);
    let answered = Mutex::new(Vec::new());
    let mut moments = Moments(2_017);
    for _kill in 0..KILLS {
        let process = Process::serve(&url, &[]);
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _client in 0..3 {
                scope.spawn(|| {
                    while !stop.load(Ordering::SeqCst) {
                        let from = next.fetch_add(10, Ordering::SeqCst);
                        let events: Vec<Json> = (from..from + 10).map(event).collect();
                        if let Some(ids) = send(&process.url, &secret, &events) {
                            answered.lock().unwrap().extend(ids);
                        }
                    }
                });
            }
            let before = answered.lock().unwrap().len();
            wait_until("facts are answered", || {
                answered.lock().unwrap().len() > before
            });
            std::thread::park_timeout(Duration::from_micros(moments.below(60_000)));
            let pid = process.pid().to_string();
            assert!(
                std::process::Command::new("kill")
                    .args(["-9", &pid])
                    .status()
                    .unwrap()
                    .success()
            );
            stop.store(true, Ordering::SeqCst);
        });
        process.kill();
    }
    let answered = answered.into_inner().unwrap();
    nothing_is_lost(&book, &url, &secret, &answered, next.into_inner());
}

/// Every answered fact is stored; all of them sent once more change nothing; the books are sound.
fn nothing_is_lost(book: &Book, url: &str, secret: &str, answered: &[String], sent: usize) {
    let ids: Vec<&str> = answered.iter().map(String::as_str).collect();
    let stored = book
        .engine
        .store()
        .read(|tx| tx.facts_by_event(&ids))
        .unwrap();
    assert_eq!(stored.len(), ids.len(), "an answered fact was lost");
    let process = Process::serve(url, &[]);
    for from in (0..sent).step_by(500) {
        let events: Vec<Json> = (from..sent.min(from + 500)).map(event).collect();
        assert_eq!(
            send(&process.url, secret, &events).unwrap().len(),
            events.len()
        );
    }
    drop(process);
    let facts: i64 = book
        .engine
        .store()
        .read(|tx| tx.count_facts())
        .unwrap()
        .values()
        .sum();
    assert_eq!(
        usize::try_from(facts).unwrap(),
        sent,
        "each fact is stored once"
    );
    book.assert_sound();
}

#[test]
fn thirty_kills_during_ingestion_lose_no_answered_fact_and_pay_nothing_twice_on_sqlite() {
    ingestion(Database::sqlite());
}

#[test]
fn thirty_kills_during_ingestion_lose_no_answered_fact_and_pay_nothing_twice_on_postgres() {
    if let Some(database) = Database::postgres() {
        ingestion(database);
    }
}

/// A gateway that counts how often each number was written to.
fn gateway() -> (Peer, Arc<Mutex<BTreeMap<String, usize>>>) {
    let written: Arc<Mutex<BTreeMap<String, usize>>> = Arc::default();
    let notes = written.clone();
    let peer = Peer::start(move |connection| {
        let (request, mut connection) = http_request(connection);
        // A gateway takes its time, so that there is always something under way to be killed.
        std::thread::park_timeout(Duration::from_millis(2));
        let path = request.split(' ').nth(1).unwrap_or_default();
        let to = path.split(['?', '&']).find_map(|p| p.strip_prefix("to="));
        if let Some(to) = to {
            *notes.lock().unwrap().entry(to.to_owned()).or_default() += 1;
        }
        let body = "0: Accepted for delivery";
        let answer = format!(
            "HTTP/1.1 202 Accepted\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
        connection.write_all(answer.as_bytes()).ok();
    });
    (peer, written)
}

const PEOPLE: usize = 3_000;

/// A running campaign to everybody, in a window around the present.
fn campaign(book: &Book) -> i64 {
    let now = SystemClock.now();
    let mut sent = Vec::new();
    for n in 0..PEOPLE {
        sent.push(json!({"id": format!("r{n}"), "phone": format!("+861000{n:07}"), "consents": {"sms": true}}));
        sent.push(json!({"id": format!("f{n}"), "referrer": format!("r{n}")}));
    }
    let sent: Vec<_> = sent
        .iter()
        .map(|j| member_intake::member(book.engine.plan(), j).unwrap())
        .collect();
    for chunk in sent.chunks(1_000) {
        members::upsert(&book.engine, "tests", chunk).unwrap();
    }
    for n in 0..PEOPLE {
        let properties = json!({"amount": "2000.00", "term_days": 90, "product": "fixed", "ref": format!("x{n}")});
        book.fact(
            &format!("h{n}"),
            "invested",
            &format!("f{n}"),
            "2017-06-10T10:00:00+08:00",
            properties,
        );
    }
    let request = ClassRequest {
        fact_kind: "invested".to_owned(),
        whose: Whose::Recommenders,
        as_of: now,
        indicators: Indicator::recommender_defaults(),
        currency: "CNY".to_owned(),
        exponent: 2,
    };
    let cohort =
        cohorts::snapshot(&book.engine, "ann", "everybody", &request, &Class::ALL).unwrap();
    let draft = Draft {
        name: "offer".to_owned(),
        cohort,
        goal_metric: "invested".to_owned(),
        goal_minor: 100_000_000,
        currency: "CNY".to_owned(),
        holdout_bp: 0,
        salt: "crash".to_owned(),
        offer: Some(draft(&repo("rules/programs/three-day-offer.toml"))),
        template: repo("templates/messages/limited-offer.sms.zh.txt"),
        channel: "sms".to_owned(),
        starts_at: now.plus_seconds(-3_600),
        ends_at: now.plus_seconds(86_400),
    };
    let id = campaigns::create(&book.engine, "ann", &draft).unwrap();
    campaigns::approve(&book.engine, "bob", id).unwrap();
    campaigns::advance(&book.engine, "ann", id, Move::Start).unwrap();
    id
}

fn dispatch(database: Database) {
    let url = database.url.clone();
    let book = Book::open(database, "2017-06-01T00:00:00+08:00");
    let id = campaign(&book);
    let (peer, written) = gateway();
    let provider = format!(
        "kannel+http://user:password@127.0.0.1:{}/cgi-bin/sendsms?callback=http://127.0.0.1:9/callbacks/kannel&token=0123456789abcdef",
        peer.port
    );
    let options = ["--provider", &provider, "--lease-seconds", "1"];
    let seen = || written.lock().unwrap().values().sum::<usize>();
    let mut moments = Moments(1_997);
    for kill in 0..KILLS {
        let before = seen();
        let process = Process::serve(&url, &options);
        let more = 1 + usize::try_from(moments.below(40)).unwrap();
        wait_until("messages go out", || seen() >= before + more);
        process.kill();
        assert!(seen() < PEOPLE, "everything was sent before kill {kill}");
    }
    let process = Process::serve(&url, &options);
    let states = || -> BTreeMap<String, i64> {
        let rows = book
            .engine
            .store()
            .read(|tx| tx.message_counts(id))
            .unwrap();
        rows.into_iter().map(|(state, _, n)| (state, n)).collect()
    };
    wait_until("everyone ends", || {
        let states = states();
        ["planned", "claimed", "opened"]
            .iter()
            .all(|s| !states.contains_key(*s))
    });
    drop(process);
    let states = states();
    let count = |state: &str| usize::try_from(states.get(state).copied().unwrap_or(0)).unwrap();
    let (sent, failed, unknown) = (count("sent"), count("failed"), count("unknown"));
    assert_eq!(sent + failed + unknown, PEOPLE, "{states:?}");
    assert!(unknown <= KILLS * IN_FLIGHT_MAX, "{unknown} are unknown");
    let written = written.lock().unwrap();
    let twice: Vec<_> = written.iter().filter(|(_, n)| **n > 1).collect();
    assert!(twice.is_empty(), "written to twice: {twice:?}");
    assert!(
        written.len() >= sent && written.len() <= sent + unknown,
        "{} written, {states:?}",
        written.len()
    );
    let listed = book
        .engine
        .store()
        .read(|tx| tx.messages_in(id, "unknown", 10_000))
        .unwrap();
    assert_eq!(listed.len(), unknown);
    assert!(listed.iter().all(|m| !m.reason.is_empty()));
}

#[test]
fn thirty_kills_during_dispatch_skip_nobody_and_double_nobody_on_sqlite() {
    dispatch(Database::sqlite());
}

#[test]
fn thirty_kills_during_dispatch_skip_nobody_and_double_nobody_on_postgres() {
    if let Some(database) = Database::postgres() {
        dispatch(database);
    }
}

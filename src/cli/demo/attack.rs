//! `vouchsafe demo --attack`: a server killed while it ingests, and a cent altered in the database.

use super::{open, shipped};
use crate::cli::shipped::STANDARD_PLAN;
use crate::cli::{Context, Failure, Verdict};
use serde_json::{Value as Json, json};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant as Stopwatch};
use vouchsafe::access::keys;
use vouchsafe::access::roles::Role;
use vouchsafe::engine::{Engine, EngineError, replay};
use vouchsafe::ledger::verify;
use vouchsafe::members::{intake, service as members};
use vouchsafe::programs;
use vouchsafe::storage::admin::execute_raw;

const MEMBERS: i64 = 500;
const EVENTS: i64 = 20_000;
/// Events in one request.
const REQUEST: usize = 100;
/// How long the server may take to answer for the first time.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server in a process of its own.
struct Server {
    child: Child,
    url: String,
}

impl Server {
    fn start(database: &str) -> Result<Self, Failure> {
        let free = TcpListener::bind("127.0.0.1:0")
            .and_then(|l| l.local_addr())
            .map_err(Failure::peer)?;
        let program = std::env::current_exe().map_err(Failure::peer)?;
        let child = Command::new(program)
            .args([
                "serve",
                "--bind",
                &free.to_string(),
                "--database-url",
                database,
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(Failure::peer)?;
        let server = Self {
            child,
            url: format!("http://{free}"),
        };
        let begun = Stopwatch::now();
        while ureq::get(format!("{}/health", server.url)).call().is_err() {
            if begun.elapsed() > PATIENCE {
                return Err(Failure::peer("the server did not answer in time"));
            }
            std::thread::park_timeout(Duration::from_millis(20));
        }
        Ok(server)
    }

    /// Sends a batch; the ids it answered for.
    fn send(&self, secret: &str, events: &[Json]) -> Result<Vec<String>, String> {
        let body = post(&self.url, secret, events)?;
        let items = body
            .get("items")
            .and_then(Json::as_array)
            .cloned()
            .unwrap_or_default();
        let accepted = |item: &Json| item.get("status").and_then(Json::as_str) == Some("accepted");
        let id = |item: &Json| item.get("id").and_then(Json::as_str).map(str::to_owned);
        Ok(items
            .iter()
            .filter(|i| accepted(i))
            .filter_map(id)
            .collect())
    }
}

/// Posts events and reads the answer.
fn post(url: &str, secret: &str, events: &[Json]) -> Result<Json, String> {
    let mut answer = ureq::post(format!("{url}/v1/events"))
        .header("Authorization", format!("Bearer {secret}"))
        .header("Content-Type", "application/json")
        .send(json!({ "events": events }).to_string())
        .map_err(|e| e.to_string())?;
    let text = answer
        .body_mut()
        .read_to_string()
        .map_err(|e| e.to_string())?;
    serde_json::from_str(&text).map_err(|e| e.to_string())
}

impl Drop for Server {
    fn drop(&mut self) {
        // Kill is SIGKILL: no handler runs.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// What the attack came to.
struct Findings {
    answered: usize,
    missing: usize,
    facts: i64,
    again: usize,
    sound: bool,
    altered: i64,
    found: Vec<String>,
    named: bool,
}

pub(super) fn run(context: &Context, url: &str, seed: u64) -> Result<Verdict, Failure> {
    let (engine, _clock) = open(url)?;
    let (secret, bodies) = prepare(&engine)?;
    context.out.note("All people are simulated. A server is started in a process of its own and given facts over HTTP.");
    let answered = kill_in_the_middle(url, &secret, &bodies, seed)?;
    context.out.note(&format!(
        "1. The server was killed (SIGKILL) after it had answered for {} facts.",
        answered.len()
    ));
    let mut findings = start_again(context, &engine, url, &secret, &bodies, &answered)?;
    alter_one_cent(context, &engine, url, &mut findings)?;
    let fine = findings.sound && findings.named;
    let document = json!({
        "simulated": true, "answered_before_the_kill": findings.answered, "missing": findings.missing,
        "facts": findings.facts, "answered_again": findings.again, "sound": findings.sound,
        "altered_reward": findings.altered, "named": findings.named, "findings": findings.found,
    });
    context.out.answer(&document, |_| {
        let words = if fine {
            "nothing was lost, nothing was paid twice, and the altered row is named"
        } else {
            "SOMETHING IS WRONG"
        };
        format!("6. {words}.")
    })?;
    Ok(Verdict::of(fine))
}

/// Sends facts until the server is killed with a batch under way; the ids it had answered for.
fn kill_in_the_middle(
    url: &str,
    secret: &str,
    bodies: &[Json],
    seed: u64,
) -> Result<Vec<String>, Failure> {
    let kill_at = EVENTS / 4 + i64::try_from(seed % 7).unwrap_or(0) * EVENTS / 20;
    let kill_at = usize::try_from(kill_at).unwrap_or(0);
    let mut server = Server::start(url)?;
    let mut answered = Vec::new();
    let mut batches = bodies.chunks(REQUEST);
    while answered.len() < kill_at {
        let Some(batch) = batches.next() else { break };
        answered.extend(server.send(secret, batch).map_err(Failure::peer)?);
    }
    let under_way = batches.next().unwrap_or_default();
    let (address, child) = (&server.url, &mut server.child);
    std::thread::scope(|scope| {
        // Whether this batch is answered is the server's affair: it dies meanwhile.
        scope.spawn(|| drop(post(address, secret, under_way)));
        drop(child.kill());
    });
    Ok(answered)
}

/// Starts the server again, counts what is missing, sends everything once more and checks the books.
fn start_again(
    context: &Context,
    engine: &Engine,
    url: &str,
    secret: &str,
    bodies: &[Json],
    answered: &[String],
) -> Result<Findings, Failure> {
    let server = Server::start(url)?;
    let missing = missing(engine, answered)?;
    context.out.note(&format!(
        "2. Started again. Of the {} facts it had answered for, {missing} are missing.",
        answered.len()
    ));
    let mut again = 0;
    for batch in bodies.chunks(REQUEST) {
        again += server.send(secret, batch).map_err(Failure::peer)?.len();
    }
    drop(server);
    let facts: i64 = engine.store().read(|tx| tx.count_facts())?.values().sum();
    let all = bodies.len();
    context.out.note(&format!("3. All {all} facts were sent once more, from the first: {again} were answered, {facts} are stored, none twice."));
    let (balanced, identical, found) = judge(engine)?;
    context.out.note(&format!(
        "4. The books balance: {balanced}. Every reward derived again is identical: {identical}."
    ));
    let sound = missing == 0 && facts == EVENTS && again == all && balanced && identical;
    Ok(Findings {
        answered: answered.len(),
        missing,
        facts,
        again,
        sound,
        altered: 0,
        found,
        named: false,
    })
}

/// Alters a reward by raw SQL and looks whether it is found and named.
fn alter_one_cent(
    context: &Context,
    engine: &Engine,
    url: &str,
    findings: &mut Findings,
) -> Result<(), Failure> {
    let row = engine
        .store()
        .read(|tx| tx.rewards_after(100, 1))?
        .into_iter()
        .next();
    let row = row.ok_or_else(|| Failure::peer("there is no reward to alter"))?;
    execute_raw(
        url,
        &format!(
            "UPDATE rewards SET amount_minor = amount_minor + 1 WHERE id = {}",
            row.id
        ),
    )?;
    context.out.note(&format!(
        "5. One cent was added to reward {} by raw SQL.",
        row.id
    ));
    let (balanced, identical, found) = judge(engine)?;
    for line in found.iter().take(3) {
        context.out.note(&format!("   found: {line}"));
    }
    findings.altered = row.id;
    findings.named = !balanced
        && !identical
        && found
            .iter()
            .any(|f| f.contains(&format!("reward {}", row.id)));
    findings.found = found;
    Ok(())
}

/// Makes a program, members and a key; gives the key and the facts to be sent.
fn prepare(engine: &Engine) -> Result<(String, Vec<Json>), Failure> {
    let draft = programs::Draft {
        file: "everyday-commission.toml".to_owned(),
        source: shipped("everyday-commission")?,
        calendar: String::new(),
        plan: STANDARD_PLAN.to_owned(),
    };
    programs::activate(engine, "demo", &draft, None)?;
    let person = |n: i64| {
        let mut json = json!({"id": format!("m{n}")});
        if let (true, Some(map)) = (n > 0, json.as_object_mut()) {
            map.insert("referrer".to_owned(), json!(format!("m{}", (n - 1) / 3)));
        }
        intake::member(engine.plan(), &json).map_err(|p| Failure::input(format!("{p:?}")))
    };
    let people = (0..MEMBERS).map(person).collect::<Result<Vec<_>, _>>()?;
    members::upsert(engine, "demo", &people)?;
    let secret = keys::create(engine, "demo-service", Role::Service, None)?;
    let bodies = (0..EVENTS).map(|n| {
        json!({
            "id": format!("attack-{n}"), "type": "invested", "member": format!("m{}", n * 7_919 % MEMBERS),
            "at": "2017-06-10T10:00:00+08:00",
            "properties": {"amount": format!("{}.00", 1_000 + n * 104_729 % 50_000), "term_days": 90, "product": "fixed", "ref": format!("a{n}")},
        })
    });
    Ok((secret, bodies.collect()))
}

fn missing(engine: &Engine, answered: &[String]) -> Result<usize, Failure> {
    let ids: Vec<&str> = answered.iter().map(String::as_str).collect();
    let found = engine.store().read(|tx| tx.facts_by_event(&ids))?;
    Ok(answered.len() - found.len())
}

/// Whether the books balance, whether a replay is identical, and what is wrong.
fn judge(engine: &Engine) -> Result<(bool, bool, Vec<String>), Failure> {
    let (verified, replayed) = engine.store().read(|tx| {
        let version = tx.see_sequencer()?.catalog_version;
        let loaded = engine.loaded(tx, version)?;
        Ok::<_, EngineError>((
            verify::verify(tx, &loaded.currencies)?,
            replay::replay(tx, |_| {})?,
        ))
    })?;
    let found = verified.first.into_iter().chain(replayed.first).collect();
    Ok((verified.balanced, replayed.identical, found))
}

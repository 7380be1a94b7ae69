//! Campaigns: four eyes, holdout, consent, one message each, crashes between attempt and answer.

use crate::support::{Book, at, draft, on_each_backend, repo};
use serde_json::json;
use std::sync::{Arc, Mutex};
use vouchsafe::campaigns::service::{self as campaigns, CampaignError, Draft};
use vouchsafe::campaigns::state::{CampaignState, Move};
use vouchsafe::cohorts::classes::{Class, Indicator};
use vouchsafe::cohorts::service::{self as cohorts, ClassRequest, Whose};
use vouchsafe::dispatch::providers::{Outcome, Outgoing, Provider};
use vouchsafe::dispatch::worker::{Wording, Worker, record_delivery, recover};
use vouchsafe::effects::report::{Verdict, report};
use vouchsafe::members::{intake as member_intake, service as members};
use vouchsafe::types::Zone;

const START: &str = "2017-06-01T00:00:00+08:00";
const PEOPLE: usize = 60;

/// Remembers every attempt; every seventh is refused, every eleventh has no answer.
#[derive(Default)]
struct Recording {
    attempts: Mutex<Vec<String>>,
}

struct Shared(Arc<Recording>);

impl Provider for Shared {
    fn name(&self) -> &'static str {
        "recording"
    }

    fn send(&self, message: &Outgoing<'_>) -> Outcome {
        assert!(
            message.rendered.body.contains("/u/"),
            "unsubscribing works from the first message"
        );
        let mut attempts = self.0.attempts.lock().unwrap();
        attempts.push(message.attempt_id.to_owned());
        match attempts.len() {
            n if n % 11 == 0 => Outcome::Unknown {
                reason: "no answer".to_owned(),
            },
            n if n % 7 == 0 => Outcome::Rejected {
                code: "test".to_owned(),
                reason: "refused".to_owned(),
            },
            n => Outcome::Accepted {
                provider_ref: Some(n.to_string()),
            },
        }
    }
}

/// Recommenders r0… with one friend each who invested; all but every tenth consented to messages.
fn people(book: &Book) {
    let mut sent = Vec::new();
    for n in 0..PEOPLE {
        sent.push(json!({
            "id": format!("r{n}"), "name": format!("Person {n}"), "phone": format!("+861000000{n:04}"),
            "consents": {"sms": n % 10 != 0},
        }));
        sent.push(json!({"id": format!("f{n}"), "referrer": format!("r{n}")}));
    }
    let sent: Vec<_> = sent
        .iter()
        .map(|j| member_intake::member(book.engine.plan(), j).unwrap())
        .collect();
    members::upsert(&book.engine, "tests", &sent).unwrap();
    for n in 0..PEOPLE {
        let properties = json!({"amount": "20000.00", "term_days": 90, "product": "fixed", "ref": format!("x{n}")});
        book.fact(
            &format!("h{n}"),
            "invested",
            &format!("f{n}"),
            "2017-06-10T10:00:00+08:00",
            properties,
        );
    }
}

fn request() -> ClassRequest {
    ClassRequest {
        fact_kind: "invested".to_owned(),
        whose: Whose::Recommenders,
        as_of: at("2017-06-27T00:00:00+08:00"),
        indicators: Indicator::recommender_defaults(),
        currency: "CNY".to_owned(),
        exponent: 2,
    }
}

fn campaign(book: &Book, holdout_bp: u32) -> i64 {
    people(book);
    let cohort =
        cohorts::snapshot(&book.engine, "ann", "everybody", &request(), &Class::ALL).unwrap();
    let draft = Draft {
        name: "offer".to_owned(),
        cohort,
        goal_metric: "invested".to_owned(),
        goal_minor: 100_000_000,
        currency: "CNY".to_owned(),
        holdout_bp,
        salt: "tests".to_owned(),
        offer: Some(draft(&repo("rules/programs/three-day-offer.toml"))),
        template: repo("templates/messages/limited-offer.sms.zh.txt"),
        channel: "sms".to_owned(),
        starts_at: at("2017-06-28T00:00:00+08:00"),
        ends_at: at("2017-07-01T00:00:00+08:00"),
    };
    campaigns::create(&book.engine, "ann", &draft).unwrap()
}

fn worker(book: &Book, name: &str, recording: &Arc<Recording>) -> Worker {
    let wording = Wording {
        base_url: "http://127.0.0.1".to_owned(),
        brand: "V".to_owned(),
        offer: "0.30%".to_owned(),
        zone: Zone::named("Asia/Shanghai").unwrap(),
    };
    Worker::new(
        book.engine.clone(),
        Box::new(Shared(recording.clone())),
        wording,
        name.to_owned(),
    )
}

fn counts(book: &Book, id: i64) -> Vec<(String, i64)> {
    let mut rows: Vec<_> = book
        .engine
        .store()
        .read(|tx| tx.message_counts(id))
        .unwrap();
    rows.sort();
    rows.into_iter().map(|(state, _, n)| (state, n)).collect()
}

#[test]
fn the_author_cannot_approve_and_states_follow_their_order() {
    on_each_backend(START, |book| {
        let id = campaign(book, 2_000);
        assert!(matches!(
            campaigns::approve(&book.engine, "ann", id),
            Err(CampaignError::OwnWork(_))
        ));
        assert!(matches!(
            campaigns::advance(&book.engine, "ann", id, Move::Start),
            Err(CampaignError::State { .. })
        ));
        let approved = campaigns::approve(&book.engine, "bob", id).unwrap();
        assert_eq!(
            approved.treated + approved.control,
            i64::try_from(PEOPLE).unwrap()
        );
        assert_eq!(approved.planned + approved.skipped, approved.treated);
        assert!(approved.control > 0 && approved.skipped > 0);
        assert!(matches!(
            campaigns::approve(&book.engine, "bob", id),
            Err(CampaignError::State { .. })
        ));
        for (step, state) in [
            (Move::Start, CampaignState::Running),
            (Move::Pause, CampaignState::Paused),
            (Move::Resume, CampaignState::Running),
            (Move::Finish, CampaignState::Finished),
        ] {
            assert_eq!(
                campaigns::advance(&book.engine, "ann", id, step).unwrap(),
                state
            );
        }
        book.assert_sound();
    });
}

#[test]
fn everyone_planned_is_sent_to_once_and_ends_sent_failed_or_unknown() {
    on_each_backend(START, |book| {
        let id = campaign(book, 2_000);
        let approved = campaigns::approve(&book.engine, "bob", id).unwrap();
        let recording = Arc::new(Recording::default());
        let sender = worker(book, "w1", &recording);
        campaigns::advance(&book.engine, "ann", id, Move::Start).unwrap();
        assert_eq!(
            sender.run(id, 1_000, |_| {}).unwrap().sent,
            0,
            "nothing goes out before the window"
        );
        book.clock.set(at("2017-06-28T09:00:00+08:00"));
        let round = sender.run(id, 1_000, |_| {}).unwrap();
        assert_eq!(round.sent + round.failed + round.unknown, approved.planned);
        assert!(round.failed > 0 && round.unknown > 0);
        assert_eq!(sender.run(id, 1_000, |_| {}).unwrap(), Default::default());
        let mut attempts = recording.attempts.lock().unwrap().clone();
        let all = attempts.len();
        attempts.sort();
        attempts.dedup();
        assert_eq!(attempts.len(), all, "nobody was written to twice");
        let unknown = book
            .engine
            .store()
            .read(|tx| tx.messages_in(id, "unknown", 100))
            .unwrap();
        assert_eq!(i64::try_from(unknown.len()).unwrap(), round.unknown);
    });
}

#[test]
fn a_worker_that_died_leaves_claims_to_others_and_opened_attempts_unknown() {
    on_each_backend(START, |book| {
        let id = campaign(book, 0);
        let approved = campaigns::approve(&book.engine, "bob", id).unwrap();
        campaigns::advance(&book.engine, "ann", id, Move::Start).unwrap();
        book.clock.set(at("2017-06-28T09:00:00+08:00"));
        let now = at("2017-06-28T09:00:00+08:00");
        // A worker claims ten and opens four of them, then dies.
        book.engine
            .store()
            .write(|tx| {
                let claimed =
                    tx.claim_messages(id, "dead", now.plus_seconds(60).micros(), now.micros(), 10)?;
                for claim in claimed.into_iter().take(4) {
                    let mut opened = claim;
                    opened.state = "opened".to_owned();
                    opened.attempt = Some(format!("dead-{}", opened.member_id));
                    assert_eq!(tx.move_message(&opened, "claimed")?, 1);
                }
                Ok::<_, vouchsafe::storage::StorageError>(())
            })
            .unwrap();
        assert_eq!(
            recover(&book.engine).unwrap(),
            (0, 0),
            "its lease still runs"
        );
        book.clock.set(at("2017-06-28T09:02:00+08:00"));
        assert_eq!(recover(&book.engine).unwrap(), (6, 4));
        let recording = Arc::new(Recording::default());
        let round = worker(book, "w2", &recording)
            .run(id, 1_000, |_| {})
            .unwrap();
        assert_eq!(
            round.sent + round.failed + round.unknown,
            approved.planned - 4
        );
        let states = counts(book, id);
        assert!(
            states
                .iter()
                .all(|(s, _)| ["sent", "failed", "unknown", "skipped"].contains(&s.as_str())),
            "{states:?}"
        );
        let sum: i64 = states.iter().map(|(_, n)| n).sum();
        assert_eq!(sum, approved.treated);
    });
}

#[test]
fn who_unsubscribes_is_not_written_to_and_delivery_reports_only_rise() {
    on_each_backend(START, |book| {
        let id = campaign(book, 0);
        campaigns::approve(&book.engine, "bob", id).unwrap();
        campaigns::advance(&book.engine, "ann", id, Move::Start).unwrap();
        let first = book
            .engine
            .store()
            .read(|tx| tx.messages_in(id, "planned", 1))
            .unwrap()
            .remove(0);
        let token = book
            .engine
            .store()
            .read(|tx| tx.assignments_of(id, &[first.member_id]))
            .unwrap()
            .remove(0)
            .token;
        assert!(campaigns::unsubscribe(&book.engine, &token).unwrap());
        assert!(!campaigns::unsubscribe(&book.engine, "no-such-token").unwrap());
        book.clock.set(at("2017-06-28T09:00:00+08:00"));
        let recording = Arc::new(Recording::default());
        let round = worker(book, "w", &recording)
            .run(id, 1_000, |_| {})
            .unwrap();
        assert_eq!(round.skipped, 1);
        let sent = book
            .engine
            .store()
            .read(|tx| tx.messages_in(id, "sent", 1))
            .unwrap()
            .remove(0);
        let attempt = sent.attempt.unwrap();
        for (report, changed) in [
            ("accepted", true),
            ("delivered", true),
            ("accepted", false),
            ("failed", false),
            ("delivered", false),
        ] {
            assert_eq!(
                record_delivery(&book.engine, &attempt, report).unwrap(),
                changed,
                "{report}"
            );
        }
        assert!(campaigns::click(&book.engine, &token).unwrap().is_some());
        assert!(
            campaigns::click(&book.engine, "no-such-token")
                .unwrap()
                .is_none()
        );
    });
}

#[test]
fn the_offer_is_for_the_treated_alone_and_the_report_compares_by_assignment() {
    on_each_backend(START, |book| {
        let id = campaign(book, 5_000);
        let approved = campaigns::approve(&book.engine, "bob", id).unwrap();
        campaigns::advance(&book.engine, "ann", id, Move::Start).unwrap();
        for n in 0..PEOPLE {
            let properties = json!({"amount": "10000.00", "term_days": 30, "product": "fixed", "ref": format!("y{n}")});
            book.fact(
                &format!("w{n}"),
                "invested",
                &format!("f{n}"),
                "2017-06-29T10:00:00+08:00",
                properties,
            );
        }
        let paid = book
            .rewards()
            .into_iter()
            .filter(|(_, state, minor)| state == "available" && *minor == 3_000)
            .count();
        assert_eq!(i64::try_from(paid).unwrap(), approved.treated);
        let effect = report(&book.engine, id, at("2017-07-01T00:00:00+08:00")).unwrap();
        assert_eq!(effect.participants.treated, effect.assigned.treated);
        assert_eq!(effect.participants.control, effect.assigned.control);
        assert_eq!(effect.minor.treated, approved.treated * 1_000_000);
        assert_eq!(effect.reward_cost_minor, approved.treated * 3_000);
        assert_eq!(effect.verdict, Verdict::Open, "both arms did the same");
        let before = report(&book.engine, id, at("2017-06-28T12:00:00+08:00")).unwrap();
        assert_eq!(before.verdict, Verdict::TooEarly);
        book.assert_sound();
    });
}

//! Plays the founding story: 100 million yuan in three days, by one message to the forward
//! recommenders, with a control group.

use super::document::{
    self, Document, HistoryFigures, LedgerFigures, ReplayFigures, RewardFigures,
};
use super::history::Player;
use super::population::{Population, Size};
use super::response::{self, Delivery};
use crate::campaigns::service::{self as campaigns, CampaignError, Draft};
use crate::campaigns::state::Move;
use crate::clock::ManualClock;
use crate::cohorts::classes::{Class, Indicator, Model};
use crate::cohorts::service::{self as cohorts, ClassRequest, CohortError, Whose};
use crate::dispatch::providers;
use crate::dispatch::worker::{DispatchError, Wording, Worker, record_delivery};
use crate::effects::report::{EffectError, EffectReport, report};
use crate::engine::{Engine, EngineError, replay};
use crate::ledger::verify;
use crate::programs;
use crate::storage::StorageError;
use crate::types::currency::show_minor;
use crate::types::{Instant, Zone};
use chrono::{DateTime, Duration, FixedOffset, Utc};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::collections::HashMap;
use std::sync::Arc;

/// Why the demonstration stopped.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The classes or the cohort failed.
    #[error(transparent)]
    Cohort(#[from] CohortError),
    /// The campaign failed.
    #[error(transparent)]
    Campaign(#[from] CampaignError),
    /// Sending failed.
    #[error(transparent)]
    Dispatch(#[from] DispatchError),
    /// The effect could not be reported.
    #[error(transparent)]
    Effect(#[from] EffectError),
    /// The simulated input was refused by the public path.
    #[error("the simulated input was refused: {0}")]
    Refused(String),
}

/// What the demonstration needs.
pub struct Setting {
    /// The engine, on an empty database.
    pub engine: Arc<Engine>,
    /// Its clock.
    pub clock: Arc<ManualClock>,
    /// The seed of the simulation.
    pub seed: u64,
    /// How many people.
    pub size: Size,
    /// Who sends the messages.
    pub provider: providers::Config,
    /// Address under which links in messages lead to this service.
    pub base_url: String,
    /// The tracking plan's text.
    pub plan: String,
    /// Rule file of the standing commission.
    pub everyday: String,
    /// Rule file of the campaign's offer.
    pub offer: String,
    /// The message.
    pub template: String,
}

/// A step of the demonstration with its progress bar.
pub struct Stage {
    bar: ProgressBar,
}

impl Stage {
    fn new(words: &'static str, of: usize, target: ProgressDrawTarget) -> Self {
        let bar = ProgressBar::with_draw_target(u64::try_from(of).ok(), target);
        if let Ok(style) = ProgressStyle::with_template(
            "  {msg:<34} {bar:30} {human_pos:>9} of {human_len} {elapsed:>4}",
        ) {
            bar.set_style(style);
        }
        bar.set_message(words);
        Self { bar }
    }

    /// So many more are done.
    pub fn forward(&self, by: usize) {
        self.bar.inc(u64::try_from(by).unwrap_or(0));
    }

    fn done(self) {
        self.bar.finish();
    }
}

/// Tells the story while it happens.
pub trait Narrator {
    /// One line in plain words.
    fn say(&self, line: &str);
    /// Where progress bars are drawn.
    fn target(&self) -> ProgressDrawTarget;
}

fn instant(at: DateTime<FixedOffset>) -> Instant {
    Instant::from_utc(at.with_timezone(&Utc))
}

fn count(n: usize) -> String {
    grouped(&n.to_string())
}

fn yuan(minor: i64) -> String {
    grouped(&show_minor(minor, 2))
}

/// Groups the whole part in thousands.
fn grouped(text: &str) -> String {
    let (whole, part) = text.split_once('.').map_or((text, ""), |(w, p)| (w, p));
    let mut out = String::new();
    for (i, c) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i) % 3 == 0 && whole.chars().nth(i - 1) != Some('-') {
            out.push(',');
        }
        out.push(c);
    }
    if part.is_empty() {
        out
    } else {
        format!("{out}.{part}")
    }
}

/// Plays everything and gives the document.
///
/// # Errors
/// [`DemoError`] names what stopped it.
pub fn play(setting: &Setting, narrator: &dyn Narrator) -> Result<Document, DemoError> {
    let population = Population::generate(setting.seed, setting.size);
    narrator.say("All people and their acts are simulated; the machinery is the real one.");
    let draft = rule_file(setting, "everyday-commission.toml", &setting.everyday);
    programs::activate(&setting.engine, "ops-ann", &draft, None)?;
    narrator.say(
        "1. The everyday commission is live: two levels, a yearly rate by tiers, capped by month.",
    );
    let mut player = Player::new(&setting.engine, &setting.clock);
    ingest(&mut player, &population, narrator)?;
    let model = classify(setting, narrator)?;
    let campaign = launch(setting, narrator)?;
    respond(setting, &mut player, &population, campaign, narrator)?;
    campaigns::advance(&setting.engine, "ops-ann", campaign, Move::Finish)?;
    let effect = report(&setting.engine, campaign, setting.clock_now())?;
    tell_effect(&effect, narrator);
    player.advance(instant(response::window_closes()).plus_seconds(5 * 86_400))?;
    narrator.say("   Five days later the month's commissions were released by the clock.");
    let history = HistoryFigures {
        members: population.people.len(),
        facts: population.history.events.len(),
    };
    conclude(setting, history, &model, &effect, narrator)
}

impl Setting {
    fn clock_now(&self) -> Instant {
        self.engine.clock().now()
    }
}

fn rule_file(setting: &Setting, file: &str, source: &str) -> programs::Draft {
    programs::Draft {
        file: file.to_owned(),
        source: source.to_owned(),
        calendar: String::new(),
        plan: setting.plan.clone(),
    }
}

fn ingest(
    player: &mut Player<'_>,
    population: &Population,
    narrator: &dyn Narrator,
) -> Result<(), DemoError> {
    let stage = Stage::new(
        "2. members and who referred them",
        population.people.len(),
        narrator.target(),
    );
    player.members(population, &stage)?;
    stage.done();
    let stage = Stage::new(
        "   facts, decided as they arrive",
        population.history.events.len(),
        narrator.target(),
    );
    player.events(&population.history.events, &stage)?;
    stage.done();
    let (members, facts) = (population.people.len(), population.history.events.len());
    narrator.say(&format!("2. {} members and {} facts went in by the public path; each investment was decided at once.", count(members), count(facts)));
    player.advance(instant(super::population::history_ends()))?;
    Ok(())
}

fn class_request(setting: &Setting) -> ClassRequest {
    ClassRequest {
        fact_kind: "invested".to_owned(),
        whose: Whose::Recommenders,
        as_of: setting.clock_now(),
        indicators: Indicator::recommender_defaults(),
        currency: "CNY".to_owned(),
        exponent: 2,
    }
}

fn classify(setting: &Setting, narrator: &dyn Narrator) -> Result<Model, DemoError> {
    let model = cohorts::classes(&setting.engine, &class_request(setting))?;
    narrator.say("3. The eight classes of recommenders (friends who invested, their money, days since the last):");
    for row in &model.rows {
        narrator.say(&format!(
            "   {:<32} {:>7} members  {:>5}.{:02}%   {:>5}.{:02}% of the money",
            row.class.name("en"),
            grouped(&row.members.to_string()),
            row.members_share_bp / 100,
            row.members_share_bp % 100,
            row.amount_share_bp / 100,
            row.amount_share_bp % 100,
        ));
    }
    Ok(model)
}

fn launch(setting: &Setting, narrator: &dyn Narrator) -> Result<i64, DemoError> {
    let engine = &setting.engine;
    let name = "forward recommenders of June 2017";
    let cohort = cohorts::snapshot(
        engine,
        "ops-ann",
        name,
        &class_request(setting),
        &[Class::Forward],
    )?;
    let closes = response::window_closes();
    let opens = closes - Duration::days(3);
    let draft = Draft {
        name: "100 million in three days".to_owned(),
        cohort,
        goal_metric: "invested".to_owned(),
        goal_minor: 10_000_000_000,
        currency: "CNY".to_owned(),
        holdout_bp: 1_000,
        salt: format!("demo-{}", setting.seed),
        offer: Some(rule_file(setting, "three-day-offer.toml", &setting.offer)),
        template: setting.template.clone(),
        channel: "sms".to_owned(),
        starts_at: instant(opens),
        ends_at: instant(closes),
    };
    let id = campaigns::create(engine, "ops-ann", &draft)?;
    let approved = campaigns::approve(engine, "ops-bob", id)?;
    campaigns::advance(engine, "ops-ann", id, Move::Start)?;
    narrator.say(&format!(
        "4. Campaign \"{}\": {} treated, {} held out; written by ops-ann, approved by ops-bob. {} messages planned, {} left out for want of consent.",
        draft.name,
        grouped(&approved.treated.to_string()),
        grouped(&approved.control.to_string()),
        grouped(&approved.planned.to_string()),
        grouped(&approved.skipped.to_string()),
    ));
    Ok(id)
}

fn respond(
    setting: &Setting,
    player: &mut Player<'_>,
    population: &Population,
    campaign: i64,
    narrator: &dyn Narrator,
) -> Result<(), DemoError> {
    let engine = &setting.engine;
    let sent_at = response::window_closes() - Duration::days(3) + Duration::hours(9);
    player.advance(instant(sent_at))?;
    let provider = providers::build(&setting.provider);
    let wording = Wording {
        base_url: setting.base_url.clone(),
        brand: "Vouchsafe".to_owned(),
        offer: "三日内好友投资，您另得0.30%".to_owned(),
        zone: Zone::named("Asia/Shanghai").unwrap_or(Zone::UTC),
    };
    let worker = Worker::new(engine.clone(), provider, wording, "demo".to_owned());
    let planned = engine.store().read(|tx| tx.message_counts(campaign))?;
    let planned: i64 = planned
        .iter()
        .filter(|(state, ..)| state == "planned")
        .map(|(.., n)| n)
        .sum();
    let stage = Stage::new(
        "5. text messages",
        usize::try_from(planned).unwrap_or(0),
        narrator.target(),
    );
    let mut before = 0;
    let round = worker.run(campaign, usize::MAX, |so_far| {
        let now = so_far.sent + so_far.failed + so_far.unknown + so_far.skipped;
        stage.forward(usize::try_from(now - before).unwrap_or(0));
        before = now;
    })?;
    stage.done();
    narrator.say(&format!(
        "5. {} text messages were handed to the provider.",
        grouped(&round.sent.to_string())
    ));
    let events = answers(setting, population, campaign, sent_at)?;
    let stage = Stage::new("6. three days of answers", events.len(), narrator.target());
    player.events(&events, &stage)?;
    stage.done();
    player.advance(instant(response::window_closes()))?;
    Ok(())
}

/// Delivery reports and clicks are recorded; the investments that follow are given in order.
fn answers(
    setting: &Setting,
    population: &Population,
    campaign: i64,
    sent_at: DateTime<FixedOffset>,
) -> Result<Vec<super::population::Event>, DemoError> {
    let engine = &setting.engine;
    let index: HashMap<&str, usize> = population
        .people
        .iter()
        .enumerate()
        .map(|(i, p)| (p.external_id.as_str(), i))
        .collect();
    let (assignments, sent) = engine.store().read(|tx| {
        let sent = tx.messages_in(campaign, "sent", i64::MAX)?;
        Ok::<_, StorageError>((tx.assignments(campaign)?, sent))
    })?;
    let attempts: HashMap<i64, String> = sent
        .into_iter()
        .filter_map(|m| Some((m.member_id, m.attempt?)))
        .collect();
    let ids: Vec<i64> = assignments.iter().map(|a| a.member_id).collect();
    let names: HashMap<i64, String> = engine
        .store()
        .read(|tx| tx.members_by_id(&ids))?
        .into_iter()
        .map(|m| (m.id, m.external_id))
        .collect();
    let friends = population.verified_friends();
    let mut events = Vec::new();
    for assignment in &assignments {
        let Some(person) = names
            .get(&assignment.member_id)
            .and_then(|n| index.get(n.as_str()))
            .copied()
        else {
            continue;
        };
        let attempt = attempts.get(&assignment.member_id);
        if let Some(attempt) = attempt {
            let delivery = match response::delivery(setting.seed, person) {
                Delivery::Delivered { .. } => "delivered",
                Delivery::Failed => "failed",
            };
            record_delivery(engine, attempt, delivery)?;
        }
        let mine = friends.get(person).map_or(&[][..], Vec::as_slice);
        let reached = attempt.map(|_| sent_at);
        if let Some(answer) = response::respond(setting.seed, person, mine, reached) {
            if answer.clicked_after_minutes.is_some() {
                campaigns::click(engine, &assignment.token)?;
            }
            events.extend(answer.events);
        }
    }
    events.sort_by_key(|e| e.at);
    Ok(events)
}

fn tell_effect(effect: &EffectReport, narrator: &dyn Narrator) {
    narrator.say(&format!(
        "6. {} of {} treated took part, {} of {} held out did so anyway.",
        effect.participants.treated,
        effect.assigned.treated,
        effect.participants.control,
        effect.assigned.control
    ));
    if let (Some(difference), Some(interval)) = (effect.difference, effect.interval) {
        narrator.say(&format!(
            "   Effect: {difference:+.4} of the treated (95% interval {:+.4} to {:+.4}, Miettinen-Nurminen).",
            interval.low, interval.high
        ));
    }
    narrator.say(&format!(
        "   Friends of the treated invested {} of {} yuan; the offer's rewards cost {} yuan.",
        yuan(effect.minor.treated),
        yuan(effect.goal_minor),
        yuan(effect.reward_cost_minor)
    ));
}

fn conclude(
    setting: &Setting,
    history: HistoryFigures,
    model: &Model,
    effect: &EffectReport,
    narrator: &dyn Narrator,
) -> Result<Document, DemoError> {
    let engine = &setting.engine;
    let store = engine.store();
    let (verified, sums) = store.read(|tx| {
        let version = tx.see_sequencer()?.catalog_version;
        let loaded = engine.loaded(tx, version)?;
        Ok::<_, EngineError>((verify::verify(tx, &loaded.currencies)?, tx.reward_sums()?))
    })?;
    let standing = |state: &str| matches!(state, "pending" | "available" | "paid");
    let (count_standing, total) = sums
        .iter()
        .filter(|(_, s, ..)| standing(s))
        .fold((0, 0), |(n, t), (_, _, c, m)| (n + c, t + m));
    let refused = sums
        .iter()
        .filter(|(_, s, ..)| s == "refused")
        .map(|(_, _, c, _)| c)
        .sum();
    let balance = if verified.balanced {
        "balance"
    } else {
        "DO NOT BALANCE"
    };
    narrator.say(&format!(
        "7. The books {balance}: {} journals, {} postings.",
        grouped(&verified.journals.to_string()),
        grouped(&verified.postings.to_string())
    ));
    let replayed = derive_again(setting, narrator)?;
    let words = if replayed.identical {
        "identical to the cent"
    } else {
        "DIFFERENT"
    };
    narrator.say(&format!(
        "8. Replay of {} facts: {} rewards and refusals, {words}.",
        grouped(&replayed.facts.to_string()),
        grouped(&replayed.rewards.to_string())
    ));
    Ok(Document {
        simulated: true,
        seed: setting.seed,
        database: store.backend(),
        history,
        recommenders: model.total_members,
        classes: document::classes(model),
        campaign: document::campaign(effect),
        rewards: RewardFigures {
            count: count_standing,
            total: show_minor(total, 2),
            refused,
        },
        ledger: LedgerFigures {
            balanced: verified.balanced,
            journals: verified.journals,
            postings: verified.postings,
        },
        replay: ReplayFigures {
            identical: replayed.identical,
            facts: replayed.facts,
            rewards: replayed.rewards,
        },
    })
}

fn derive_again(setting: &Setting, narrator: &dyn Narrator) -> Result<replay::Report, DemoError> {
    let store = setting.engine.store();
    let stage = Stage::new(
        "   every decision made again",
        usize::try_from(store.read(|tx| tx.see_sequencer())?.next_seq).unwrap_or(0),
        narrator.target(),
    );
    let mut before = 0;
    let report = store.read(|tx| {
        replay::replay(tx, |done| {
            stage.forward(usize::try_from(done - before).unwrap_or(0));
            before = done;
        })
    })?;
    stage.done();
    Ok(report)
}

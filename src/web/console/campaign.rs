//! The dashboard of one campaign, the list of messages of unknown fate, pausing and going on.

use actix_web::{HttpRequest, HttpResponse, web};

use crate::access::Permission;
use crate::campaigns::service;
use crate::campaigns::state::Move;
use crate::effects::report::{self, BURN_IN, EffectReport, Funnel};
use crate::effects::statistics::shown::points;
use crate::engine::Engine;
use crate::storage::rows::CampaignRow;
use crate::types::{Instant, Zone};
use crate::web::api::view::Names;
use crate::web::call::{app, number};
use crate::web::error::ApiError;
use crate::web::i18n::Lang;
use crate::web::pages::campaign::{
    Arms, AuditRow, CampaignAction, CampaignPage, CostAndReturn, DayRates, FunnelRow, FunnelStep,
    Goal, Lift, MoneyByDay, SplitCheck, UnknownSend, UnknownSendsPage, Verdict,
};
use crate::web::pages::states::CampaignState;
use crate::web::visit::{Door, Scene, act, page};
use crate::web::{format, words};

use super::log::Deed;

/// Seconds between two reads of a running campaign's page.
const REFRESH_SECONDS: u16 = 10;
/// Points of a chart, as the report has them.
const POINTS: i64 = 72;
/// Microseconds of an hour and of a day.
const HOUR: i64 = 3_600_000_000;
const DAY: i64 = 24 * HOUR;
/// Messages of unknown fate that are listed.
const UNKNOWN_MAX: i64 = 1_000;

/// The state as pages name it.
pub(super) fn shown_state(state: &str) -> CampaignState {
    use crate::campaigns::state::CampaignState as Stored;
    match Stored::from_word(state) {
        Some(Stored::Approved) => CampaignState::Approved,
        Some(Stored::Running) => CampaignState::Running,
        Some(Stored::Paused) => CampaignState::Paused,
        Some(Stored::Stopped) => CampaignState::Cancelled,
        Some(Stored::Finished) => CampaignState::Finished,
        Some(Stored::Draft) | None => CampaignState::Draft,
    }
}

/// `GET /ops/campaigns/{id}`.
pub(in crate::web) async fn open(req: HttpRequest) -> HttpResponse {
    let (id, log) = (
        number(&req, "campaign"),
        app(&req).map(|app| app.campaign_log.clone()),
    );
    page(
        &req,
        Door::Console,
        Permission::ReadCampaigns,
        move |engine, scene| {
            let id = id?;
            let row = service::get(engine, id)?;
            let report = report::report(engine, id, scene.now)?;
            Ok(build(engine, scene, &row, &report, &log?.of(engine, id)?))
        },
    )
    .await
}

/// How amounts of a campaign are shown.
struct Money<'r> {
    currency: &'r str,
    exponent: u8,
}

impl Money<'_> {
    fn show(&self, minor: i64) -> String {
        format::money(minor, self.exponent, self.currency)
    }
}

fn size(minor: i64) -> u64 {
    u64::try_from(minor).unwrap_or(0)
}

fn build(
    engine: &Engine,
    scene: Scene,
    row: &CampaignRow,
    report: &EffectReport,
    deeds: &[Deed],
) -> CampaignPage {
    let money = Money {
        currency: &row.currency,
        exponent: engine
            .plan()
            .currencies
            .exponent(&row.currency)
            .unwrap_or(2),
    };
    let state = shown_state(&row.state);
    let (lang, zone) = (scene.shell.lang, scene.zone);
    let moment = |at| format::moment(zone, at);
    let may_run = scene.principal.role.may(Permission::RunCampaigns);
    let unsent = format::count(report.funnel.planned);
    let (from, until) = (
        Instant::from_micros(row.starts_at),
        Instant::from_micros(row.ends_at),
    );
    let labels = labels(row, report, zone);
    CampaignPage {
        id: row.id.to_string(),
        name: row.name.clone(),
        state,
        window: format::window(zone, Some(from), Some(until)),
        as_of: moment(scene.now),
        refresh_seconds: (state == CampaignState::Running).then_some(REFRESH_SECONDS),
        goal: goal(lang, &money, report),
        arms: arms(report),
        verdict: verdict(report),
        split: split(report),
        rates: rates(&labels, report),
        money: (!report.series.is_empty()).then(|| by_day(&labels, report, &money)),
        funnel: if report.assigned.treated == 0 {
            Vec::new()
        } else {
            funnel(&report.funnel)
        },
        cost: cost(lang, &money, report),
        unknown_sends: (report.funnel.unknown > 0).then(|| format::count(report.funnel.unknown)),
        audit: deeds
            .iter()
            .map(|d| AuditRow {
                action: d.action,
                who: d.who.clone(),
                at: moment(d.at),
            })
            .collect(),
        action: match state {
            CampaignState::Running if may_run => Some(CampaignAction::Pause { unsent }),
            CampaignState::Paused if may_run => Some(CampaignAction::Resume { unsent }),
            _ => None,
        },
        shell: scene.shell,
    }
}

fn goal(lang: Lang, money: &Money<'_>, report: &EffectReport) -> Goal {
    let (done, target) = (report.minor.treated, report.goal_minor);
    Goal {
        name: words::goal(lang).to_owned(),
        done: money.show(done),
        target: money.show(target),
        per_mille: format::per_mille(size(done), size(target)),
        share: format::percent(size(done), size(target), 1),
    }
}

fn is_telling(report: &EffectReport) -> bool {
    use report::Verdict::{Better, Open, Worse};
    matches!(report.verdict, Better | Worse | Open)
}

fn arms(report: &EffectReport) -> Arms {
    let of = |part: u64, whole: u64| format!("{} / {}", format::count(part), format::count(whole));
    let (took_part, assigned) = (report.participants, report.assigned);
    let lift = report
        .difference
        .zip(report.interval)
        .filter(|_| is_telling(report));
    Arms {
        treated_rate: format::percent(took_part.treated, assigned.treated, 2),
        treated_of: of(took_part.treated, assigned.treated),
        control_rate: format::percent(took_part.control, assigned.control, 2),
        control_of: of(took_part.control, assigned.control),
        lift: lift.map(|(difference, interval)| Lift {
            points: points(difference),
            low: points(interval.low),
            high: points(interval.high),
        }),
    }
}

fn verdict(report: &EffectReport) -> Verdict {
    match report.verdict {
        report::Verdict::TooEarly => Verdict::TooEarly {
            have: format::count(report.participants.treated.min(report.participants.control)),
            need: format::count(BURN_IN),
        },
        report::Verdict::SplitBroken => Verdict::SplitBroken,
        report::Verdict::Better => Verdict::Better,
        report::Verdict::Worse => Verdict::Worse,
        report::Verdict::Open => Verdict::Open,
        report::Verdict::NoControl => Verdict::NoControl,
    }
}

fn split(report: &EffectReport) -> SplitCheck {
    match report.sample_ratio {
        None => SplitCheck::NotChecked,
        Some(check) if check.alarm => SplitCheck::Broken {
            p: format!("{:.5}", check.p_value),
        },
        Some(check) => SplitCheck::Balanced {
            p: format!("{:.2}", check.p_value),
        },
    }
}

/// The label of each point, those still to come included.
fn labels(row: &CampaignRow, report: &EffectReport, zone: Zone) -> Vec<String> {
    let step = ((row.ends_at - row.starts_at).max(1) / POINTS).max(HOUR);
    let shape = if step < DAY { "%m-%d %H:%M" } else { "%m-%d" };
    let mut ends: Vec<i64> = report.series.iter().map(|p| p.at.micros()).collect();
    // The last point of an unfinished window lies at the present moment.
    let mut next = ends.last().copied().unwrap_or(row.starts_at);
    while next < row.ends_at && !ends.is_empty() {
        next = next.saturating_add(step).min(row.ends_at);
        ends.push(next);
    }
    ends.iter()
        .map(|at| {
            zone.local(Instant::from_micros(*at))
                .format(shape)
                .to_string()
        })
        .collect()
}

fn rates(labels: &[String], report: &EffectReport) -> Vec<DayRates> {
    let assigned = report.assigned;
    let mut points = report.series.iter();
    let row = |day: &String| {
        let point = points.next();
        DayRates {
            day: day.clone(),
            treated_ppm: point.map(|p| format::ppm(p.participants.treated, assigned.treated)),
            control_ppm: point
                .filter(|_| assigned.control > 0)
                .map(|p| format::ppm(p.participants.control, assigned.control)),
        }
    };
    labels.iter().map(row).collect()
}

fn by_day(labels: &[String], report: &EffectReport, money: &Money<'_>) -> MoneyByDay {
    let mut points = report.series.iter();
    MoneyByDay {
        symbol: format::symbol(money.currency),
        digits: u32::from(money.exponent),
        goal_minor: report.goal_minor,
        days: labels
            .iter()
            .map(|day| (day.clone(), points.next().map(|p| p.minor.treated)))
            .collect(),
    }
}

fn funnel(funnel: &Funnel) -> Vec<FunnelRow> {
    let steps = [
        (FunnelStep::Assigned, funnel.assigned),
        (FunnelStep::Sent, funnel.sent),
        (FunnelStep::Delivered, funnel.delivered),
        (FunnelStep::Clicked, funnel.clicked),
        (FunnelStep::TookPart, funnel.participants),
    ];
    let mut before = None;
    let row = |(step, count): (FunnelStep, u64)| {
        let of_previous = before
            .filter(|b| *b > 0)
            .map(|b| format::percent(count, b, 1));
        before = Some(count);
        FunnelRow {
            step,
            count: format::count(count),
            per_mille: format::per_mille(count, funnel.assigned),
            of_previous,
        }
    };
    steps.into_iter().map(row).collect()
}

/// What it cost, and what the treated brought beyond what as many people of the control arm would have.
fn cost(lang: Lang, money: &Money<'_>, report: &EffectReport) -> CostAndReturn {
    let cost = report.reward_cost_minor;
    let (treated, control) = (
        i128::from(report.assigned.treated),
        i128::from(report.assigned.control),
    );
    let beyond =
        |with: i128, without: i128| (control > 0).then(|| with - without * treated / control);
    let telling = is_telling(report);
    let gained = beyond(
        i128::from(report.minor.treated),
        i128::from(report.minor.control),
    );
    let gained = gained
        .and_then(|minor| i64::try_from(minor).ok())
        .filter(|_| telling);
    let more = beyond(
        i128::from(report.participants.treated),
        i128::from(report.participants.control),
    );
    let more = more
        .and_then(|people| i64::try_from(people).ok())
        .filter(|people| telling && *people > 0);
    CostAndReturn {
        rewards: money.show(cost),
        // Providers say no prices, so what messages cost is not known here.
        messages: lang.t("value.none").to_owned(),
        total: money.show(cost),
        gained: gained.map(|minor| money.show(minor)),
        net: gained.map(|minor| money.show(minor - cost)),
        per_conversion: more.map(|people| money.show(cost / people)),
    }
}

/// `GET /ops/campaigns/{id}/unknown`.
pub(in crate::web) async fn unknown(req: HttpRequest) -> HttpResponse {
    let id = number(&req, "campaign");
    page(
        &req,
        Door::Console,
        Permission::ReadCampaigns,
        move |engine, scene| {
            let row = service::get(engine, id?)?;
            engine.store().read(|tx| {
                let messages = tx.messages_in(row.id, "unknown", UNKNOWN_MAX)?;
                let names = Names::of(engine, tx, messages.iter().map(|m| m.member_id))?;
                let send = |m: crate::storage::rows::MessageRow| UnknownSend {
                    id: m.attempt.unwrap_or_default(),
                    person: names.member(m.member_id),
                    channel: row.channel.clone(),
                    attempted_at: format::moment(scene.zone, Instant::from_micros(m.changed_at)),
                    last_answer: m.reason,
                };
                let sends = messages.into_iter().map(send).collect();
                Ok::<_, ApiError>(UnknownSendsPage {
                    shell: scene.shell,
                    id: row.id.to_string(),
                    name: row.name,
                    sends,
                })
            })
        },
    )
    .await
}

async fn advance(req: HttpRequest, payload: web::Payload, step: Move) -> HttpResponse {
    let id = number(&req, "campaign");
    act(
        &req,
        payload,
        Permission::RunCampaigns,
        move |engine, scene| {
            let id = id?;
            service::advance(engine, &scene.principal.name, id, step)?;
            Ok(format!("/ops/campaigns/{id}"))
        },
    )
    .await
}

/// `POST /ops/campaigns/{id}/pause`.
pub(in crate::web) async fn pause(req: HttpRequest, payload: web::Payload) -> HttpResponse {
    advance(req, payload, Move::Pause).await
}

/// `POST /ops/campaigns/{id}/resume`.
pub(in crate::web) async fn resume(req: HttpRequest, payload: web::Payload) -> HttpResponse {
    advance(req, payload, Move::Resume).await
}

//! What a campaign did.

use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use serde_json::Value as Json;
use utoipa::ToSchema;

use super::campaigns::Goal;
use super::view::Params;
use crate::access::Permission;
use crate::effects::report::{self, EffectReport, Funnel, Point};
use crate::types::currency::show_minor;
use crate::web::call::{number, read};
use crate::web::error::ApiError;

/// People in each arm.
#[derive(Serialize, ToSchema)]
pub struct People {
    /// With the offer.
    pub treated: u64,
    /// Held out.
    pub control: u64,
}

/// An amount for each arm.
#[derive(Serialize, ToSchema)]
pub struct Amounts {
    /// By the friends of the treated.
    pub treated: String,
    /// By the friends of those held out.
    pub control: String,
}

/// A rate for each arm, from 0 to 1.
#[derive(Serialize, ToSchema)]
pub struct Rates {
    /// Of the treated.
    pub treated: f64,
    /// Of those held out.
    pub control: f64,
}

/// People at each step, of the treated alone.
#[derive(Serialize, ToSchema)]
pub struct FunnelView {
    /// Assigned to the offer.
    pub assigned: u64,
    /// Handed to the provider.
    pub sent: u64,
    /// Reported delivered.
    pub delivered: u64,
    /// Clicked the link.
    pub clicked: u64,
    /// Took part.
    pub participants: u64,
    /// Certainly not sent.
    pub failed: u64,
    /// May or may not have gone out.
    pub unknown: u64,
    /// Not sent for want of a consent or an address.
    pub skipped: u64,
    /// Still to be sent.
    pub planned: u64,
}

/// The cumulated figures at a moment.
#[derive(Serialize, ToSchema)]
pub struct PointView {
    /// Until when.
    pub at: String,
    /// People who took part so far.
    pub participants: People,
    /// Money so far.
    pub amount: Amounts,
}

/// The effect of a campaign, by the assignment frozen at its approval.
#[derive(Serialize, ToSchema)]
pub struct EffectView {
    /// Number of the campaign.
    pub campaign: i64,
    /// Its name.
    pub name: String,
    /// Its state.
    pub state: String,
    /// As of when.
    pub as_of: String,
    /// What it is to reach.
    pub goal: Goal,
    /// People by assignment.
    pub assigned: People,
    /// The steps of the treated.
    pub funnel: FunnelView,
    /// People who took part: at least one direct friend did what counts inside the window.
    pub participants: People,
    /// Share of the assigned who took part.
    pub rate: Rates,
    /// Treated less control.
    pub difference: Option<f64>,
    /// The 95% interval of the difference by Miettinen and Nurminen: `low` and `high`.
    #[schema(value_type = Option<Object>)]
    pub interval: Option<Json>,
    /// Whether the arms are as large as designed: `chi_square`, `p_value` and `alarm`.
    #[schema(value_type = Option<Object>)]
    pub sample_ratio: Option<Json>,
    /// `too_early`, `split_broken`, `better`, `worse`, `open` or `no_control`.
    #[schema(value_type = String)]
    pub verdict: Json,
    /// Money by the friends of each arm.
    pub amount: Amounts,
    /// What the offer's rewards cost so far.
    pub reward_cost: String,
    /// The figures over time.
    pub series: Vec<PointView>,
}

impl EffectView {
    fn of(report: &EffectReport, exponent: u8) -> Result<Self, ApiError> {
        let amount = |minor: i64| show_minor(minor, exponent);
        let json = |value: serde_json::Result<Json>| value.map_err(|e| ApiError::internal(&e));
        let point = |p: &Point| PointView {
            at: p.at.to_string(),
            participants: People {
                treated: p.participants.treated,
                control: p.participants.control,
            },
            amount: Amounts {
                treated: amount(p.minor.treated),
                control: amount(p.minor.control),
            },
        };
        Ok(Self {
            campaign: report.campaign,
            name: report.name.clone(),
            state: report.state.clone(),
            as_of: report.as_of.to_string(),
            goal: Goal {
                metric: report.goal_metric.clone(),
                amount: amount(report.goal_minor),
                currency: report.currency.clone(),
            },
            assigned: People {
                treated: report.assigned.treated,
                control: report.assigned.control,
            },
            funnel: funnel(report.funnel),
            participants: People {
                treated: report.participants.treated,
                control: report.participants.control,
            },
            rate: Rates {
                treated: report.rate.treated,
                control: report.rate.control,
            },
            difference: report.difference,
            interval: report
                .interval
                .map(|i| json(serde_json::to_value(i)))
                .transpose()?,
            sample_ratio: report
                .sample_ratio
                .map(|s| json(serde_json::to_value(s)))
                .transpose()?,
            verdict: json(serde_json::to_value(report.verdict))?,
            amount: Amounts {
                treated: amount(report.minor.treated),
                control: amount(report.minor.control),
            },
            reward_cost: amount(report.reward_cost_minor),
            series: report.series.iter().map(point).collect(),
        })
    }
}

const fn funnel(f: Funnel) -> FunnelView {
    FunnelView {
        assigned: f.assigned,
        sent: f.sent,
        delivered: f.delivered,
        clicked: f.clicked,
        participants: f.participants,
        failed: f.failed,
        unknown: f.unknown,
        skipped: f.skipped,
        planned: f.planned,
    }
}

/// Reports what a campaign did so far.
#[utoipa::path(get, path = "/v1/campaigns/{id}/effect", tag = "campaigns",
    params(("id" = i64, Path, description = "Number of the campaign"),
        ("as_of" = Option<String>, Query, description = "Acts before this moment count; now unless given")),
    responses((status = 200, body = EffectView)))]
pub async fn read_effect(req: HttpRequest) -> HttpResponse {
    let id = number(&req, "campaign");
    let params = Params::of(&req, &["as_of"]);
    read(req, Permission::ReadCampaigns, move |engine, _| {
        let as_of = params?
            .instant("as_of")?
            .unwrap_or_else(|| engine.clock().now());
        let report = report::report(engine, id?, as_of)?;
        EffectView::of(
            &report,
            engine
                .plan()
                .currencies
                .exponent(&report.currency)
                .unwrap_or(2),
        )
    })
    .await
}

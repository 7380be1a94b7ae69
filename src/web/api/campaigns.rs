//! Campaigns: written, approved by another person, run and ended.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::programs::ProgramInput;
use super::rewards::Nothing;
use super::view::{Names, filled, minor, moment};
use crate::access::Permission;
use crate::campaigns::service::{self, Draft};
use crate::campaigns::state::Move;
use crate::engine::Engine;
use crate::ids;
use crate::programs;
use crate::storage::rows::CampaignRow;
use crate::types::Instant;
use crate::types::currency::show_minor;
use crate::web::body;
use crate::web::call::{Call, Reply, block, change, number, read};
use crate::web::error::ApiError;

/// Longest name of a campaign, in bytes.
const NAME_MAX: usize = 200;
/// Letters of a salt that the service makes.
const SALT_LETTERS: usize = 16;
/// Messages of unknown fate that are listed.
const UNKNOWN_MAX: i64 = 1_000;

/// What a campaign is to reach.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Goal {
    /// Fact type whose amounts by the friends of the treated count.
    #[schema(example = "invested")]
    pub metric: String,
    /// The amount to reach.
    #[schema(example = "3000000.00")]
    pub amount: String,
    /// Its currency.
    #[schema(example = "CNY")]
    pub currency: String,
}

/// A campaign to be written.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CampaignInput {
    /// A name that no other campaign has.
    pub name: String,
    /// Number of the frozen cohort.
    pub cohort: i64,
    /// What it is to reach.
    pub goal: Goal,
    /// Share of the cohort that gets nothing, in basis points, at most 9,000.
    #[schema(example = 1000)]
    pub holdout_bp: u32,
    /// Salt of the assignment; made by the service unless given.
    pub salt: Option<String>,
    /// A program for the treated alone, in force from the approval on.
    pub offer: Option<ProgramInput>,
    /// The message's template.
    pub template: String,
    /// `sms` or `email`.
    #[schema(example = "sms")]
    pub channel: String,
    /// Start of the window in which acts count, RFC 3339 with an offset.
    pub starts_at: String,
    /// End of that window.
    pub ends_at: String,
}

/// A campaign.
#[derive(Serialize, ToSchema)]
pub struct CampaignView {
    /// Its number.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// `draft`, `approved`, `running`, `paused`, `stopped` or `finished`.
    pub state: String,
    /// Number of the frozen cohort.
    pub cohort: i64,
    /// What it is to reach.
    pub goal: Goal,
    /// Share of the cohort that gets nothing, in basis points.
    pub holdout_bp: i64,
    /// Salt of the assignment.
    pub salt: String,
    /// Whether it makes an offer.
    pub has_offer: bool,
    /// The message's template.
    pub template: String,
    /// `sms` or `email`.
    pub channel: String,
    /// Start of the window in which acts count.
    pub starts_at: String,
    /// End of that window.
    pub ends_at: String,
    /// Who wrote it.
    pub author: String,
    /// Who approved it.
    pub approver: Option<String>,
    /// When it was written.
    pub created_at: String,
}

impl CampaignView {
    fn of(engine: &Engine, row: CampaignRow) -> Self {
        let exponent = engine
            .plan()
            .currencies
            .exponent(&row.currency)
            .unwrap_or(2);
        Self {
            id: row.id,
            name: row.name,
            state: row.state,
            cohort: row.cohort_id,
            goal: Goal {
                metric: row.goal_metric,
                amount: show_minor(row.goal_minor, exponent),
                currency: row.currency,
            },
            holdout_bp: row.holdout_bp,
            salt: row.salt,
            has_offer: !row.offer.is_empty(),
            template: row.template,
            channel: row.channel,
            starts_at: moment(row.starts_at),
            ends_at: moment(row.ends_at),
            author: row.author,
            approver: row.approver,
            created_at: moment(row.created_at),
        }
    }
}

/// Every campaign.
#[derive(Serialize, ToSchema)]
pub struct Campaigns {
    /// The campaigns, oldest first.
    pub items: Vec<CampaignView>,
}

/// What an approval froze.
#[derive(Serialize, ToSchema)]
pub struct ApprovedView {
    /// People with the offer.
    pub treated: i64,
    /// People held out.
    pub control: i64,
    /// Messages planned.
    pub planned: i64,
    /// Treated people who will get no message, because a consent or an address is missing.
    pub skipped: i64,
}

/// A message that was handed over and never answered for.
#[derive(Serialize, ToSchema)]
pub struct UnknownMessage {
    /// The attempt, as the provider knows it.
    pub attempt: Option<String>,
    /// Id of the member it is for.
    pub member: String,
    /// What was last known.
    pub reason: String,
    /// Since when.
    pub since: String,
}

/// Messages whose fate is unknown.
#[derive(Serialize, ToSchema)]
pub struct UnknownMessages {
    /// The messages, at most 1,000. They are never sent again by themselves.
    pub items: Vec<UnknownMessage>,
}

fn view(engine: &Engine, id: i64) -> Result<CampaignView, ApiError> {
    Ok(CampaignView::of(engine, service::get(engine, id)?))
}

/// Reads every campaign.
#[utoipa::path(get, path = "/v1/campaigns", tag = "campaigns", responses((status = 200, body = Campaigns)))]
pub async fn list_campaigns(req: HttpRequest) -> HttpResponse {
    read(req, Permission::ReadCampaigns, |engine, _| {
        let rows = service::list(engine)?.into_iter();
        Ok(Campaigns {
            items: rows.map(|row| CampaignView::of(engine, row)).collect(),
        })
    })
    .await
}

/// Reads a campaign.
#[utoipa::path(get, path = "/v1/campaigns/{id}", tag = "campaigns",
    params(("id" = i64, Path, description = "Number of the campaign")),
    responses((status = 200, body = CampaignView)))]
pub async fn read_campaign(req: HttpRequest) -> HttpResponse {
    let id = number(&req, "campaign");
    read(req, Permission::ReadCampaigns, move |engine, _| {
        view(engine, id?)
    })
    .await
}

/// Reads the messages of a campaign whose fate is unknown.
#[utoipa::path(get, path = "/v1/campaigns/{id}/unknown", tag = "campaigns",
    params(("id" = i64, Path, description = "Number of the campaign")),
    responses((status = 200, body = UnknownMessages)))]
pub async fn list_unknown(req: HttpRequest) -> HttpResponse {
    let id = number(&req, "campaign");
    read(req, Permission::ReadCampaigns, move |engine, _| {
        let id = service::get(engine, id?)?.id;
        engine.store().read(|tx| {
            let rows = tx.messages_in(id, "unknown", UNKNOWN_MAX)?;
            let names = Names::of(engine, tx, rows.iter().map(|m| m.member_id))?;
            let items = rows.into_iter().map(|m| UnknownMessage {
                attempt: m.attempt,
                member: names.member(m.member_id),
                reason: m.reason,
                since: moment(m.changed_at),
            });
            Ok::<_, ApiError>(UnknownMessages {
                items: items.collect(),
            })
        })
    })
    .await
}

/// Writes a campaign. It does nothing until another person approves it.
#[utoipa::path(post, path = "/v1/campaigns", tag = "campaigns", request_body = CampaignInput,
    responses((status = 201, body = CampaignView)))]
pub async fn write_campaign(req: HttpRequest, payload: web::Payload) -> HttpResponse {
    change(
        req,
        payload,
        Permission::RunCampaigns,
        async |call, body| {
            let mut input: CampaignInput = body::parse(&body)?;
            let offer = input.offer.take().map(|offer| offer.draft(call));
            let actor = call.principal.name.clone();
            let write = move |engine: &Engine| {
                let draft = draft(engine, input, offer)?;
                view(engine, service::create(engine, &actor, &draft)?)
            };
            Reply::with(StatusCode::CREATED, &block(&call.app, write).await?)
        },
    )
    .await
}

fn draft(
    engine: &Engine,
    input: CampaignInput,
    offer: Option<programs::Draft>,
) -> Result<Draft, ApiError> {
    let instant = |field: &str, text: &str| {
        Instant::parse(text).map_err(|e| ApiError::field(field, e.to_string()))
    };
    if let Some(offer) = &offer {
        // Checked here, a mistake is shown with its place in the rule file.
        offer.check()?;
    }
    Ok(Draft {
        name: filled("name", &input.name, NAME_MAX)?.to_owned(),
        cohort: input.cohort,
        goal_minor: minor(
            engine,
            "goal.amount",
            &input.goal.amount,
            &input.goal.currency,
        )?,
        goal_metric: input.goal.metric,
        currency: input.goal.currency,
        holdout_bp: input.holdout_bp,
        salt: input.salt.map_or_else(|| ids::token(SALT_LETTERS), Ok)?,
        offer,
        template: input.template,
        channel: input.channel,
        starts_at: instant("starts_at", &input.starts_at)?,
        ends_at: instant("ends_at", &input.ends_at)?,
    })
}

/// Approves a campaign that another person wrote: freezes who is treated, puts the offer in force
/// for them, and plans one message for each.
#[utoipa::path(post, path = "/v1/campaigns/{id}/approve", tag = "campaigns",
    params(("id" = i64, Path, description = "Number of the campaign")),
    responses((status = 200, body = ApprovedView)))]
pub async fn approve_campaign(req: HttpRequest, payload: web::Payload) -> HttpResponse {
    let id = number(&req, "campaign");
    change(
        req,
        payload,
        Permission::ApproveCampaigns,
        async |call, body| {
            let id = id?;
            if !body.is_empty() {
                body::parse::<Nothing>(&body)?;
            }
            let actor = call.principal.name.clone();
            let done = block(&call.app, move |engine| {
                Ok(service::approve(engine, &actor, id)?)
            })
            .await?;
            Reply::ok(&ApprovedView {
                treated: done.treated,
                control: done.control,
                planned: done.planned,
                skipped: done.skipped,
            })
        },
    )
    .await
}

async fn advance(call: &Call, id: i64, body: Vec<u8>, step: Move) -> Result<Reply, ApiError> {
    if !body.is_empty() {
        body::parse::<Nothing>(&body)?;
    }
    let actor = call.principal.name.clone();
    let moved = move |engine: &Engine| {
        service::advance(engine, &actor, id, step)?;
        view(engine, id)
    };
    Reply::ok(&block(&call.app, moved).await?)
}

/// Declares a handler that moves a campaign on.
macro_rules! moves {
    ($($(#[$doc:meta])* $name:ident, $path:literal, $step:ident;)+) => {$(
        $(#[$doc])*
        #[utoipa::path(post, path = $path, tag = "campaigns",
            params(("id" = i64, Path, description = "Number of the campaign")),
            responses((status = 200, body = CampaignView)))]
        pub async fn $name(req: HttpRequest, payload: web::Payload) -> HttpResponse {
            let id = number(&req, "campaign");
            change(req, payload, Permission::RunCampaigns, async |call, body| advance(call, id?, body, Move::$step).await).await
        }
    )+};
}

moves! {
    /// Begins sending an approved campaign.
    start_campaign, "/v1/campaigns/{id}/start", Start;
    /// Stops sending for the moment. Rewards are granted as before.
    pause_campaign, "/v1/campaigns/{id}/pause", Pause;
    /// Goes on sending.
    resume_campaign, "/v1/campaigns/{id}/resume", Resume;
    /// Ends a campaign early, for good.
    stop_campaign, "/v1/campaigns/{id}/stop", Stop;
    /// Ends a campaign whose window is over.
    finish_campaign, "/v1/campaigns/{id}/finish", Finish;
}

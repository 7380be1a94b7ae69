//! Rewards: listed, read, released and cancelled.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::view::{Names, Page, Params, filled, member_row, moment, page};
use crate::access::Permission;
use crate::engine::Engine;
use crate::engine::replay::RewardCommand;
use crate::rewards::What;
use crate::storage::Tx;
use crate::storage::rows::RewardRow;
use crate::web::body;
use crate::web::call::{Reply, block, change, number, read};
use crate::web::error::ApiError;

/// Longest reason of a cancellation, in bytes.
const REASON_MAX: usize = 500;

/// A reward or refusal.
#[derive(Serialize, ToSchema)]
pub struct RewardView {
    /// Its number.
    pub id: i64,
    /// Id of who gets it.
    pub member: String,
    /// Id of whose act it comes from.
    pub origin: String,
    /// Steps up the tree from the one to the other: 0 to 2, never more.
    pub distance: i64,
    /// The program's id.
    pub program: String,
    /// The version that decided.
    pub version: i64,
    /// The rule's id.
    pub rule: String,
    /// The program's word for it.
    pub kind: String,
    /// How finance classes it.
    pub form: String,
    /// `refused`, `pending`, `available`, `paid`, `cancelled`, `expired`, `clawed_back` or `withdrawn`.
    pub state: String,
    /// Why it stands there.
    pub reason: String,
    /// The amount granted.
    #[schema(example = "73.97")]
    pub amount: String,
    /// How much of it was taken back.
    pub clawed_back: String,
    /// Currency or commodity of both.
    pub currency: String,
    /// When it is to be released, once known.
    pub due: Option<String>,
    /// When it was decided, in the time of the facts.
    pub granted_at: String,
    /// Whether only a person can release it.
    pub held: bool,
}

impl RewardView {
    /// A stored reward.
    pub(super) fn of(row: &RewardRow, names: &Names) -> Self {
        let active = names.loaded.catalog.get(row.program_no);
        let rule = active.and_then(|a| a.rule(usize::try_from(row.rule_no).ok()?));
        Self {
            id: row.id,
            member: names.member(row.member_id),
            origin: names.member(row.origin_id),
            distance: row.distance,
            program: active.map(|a| a.program.id.to_string()).unwrap_or_default(),
            version: active.map_or(0, |a| a.program.version),
            rule: rule.map(|r| r.id.to_string()).unwrap_or_default(),
            kind: row.kind.clone(),
            form: row.form.clone(),
            state: row.state.clone(),
            reason: row.reason.clone(),
            amount: names.amount(row.amount_minor, &row.currency),
            clawed_back: names.amount(row.clawed_minor, &row.currency),
            currency: row.currency.clone(),
            due: row.due.map(moment),
            granted_at: moment(row.granted_at),
            held: row.held,
        }
    }
}

/// The names that rewards speak of.
pub(crate) fn names_of(
    engine: &Engine,
    tx: &mut Tx<'_>,
    rows: &[RewardRow],
) -> Result<Names, ApiError> {
    Names::of(
        engine,
        tx,
        rows.iter().flat_map(|r| [r.member_id, r.origin_id]),
    )
}

/// A reward of this number.
pub(crate) fn row(tx: &mut Tx<'_>, id: i64) -> Result<RewardRow, ApiError> {
    let found = tx.rewards_by_id(&[id])?.into_iter().next();
    found.ok_or_else(|| ApiError::not_found("reward", &id.to_string()))
}

/// Reads rewards: those of a member from the newest on, or all from the oldest on.
#[utoipa::path(get, path = "/v1/rewards", tag = "rewards",
    params(("member" = Option<String>, Query, description = "The company's id of a member"),
        ("before" = Option<i64>, Query, description = "With `member`: `next` of the page before"),
        ("after" = Option<i64>, Query, description = "Without `member`: `next` of the page before"),
        ("limit" = Option<i64>, Query, description = "1 to 1,000; 100 unless given")),
    responses((status = 200, body = Page<RewardView>)))]
pub async fn list_rewards(req: HttpRequest) -> HttpResponse {
    let params = Params::of(&req, &["member", "before", "after", "limit"]);
    read(req, Permission::ReadRewards, move |engine, _| {
        let params = params?;
        let limit = params.limit()?;
        match (
            params.text("member"),
            params.whole("before")?,
            params.whole("after")?,
        ) {
            (Some(_), _, Some(_)) => Err(ApiError::parameter(
                "after",
                "with `member` the list goes backwards: give `before`",
            )),
            (None, Some(_), _) => Err(ApiError::parameter(
                "before",
                "without `member` the list goes forwards: give `after`",
            )),
            (Some(member), before, None) => list(engine, limit, |tx| {
                let member = member_row(tx, member)?;
                Ok(tx.rewards_of_member(member.id, before.unwrap_or(i64::MAX), limit + 1)?)
            }),
            (None, None, after) => list(engine, limit, |tx| {
                Ok(tx.rewards_after(after.unwrap_or(0), limit + 1)?)
            }),
        }
    })
    .await
}

fn list(
    engine: &Engine,
    limit: i64,
    fetch: impl FnOnce(&mut Tx<'_>) -> Result<Vec<RewardRow>, ApiError>,
) -> Result<Page<RewardView>, ApiError> {
    engine.store().read(|tx| {
        let rows = fetch(tx)?;
        let names = names_of(engine, tx, &rows)?;
        Ok(page(rows, limit, |r| r.id, |r| RewardView::of(r, &names)))
    })
}

fn view(engine: &Engine, id: i64) -> Result<RewardView, ApiError> {
    engine.store().read(|tx| {
        let row = row(tx, id)?;
        let names = names_of(engine, tx, std::slice::from_ref(&row))?;
        Ok(RewardView::of(&row, &names))
    })
}

/// Reads a reward.
#[utoipa::path(get, path = "/v1/rewards/{id}", tag = "rewards",
    params(("id" = i64, Path, description = "Number of the reward")),
    responses((status = 200, body = RewardView)))]
pub async fn read_reward(req: HttpRequest) -> HttpResponse {
    let id = number(&req, "reward");
    read(req, Permission::ReadRewards, move |engine, _| {
        view(engine, id?)
    })
    .await
}

/// Releases a reward that is held for a person's decision.
#[utoipa::path(post, path = "/v1/rewards/{id}/release", tag = "rewards",
    params(("id" = i64, Path, description = "Number of the reward")),
    responses((status = 200, body = RewardView)))]
pub async fn release_reward(req: HttpRequest, payload: web::Payload) -> HttpResponse {
    let id = number(&req, "reward");
    change(
        req,
        payload,
        Permission::DecideRewards,
        async |call, body| {
            let id = id?;
            if !body.is_empty() {
                body::parse::<Nothing>(&body)?;
            }
            let actor = call.principal.name.clone();
            let decide = move |engine: &Engine| {
                command(
                    engine,
                    &actor,
                    "reward.released",
                    id,
                    "",
                    What::ReleaseHeld(id),
                )
            };
            Reply::ok(&block(&call.app, decide).await?)
        },
    )
    .await
}

/// A body without fields; an empty body says the same.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

/// Why a reward is cancelled.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Cancellation {
    /// The reason, as the member and the books will read it: 1 to 500 bytes.
    pub reason: String,
}

/// Cancels a pending reward for good.
#[utoipa::path(post, path = "/v1/rewards/{id}/cancel", tag = "rewards", request_body = Cancellation,
    params(("id" = i64, Path, description = "Number of the reward")),
    responses((status = 200, body = RewardView)))]
pub async fn cancel_reward(req: HttpRequest, payload: web::Payload) -> HttpResponse {
    let id = number(&req, "reward");
    change(
        req,
        payload,
        Permission::DecideRewards,
        async |call, body| {
            let id = id?;
            let cancellation: Cancellation = body::parse(&body)?;
            let reason = filled("reason", &cancellation.reason, REASON_MAX)?.to_owned();
            let actor = call.principal.name.clone();
            let decide = move |engine: &Engine| {
                command(
                    engine,
                    &actor,
                    "reward.cancelled",
                    id,
                    &reason,
                    What::Cancel(id, reason.as_str().into()),
                )
            };
            Reply::ok(&block(&call.app, decide).await?)
        },
    )
    .await
}

/// Decides about a person's command on a reward, as an input of the one order.
fn command(
    engine: &Engine,
    actor: &str,
    kind: &str,
    id: i64,
    reason: &str,
    what: What,
) -> Result<RewardView, ApiError> {
    engine.store().read(|tx| row(tx, id).map(|_| ()))?;
    let body = serde_json::to_string(&RewardCommand {
        reward: id,
        reason: reason.to_owned(),
    })
    .map_err(|e| ApiError::internal(&e))?;
    engine.decide(|deciding| deciding.operator(kind, actor, body, what).map(|_| ()))?;
    view(engine, id)
}

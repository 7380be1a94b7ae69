//! Events: what happened, sent by servers and, where the tracking plan allows it, by clients.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use serde_json::Value as Json;
use utoipa::ToSchema;

use super::view::{Names, Page, Params, batch, moment, page, values};
use crate::access::{Permission, Role};
use crate::engine::{Engine, convert};
use crate::facts::intake::{self, FieldProblem};
use crate::facts::service::{BATCH_MAX, Outcome};
use crate::rules::Plan;
use crate::rules::plan::Sender;
use crate::storage::rows::FactRow;
use crate::web::body;
use crate::web::call::{Call, Reply, block, change, read};
use crate::web::error::{ApiError, Code, FieldProblemView};

/// An event as sent.
#[derive(ToSchema)]
pub struct EventInput {
    /// The sender's id of the event, used once for ever: sending the same event again changes nothing.
    #[schema(example = "inv-77")]
    pub id: String,
    /// A type of the tracking plan.
    #[serde(rename = "type")]
    #[schema(example = "invested")]
    pub kind: String,
    /// Id of the member who acted; absent where the tracking plan says it is optional.
    #[schema(example = "m-1001")]
    pub member: Option<String>,
    /// When it happened, RFC 3339 with an offset.
    #[schema(example = "2017-06-28T09:00:00+08:00")]
    pub at: String,
    /// Fields of the tracking plan; amounts as text.
    #[schema(value_type = Object)]
    pub properties: Option<Json>,
}

/// One event, or up to 1,000 of them under `events`.
#[derive(ToSchema)]
#[serde(untagged)]
pub enum EventsBody {
    /// One event.
    #[schema(title = "one")]
    One(Box<EventInput>),
    /// Many events.
    #[schema(title = "many")]
    Many {
        /// The events, in order.
        events: Vec<EventInput>,
    },
}

/// What became of one event.
#[derive(Serialize, ToSchema)]
pub struct EventOutcome {
    /// Position in the list, from 0.
    pub index: usize,
    /// `accepted`, `conflict` (the id was used for another event) or `refused`.
    pub status: &'static str,
    /// The sender's id, where it could be read.
    pub id: String,
    /// Its place in the one order of decisions; that of the earlier one in a conflict.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<i64>,
    /// What is wrong with one that was refused.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<FieldProblemView>,
}

/// What became of a list of events.
#[derive(Serialize, ToSchema)]
pub struct EventOutcomes {
    /// One outcome for each event, in order.
    pub items: Vec<EventOutcome>,
}

/// A fact: an event that was accepted.
#[derive(Serialize, ToSchema)]
pub struct FactView {
    /// Its place in the one order of decisions.
    pub seq: i64,
    /// The sender's id.
    pub id: String,
    /// The type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Who acted.
    pub member: Option<String>,
    /// When it happened.
    pub at: String,
    /// When it was accepted.
    pub recorded_at: String,
    /// Its fields; numbers are decimal texts.
    #[schema(value_type = Object)]
    pub properties: BTreeMap<String, Json>,
}

impl FactView {
    /// A stored fact.
    pub(super) fn of(row: &FactRow, names: &Names) -> Result<Self, ApiError> {
        Ok(Self {
            seq: row.seq,
            id: row.event_id.clone(),
            kind: row.kind.clone(),
            member: row.member_id.map(|id| names.member(id)),
            at: moment(row.occurred_at),
            recorded_at: moment(row.recorded_at),
            properties: values(&convert::decode_values(&row.fields)?),
        })
    }
}

/// Sends one event or a list of events.
///
/// An event is durable, and every reward it starts is booked, before the answer. One event is
/// answered with 200, 409 or 422; a list with 200 and the outcome of each, the good ones kept.
#[utoipa::path(post, path = "/v1/events", tag = "events", request_body = EventsBody,
    responses((status = 200, description = "The outcome of one event, or `{items}` for a list", body = EventOutcomes)))]
pub async fn send_events(req: HttpRequest, payload: web::Payload) -> HttpResponse {
    change(req, payload, Permission::SendEvents, async |call, body| {
        let json: Json = body::parse(&body)?;
        let own = own_member(call).await?;
        match batch(&json, "events", BATCH_MAX)? {
            Some(list) => Reply::ok(&EventOutcomes {
                items: accept(call, own.as_deref(), list).await?.0,
            }),
            None => one(accept(call, own.as_deref(), std::slice::from_ref(&json)).await?),
        }
    })
    .await
}

/// The one member that a member's key may speak of.
async fn own_member(call: &Call) -> Result<Option<String>, ApiError> {
    let Some(id) = call
        .principal
        .member
        .filter(|_| call.principal.role == Role::Member)
    else {
        return Ok(None);
    };
    let row = block(&call.app, move |engine| {
        Ok(engine.store().read(|tx| tx.members_by_id(&[id]))?)
    })
    .await?;
    Ok(Some(
        row.into_iter()
            .next()
            .map(|m| m.external_id)
            .unwrap_or_default(),
    ))
}

/// What a client's key may not send.
fn foreign(plan: &Plan, own: &str, json: &Json) -> Option<FieldProblem> {
    let text = |key: &str| json.get(key).and_then(Json::as_str);
    let kind = text("type")?;
    if plan
        .types
        .get(kind)
        .is_some_and(|t| t.from == Sender::Server)
    {
        return Some(FieldProblem::new(
            "type",
            format!("`{kind}` comes from servers only"),
        ));
    }
    let foreign = text("member").is_none_or(|member| member != own);
    foreign.then(|| FieldProblem::new("member", format!("this key sends events of `{own}` alone")))
}

/// Outcomes in order, and whether a refusal was for want of permission.
async fn accept(
    call: &Call,
    own: Option<&str>,
    list: &[Json],
) -> Result<(Vec<EventOutcome>, bool), ApiError> {
    let plan = call.app.engine.plan();
    let mut forbidden = false;
    let read: Vec<Result<intake::Event, Vec<FieldProblem>>> = list
        .iter()
        .map(|json| match own.and_then(|own| foreign(plan, own, json)) {
            Some(problem) => {
                forbidden = true;
                Err(vec![problem])
            }
            None => intake::event(plan, json),
        })
        .collect();
    let good: Vec<intake::Event> = read
        .iter()
        .filter_map(|r| r.as_ref().ok())
        .cloned()
        .collect();
    let kept = if good.is_empty() {
        Vec::new()
    } else {
        call.app
            .queue
            .accept(call.principal.name.clone(), good)
            .await?
    };
    let mut kept = kept.into_iter();
    let merged = list
        .iter()
        .zip(read)
        .enumerate()
        .filter_map(|(index, (json, read))| match read {
            Ok(_) => kept.next().map(|outcome| shown(index, outcome)),
            Err(problems) => {
                let id = json
                    .get("id")
                    .and_then(Json::as_str)
                    .unwrap_or_default()
                    .to_owned();
                Some(shown(index, Outcome::Refused { id, problems }))
            }
        });
    Ok((merged.collect(), forbidden))
}

fn shown(index: usize, outcome: Outcome) -> EventOutcome {
    let placed = |status, id, seq| EventOutcome {
        index,
        status,
        id,
        seq: Some(seq),
        problems: Vec::new(),
    };
    match outcome {
        Outcome::Accepted { id, seq } => placed("accepted", id, seq),
        Outcome::Conflict { id, seq } => placed("conflict", id, seq),
        Outcome::Refused { id, problems } => {
            let problems = problems.iter().map(FieldProblemView::of).collect();
            EventOutcome {
                index,
                status: "refused",
                id,
                seq: None,
                problems,
            }
        }
    }
}

/// The answer to one event alone.
fn one((outcomes, forbidden): (Vec<EventOutcome>, bool)) -> Result<Reply, ApiError> {
    let missing = || ApiError::new(Code::Internal, "an event was sent and got no outcome");
    let outcome = outcomes.into_iter().next().ok_or_else(missing)?;
    match (outcome.status, outcome.seq) {
        ("accepted", _) => Reply::ok(&outcome),
        ("conflict", seq) => {
            let detail = format!(
                "the event id `{}` was used for another event, no. {}",
                outcome.id,
                seq.unwrap_or_default()
            );
            Err(ApiError::new(Code::EventConflict, detail.clone())
                .about(FieldProblem::new("id", detail)))
        }
        _ => {
            let code = if forbidden {
                Code::SenderNotAllowed
            } else {
                Code::Invalid
            };
            let problems = outcome
                .problems
                .into_iter()
                .map(|p| FieldProblem::new(p.field, p.problem));
            Err(ApiError::fields(code, problems.collect()))
        }
    }
}

/// Reads facts in the order of decisions.
#[utoipa::path(get, path = "/v1/events", tag = "events",
    params(("after" = Option<i64>, Query, description = "`next` of the page before"),
        ("limit" = Option<i64>, Query, description = "1 to 1,000; 100 unless given")),
    responses((status = 200, body = Page<FactView>)))]
pub async fn list_events(req: HttpRequest) -> HttpResponse {
    let params = Params::of(&req, &["after", "limit"]);
    read(req, Permission::ReadEvents, move |engine, _| {
        let params = params?;
        list(engine, params.whole("after")?.unwrap_or(0), params.limit()?)
    })
    .await
}

fn list(engine: &Engine, after: i64, limit: i64) -> Result<Page<FactView>, ApiError> {
    engine.store().read(|tx| {
        let rows = tx.facts_after(after, limit + 1)?;
        let names = Names::of(engine, tx, rows.iter().filter_map(|r| r.member_id))?;
        let shown = page(rows, limit, |r| r.seq, |r| FactView::of(r, &names));
        Ok(Page {
            items: shown.items.into_iter().collect::<Result<_, _>>()?,
            next: shown.next,
        })
    })
}

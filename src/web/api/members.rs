//! Members: created and changed, read one by one or page by page, and the tree below one.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use serde_json::Value as Json;
use utoipa::ToSchema;

use super::view::{Page, Params, batch, member_row, moment, page, values};
use crate::access::{Permission, Role};
use crate::engine::{Engine, convert};
use crate::facts::intake::FieldProblem;
use crate::members::service::{BATCH_MAX, Outcome};
use crate::members::{intake, service};
use crate::storage::Tx;
use crate::storage::rows::MemberRow;
use crate::types::Instant;
use crate::web::body;
use crate::web::call::{Call, Reply, block, change, path, read};
use crate::web::error::{ApiError, Code, FieldProblemView};

/// Most members of each level that a downline shows.
const DOWNLINE_MAX: i64 = 10_000;

/// A member as sent: what is absent stays as it is.
#[derive(ToSchema)]
pub struct MemberInput {
    /// The company's id of the member: 1 to 128 printable characters without blanks.
    #[schema(example = "m-1001")]
    pub id: String,
    /// Whose code the member entered when joining; instead of `referrer`.
    pub referral_code: Option<String>,
    /// Id of who referred the member; instead of `referral_code`.
    pub referrer: Option<String>,
    /// When the member registered, RFC 3339 with an offset.
    pub registered_at: Option<String>,
    /// Attributes of the tracking plan.
    #[schema(value_type = Object)]
    pub attributes: Option<Json>,
    /// Name; never logged and never given out.
    pub name: Option<String>,
    /// Phone number in E.164; never logged and never given out.
    pub phone: Option<String>,
    /// E-mail address; never logged and never given out.
    pub email: Option<String>,
    /// Consents by channel, such as `{"sms": true}`.
    #[schema(value_type = Object)]
    pub consents: Option<Json>,
    /// Where the consents were given.
    pub consent_source: Option<String>,
}

/// One member, or up to 1,000 of them under `members`.
#[derive(ToSchema)]
#[serde(untagged)]
pub enum MembersBody {
    /// One member.
    #[schema(title = "one")]
    One(Box<MemberInput>),
    /// Many members.
    #[schema(title = "many")]
    Many {
        /// The members, in order.
        members: Vec<MemberInput>,
    },
}

/// What became of one member that was sent.
#[derive(Serialize, ToSchema)]
pub struct MemberOutcome {
    /// Position in the list, from 0.
    pub index: usize,
    /// `created`, `updated` or `refused`.
    pub status: &'static str,
    /// The company's id, where it could be read.
    pub id: String,
    /// The member's own referral code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What is wrong with one that was refused.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<FieldProblemView>,
}

/// What became of a list of members.
#[derive(Serialize, ToSchema)]
pub struct MemberOutcomes {
    /// One outcome for each member, in order.
    pub items: Vec<MemberOutcome>,
}

/// A member, without contact data.
#[derive(Serialize, ToSchema)]
pub struct MemberView {
    /// The company's id.
    pub id: String,
    /// The member's own referral code.
    pub code: String,
    /// Id of who referred the member.
    pub referrer: Option<String>,
    /// When the member registered.
    pub registered_at: Option<String>,
    /// Attributes of the tracking plan; numbers are decimal texts.
    #[schema(value_type = Object)]
    pub attributes: BTreeMap<String, Json>,
    /// `active`, `blocked` or `closed`.
    pub status: String,
    /// When the member was created here.
    pub created_at: String,
}

/// Somebody below a member.
#[derive(Serialize, ToSchema)]
pub struct DownlineRow {
    /// The company's id.
    pub id: String,
    /// 1 for whom the member referred, 2 for whom those referred.
    pub level: i64,
    /// Id of who referred this one.
    pub referrer: String,
    /// When this one registered.
    pub registered_at: Option<String>,
}

/// The tree below a member.
#[derive(Serialize, ToSchema)]
pub struct Downline {
    /// Levels 1 and 2, each in order of joining and at most 10,000 long.
    pub items: Vec<DownlineRow>,
}

/// Creates or changes members.
///
/// One member is answered with 201, 200 or 422; a list with 200 and the outcome of each.
#[utoipa::path(post, path = "/v1/members", tag = "members", request_body = MembersBody,
    responses((status = 200, body = MemberOutcomes), (status = 201, body = MemberOutcome)))]
pub async fn write_members(req: HttpRequest, payload: web::Payload) -> HttpResponse {
    change(
        req,
        payload,
        Permission::WriteMembers,
        async |call, body| {
            let json: Json = body::parse(&body)?;
            match batch(&json, "members", BATCH_MAX)? {
                Some(list) => Reply::ok(&MemberOutcomes {
                    items: upsert(call, list.to_vec()).await?,
                }),
                None => {
                    let outcome = upsert(call, vec![json]).await?.into_iter().next();
                    let outcome = outcome.ok_or_else(|| {
                        ApiError::new(Code::Internal, "a member was sent and got no outcome")
                    })?;
                    match outcome.status {
                        "refused" => {
                            let problems = outcome
                                .problems
                                .into_iter()
                                .map(|p| FieldProblem::new(p.field, p.problem));
                            Err(ApiError::fields(Code::Invalid, problems.collect()))
                        }
                        "created" => Reply::with(StatusCode::CREATED, &outcome),
                        _ => Reply::ok(&outcome),
                    }
                }
            }
        },
    )
    .await
}

async fn upsert(call: &Call, list: Vec<Json>) -> Result<Vec<MemberOutcome>, ApiError> {
    let actor = call.principal.name.clone();
    block(&call.app, move |engine| {
        let read: Vec<_> = list
            .iter()
            .map(|json| intake::member(engine.plan(), json))
            .collect();
        let good: Vec<_> = read
            .iter()
            .filter_map(|r| r.as_ref().ok())
            .cloned()
            .collect();
        let mut outcomes = service::upsert(engine, &actor, &good)?.into_iter();
        let merged =
            list.iter()
                .zip(read)
                .enumerate()
                .filter_map(|(index, (json, read))| match read {
                    Ok(_) => outcomes.next().map(|outcome| shown(index, outcome)),
                    Err(problems) => {
                        let id = json
                            .get("id")
                            .and_then(Json::as_str)
                            .unwrap_or_default()
                            .to_owned();
                        Some(shown(index, Outcome::Refused { id, problems }))
                    }
                });
        Ok(merged.collect())
    })
    .await
}

fn shown(index: usize, outcome: Outcome) -> MemberOutcome {
    let made = |status, id, code| MemberOutcome {
        index,
        status,
        id,
        code: Some(code),
        problems: Vec::new(),
    };
    match outcome {
        Outcome::Created { id, code } => made("created", id, code),
        Outcome::Updated { id, code } => made("updated", id, code),
        Outcome::Refused { id, problems } => {
            let problems = problems.iter().map(FieldProblemView::of).collect();
            MemberOutcome {
                index,
                status: "refused",
                id,
                code: None,
                problems,
            }
        }
    }
}

fn shown_member(
    row: &MemberRow,
    referrers: &BTreeMap<i64, String>,
) -> Result<MemberView, ApiError> {
    Ok(MemberView {
        id: row.external_id.clone(),
        code: row.code.clone(),
        referrer: row.referrer_id.and_then(|id| referrers.get(&id).cloned()),
        registered_at: row.registered_at.map(moment),
        attributes: values(&convert::decode_values(&row.attributes)?),
        status: row.status.clone(),
        created_at: Instant::from_micros(row.created_at).to_string(),
    })
}

fn referrers(tx: &mut Tx<'_>, rows: &[MemberRow]) -> Result<BTreeMap<i64, String>, ApiError> {
    let mut ids: Vec<i64> = rows.iter().filter_map(|r| r.referrer_id).collect();
    ids.sort_unstable();
    ids.dedup();
    Ok(tx
        .members_by_id(&ids)?
        .into_iter()
        .map(|m| (m.id, m.external_id))
        .collect())
}

/// Reads a member.
///
/// A member's own key reads that member alone.
#[utoipa::path(get, path = "/v1/members/{id}", tag = "members",
    params(("id" = String, Path, description = "The company's id of the member")),
    responses((status = 200, body = MemberView)))]
pub async fn read_member(req: HttpRequest) -> HttpResponse {
    let id = path(&req, "id");
    read(req, Permission::ReadMember, move |engine, principal| {
        engine.store().read(|tx| {
            let row = member_row(tx, &id);
            if principal.role == Role::Member && row.as_ref().ok().map(|r| r.id) != principal.member
            {
                return Err(ApiError::new(
                    Code::Forbidden,
                    "this key reads its own member alone",
                ));
            }
            let row = row?;
            let referrers = referrers(tx, std::slice::from_ref(&row))?;
            shown_member(&row, &referrers)
        })
    })
    .await
}

/// Reads all members, in order of joining.
#[utoipa::path(get, path = "/v1/members", tag = "members",
    params(("after" = Option<i64>, Query, description = "`next` of the page before"),
        ("limit" = Option<i64>, Query, description = "1 to 1,000; 100 unless given")),
    responses((status = 200, body = Page<MemberView>)))]
pub async fn list_members(req: HttpRequest) -> HttpResponse {
    let params = Params::of(&req, &["after", "limit"]);
    read(req, Permission::ReadMembers, move |engine, _| {
        let params = params?;
        let (after, limit) = (params.whole("after")?.unwrap_or(0), params.limit()?);
        list(engine, after, limit)
    })
    .await
}

fn list(engine: &Engine, after: i64, limit: i64) -> Result<Page<MemberView>, ApiError> {
    engine.store().read(|tx| {
        let rows = tx.members_after(after, limit + 1)?;
        let referrers = referrers(tx, &rows)?;
        let shown = page(rows, limit, |r| r.id, |r| shown_member(r, &referrers));
        Ok(Page {
            items: shown.items.into_iter().collect::<Result<_, _>>()?,
            next: shown.next,
        })
    })
}

/// Reads the two levels below a member.
#[utoipa::path(get, path = "/v1/members/{id}/downline", tag = "members",
    params(("id" = String, Path, description = "The company's id of the member")),
    responses((status = 200, body = Downline)))]
pub async fn read_downline(req: HttpRequest) -> HttpResponse {
    let id = path(&req, "id");
    read(req, Permission::ReadMembers, move |engine, _| {
        engine.store().read(|tx| {
            let top = member_row(tx, &id)?;
            let rows = tx.downline(top.id, DOWNLINE_MAX)?;
            let mut names: BTreeMap<i64, String> = rows
                .iter()
                .map(|(m, _)| (m.id, m.external_id.clone()))
                .collect();
            names.insert(top.id, top.external_id);
            let name = |id: Option<i64>| {
                id.and_then(|id| names.get(&id).cloned())
                    .unwrap_or_default()
            };
            let items = rows.iter().map(|(row, level)| DownlineRow {
                id: row.external_id.clone(),
                level: *level,
                referrer: name(row.referrer_id),
                registered_at: row.registered_at.map(moment),
            });
            Ok::<_, ApiError>(Downline {
                items: items.collect(),
            })
        })
    })
    .await
}

//! Cohorts and the eight classes they are chosen from.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use utoipa::ToSchema;

use super::view::{Params, filled, stored_json};
use crate::access::Permission;
use crate::cohorts::classes::{Class, Indicator, Model, Threshold};
use crate::cohorts::service::{self, ClassRequest, Whose};
use crate::engine::Engine;
use crate::types::Instant;
use crate::types::currency::show_minor;
use crate::web::body;
use crate::web::call::{Reply, block, change, read};
use crate::web::error::ApiError;

/// Longest name of a cohort, in bytes.
const NAME_MAX: usize = 200;

/// A frozen cohort.
#[derive(Serialize, ToSchema)]
pub struct CohortView {
    /// Its number.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// How many members it has.
    pub members: i64,
    /// What it was made from.
    #[schema(value_type = Object)]
    pub definition: Json,
    /// Facts before this moment counted.
    pub as_of: String,
    /// When it was frozen.
    pub created_at: String,
    /// By whom.
    pub created_by: String,
}

/// Every cohort.
#[derive(Serialize, ToSchema)]
pub struct Cohorts {
    /// The cohorts, oldest first.
    pub items: Vec<CohortView>,
}

/// One of the eight classes.
#[derive(Serialize, ToSchema)]
pub struct ClassView {
    /// Its code, as cohorts name it.
    #[schema(example = "forward")]
    pub class: &'static str,
    /// Its name in English.
    pub name: &'static str,
    /// How many members are in it.
    pub members: u64,
    /// Their share of all members in hundredths of a percent.
    pub members_share_bp: u32,
    /// The sum of their amounts.
    pub amount: String,
    /// Its share of the whole amount in hundredths of a percent.
    pub amount_share_bp: u32,
    /// The amount per member; null for an empty class.
    pub amount_per_head: Option<String>,
}

/// The eight classes.
#[derive(Serialize, ToSchema)]
pub struct Classes {
    /// Facts before this moment counted.
    pub as_of: String,
    /// The currency of all amounts.
    pub currency: String,
    /// The thresholds of count, amount in minor units, and days, as exact fractions.
    pub thresholds: Vec<String>,
    /// The classes in their fixed order.
    pub items: Vec<ClassView>,
    /// How many members there are.
    pub total_members: u64,
    /// The sum of all amounts.
    pub total_amount: String,
}

/// A cohort to be frozen.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CohortInput {
    /// A name that no other cohort has.
    pub name: String,
    /// Codes of the classes whose members are meant.
    #[schema(example = json!(["forward", "dormant_forward"]))]
    pub classes: Vec<String>,
    /// Fact type with an amount; `invested` unless given.
    pub fact_kind: Option<String>,
    /// `recommenders` (the facts of the direct friends count) or `members` (their own count).
    pub whose: Option<String>,
    /// Facts before this moment count; now unless given. RFC 3339 with an offset.
    pub as_of: Option<String>,
    /// Facts in this currency count; the tracking plan's own unless given.
    pub currency: Option<String>,
    /// Thresholds of count, amount in minor units, and days: `mean`, `median`, `q0.8` or `fixed:12345`.
    #[schema(example = json!(["mean", "mean", "mean"]))]
    pub thresholds: Option<Vec<String>>,
}

/// A cohort that was frozen.
#[derive(Serialize, ToSchema)]
pub struct Frozen {
    /// Its number.
    pub id: i64,
}

/// What the classes are computed from, as it was asked for.
#[derive(Default)]
pub(crate) struct Asked {
    pub(crate) fact_kind: Option<String>,
    pub(crate) whose: Option<String>,
    pub(crate) as_of: Option<Instant>,
    pub(crate) currency: Option<String>,
    pub(crate) thresholds: Option<Vec<String>>,
}

impl Asked {
    /// The request to the service.
    ///
    /// # Errors
    /// [`ApiError`] with the field that does not fit.
    pub(crate) fn request(self, engine: &Engine) -> Result<ClassRequest, ApiError> {
        let plan = engine.plan();
        let fact_kind = self.fact_kind.unwrap_or_else(|| "invested".to_owned());
        let declared = plan
            .types
            .get(&*fact_kind)
            .is_some_and(|t| t.fields.contains_key("amount"));
        if !declared {
            return Err(ApiError::field(
                "fact_kind",
                format!("`{fact_kind}` is not a fact type with an amount"),
            ));
        }
        let whose = match self.whose.as_deref() {
            None | Some("recommenders") => Whose::Recommenders,
            Some("members") => Whose::Members,
            Some(_) => {
                return Err(ApiError::field(
                    "whose",
                    "recommenders or members is expected",
                ));
            }
        };
        let currency = self
            .currency
            .or_else(|| plan.default_currency.as_ref().map(ToString::to_string));
        let currency = currency
            .ok_or_else(|| ApiError::field("currency", "missing: the tracking plan names none"))?;
        let exponent = plan.currencies.exponent(&currency);
        let exponent = exponent
            .ok_or_else(|| ApiError::field("currency", format!("`{currency}` is not known")))?;
        let as_of = self.as_of.unwrap_or_else(|| engine.clock().now());
        Ok(ClassRequest {
            fact_kind,
            whose,
            as_of,
            indicators: indicators(self.thresholds)?,
            currency,
            exponent,
        })
    }
}

fn indicators(thresholds: Option<Vec<String>>) -> Result<[Indicator; 3], ApiError> {
    let mut indicators = Indicator::recommender_defaults();
    let Some(texts) = thresholds else {
        return Ok(indicators);
    };
    if texts.len() != indicators.len() {
        return Err(ApiError::field(
            "thresholds",
            "three are expected: of count, amount and days",
        ));
    }
    for (indicator, text) in indicators.iter_mut().zip(texts) {
        indicator.threshold = text
            .parse::<Threshold>()
            .map_err(|e| ApiError::field("thresholds", e.to_string()))?;
    }
    Ok(indicators)
}

/// Reads every cohort.
#[utoipa::path(get, path = "/v1/cohorts", tag = "cohorts", responses((status = 200, body = Cohorts)))]
pub async fn list_cohorts(req: HttpRequest) -> HttpResponse {
    read(req, Permission::ReadCohorts, |engine, _| {
        let shown = service::list(engine)?.into_iter().map(|c| {
            Ok(CohortView {
                id: c.id,
                name: c.name,
                members: c.members,
                definition: stored_json(&c.definition)?,
                as_of: c.as_of.to_string(),
                created_at: c.created_at.to_string(),
                created_by: c.actor,
            })
        });
        Ok(Cohorts {
            items: shown.collect::<Result<_, ApiError>>()?,
        })
    })
    .await
}

/// Computes the eight classes of members.
#[utoipa::path(get, path = "/v1/cohorts/classes", tag = "cohorts",
    params(("fact_kind" = Option<String>, Query, description = "Fact type with an amount; `invested` unless given"),
        ("whose" = Option<String>, Query, description = "`recommenders` (their friends' facts count) or `members`"),
        ("as_of" = Option<String>, Query, description = "Facts before this moment count; now unless given"),
        ("currency" = Option<String>, Query, description = "Facts in this currency count"),
        ("thresholds" = Option<String>, Query, description = "Three, separated by commas, such as `mean,mean,mean`")),
    responses((status = 200, body = Classes)))]
pub async fn read_classes(req: HttpRequest) -> HttpResponse {
    let params = Params::of(
        &req,
        &["fact_kind", "whose", "as_of", "currency", "thresholds"],
    );
    read(req, Permission::ReadCohorts, move |engine, _| {
        let params = params?;
        let text = |name: &str| params.text(name).map(str::to_owned);
        let asked = Asked {
            fact_kind: text("fact_kind"),
            whose: text("whose"),
            as_of: params.instant("as_of")?,
            currency: text("currency"),
            thresholds: params
                .text("thresholds")
                .map(|list| list.split(',').map(str::to_owned).collect()),
        };
        let request = asked.request(engine)?;
        Ok(shown(&service::classes(engine, &request)?, &request))
    })
    .await
}

fn shown(model: &Model, request: &ClassRequest) -> Classes {
    let amount = |minor: i64| show_minor(minor, request.exponent);
    let items = model.rows.iter().map(|row| ClassView {
        class: row.class.code(),
        name: row.class.name("en"),
        members: row.members,
        members_share_bp: row.members_share_bp,
        amount: amount(row.amount_minor),
        amount_share_bp: row.amount_share_bp,
        amount_per_head: row.amount_per_head_minor().map(amount),
    });
    Classes {
        as_of: request.as_of.to_string(),
        currency: request.currency.clone(),
        thresholds: model.thresholds.iter().map(|t| String::from(*t)).collect(),
        items: items.collect(),
        total_members: model.total_members,
        total_amount: amount(model.total_amount_minor),
    }
}

/// Freezes the members of some classes as a cohort.
#[utoipa::path(post, path = "/v1/cohorts", tag = "cohorts", request_body = CohortInput,
    responses((status = 201, body = Frozen)))]
pub async fn freeze_cohort(req: HttpRequest, payload: web::Payload) -> HttpResponse {
    change(
        req,
        payload,
        Permission::FreezeCohorts,
        async |call, body| {
            let input: CohortInput = body::parse(&body)?;
            let actor = call.principal.name.clone();
            let frozen = block(&call.app, move |engine| freeze(engine, &actor, input)).await?;
            Reply::with(StatusCode::CREATED, &frozen)
        },
    )
    .await
}

fn freeze(engine: &Engine, actor: &str, input: CohortInput) -> Result<Frozen, ApiError> {
    let name = filled("name", &input.name, NAME_MAX)?.to_owned();
    let known = || Class::ALL.map(Class::code).join(", ");
    let chosen = input.classes.iter().map(|code| {
        Class::from_code(code).ok_or_else(|| {
            ApiError::field(
                "classes",
                format!("`{code}` is no class; known here: {}", known()),
            )
        })
    });
    let chosen: Vec<Class> = chosen.collect::<Result<_, _>>()?;
    let as_of = input.as_of.as_deref().map(Instant::parse).transpose();
    let as_of = as_of.map_err(|e| ApiError::field("as_of", e.to_string()))?;
    let asked = Asked {
        fact_kind: input.fact_kind,
        whose: input.whose,
        as_of,
        currency: input.currency,
        thresholds: input.thresholds,
    };
    let request = asked.request(engine)?;
    Ok(Frozen {
        id: service::snapshot(engine, actor, &name, &request, &chosen)?,
    })
}

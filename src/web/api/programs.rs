//! Programs: checked, put in force, listed.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::view::Names;
use crate::access::Permission;
use crate::engine::Engine;
use crate::programs::{self, Draft};
use crate::rules::Program;
use crate::web::body;
use crate::web::call::{Call, Reply, block, change, read};
use crate::web::error::ApiError;

/// A rule file with what it needs.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProgramInput {
    /// The text of the rule file.
    pub source: String,
    /// The text of the calendar it names.
    #[serde(default)]
    pub calendar: String,
    /// The file's name, for messages.
    #[serde(default = "unnamed")]
    pub file: String,
}

fn unnamed() -> String {
    "program.toml".to_owned()
}

impl ProgramInput {
    /// The draft under the service's tracking plan.
    pub(super) fn draft(self, call: &Call) -> Draft {
        Draft {
            file: self.file,
            source: self.source,
            calendar: self.calendar,
            plan: call.app.settings.plan.clone(),
        }
    }
}

/// What a rule file says, checked.
#[derive(Serialize, ToSchema)]
pub struct Checked {
    /// The program's id.
    pub id: String,
    /// Its version.
    pub version: i64,
    /// Its title.
    pub title: String,
    /// Its currency.
    pub currency: String,
    /// Ids of its rules, in order.
    pub rules: Vec<String>,
    /// Facts before this start nothing.
    pub from: Option<String>,
    /// Facts from this on start nothing.
    pub until: Option<String>,
}

impl Checked {
    fn of(program: &Program) -> Self {
        Self {
            id: program.id.to_string(),
            version: program.version,
            title: program.title.to_string(),
            currency: program.currency.to_string(),
            rules: program.rules.iter().map(|r| r.id.to_string()).collect(),
            from: program.from.map(|at| at.to_string()),
            until: program.until.map(|at| at.to_string()),
        }
    }
}

/// A version that was put in force.
#[derive(Serialize, ToSchema)]
pub struct Activated {
    /// Number of the activated version.
    pub no: i64,
    /// What it says.
    pub program: Checked,
}

/// An activated version of a program.
#[derive(Serialize, ToSchema)]
pub struct ProgramView {
    /// Number of the activated version.
    pub no: i64,
    /// The program's id.
    pub id: String,
    /// The version.
    pub version: i64,
    /// The title.
    pub title: String,
    /// `live`, or `retired` when a later version replaced it.
    pub state: String,
    /// Number of the campaign whose treated members alone it is for.
    pub campaign: Option<i64>,
    /// The currency.
    pub currency: String,
    /// Its budget.
    pub budget: BudgetView,
    /// SHA-256 of its text.
    pub source_hash: String,
    /// Its text.
    pub source: String,
    /// Who activated it.
    pub activated_by: String,
    /// The place of the activation in the one order of decisions.
    pub activated_seq: i64,
}

/// A budget in the program's currency.
#[derive(Serialize, ToSchema)]
pub struct BudgetView {
    /// Most it may cost; null without a limit.
    pub total: Option<String>,
    /// Held by pending rewards.
    pub reserved: String,
    /// Released.
    pub spent: String,
}

/// Every activated version.
#[derive(Serialize, ToSchema)]
pub struct Programs {
    /// The versions, in order of activation.
    pub items: Vec<ProgramView>,
}

/// Reads every activated version of every program.
#[utoipa::path(get, path = "/v1/programs", tag = "programs", responses((status = 200, body = Programs)))]
pub async fn list_programs(req: HttpRequest) -> HttpResponse {
    read(req, Permission::ReadPrograms, |engine, _| list(engine)).await
}

fn list(engine: &Engine) -> Result<Programs, ApiError> {
    engine.store().read(|tx| {
        let names = Names::of(engine, tx, [])?;
        let budgets = tx.budgets()?;
        let items = tx.programs()?.into_iter().map(|row| {
            let program = names.loaded.catalog.get(row.no).map(|a| a.program.clone());
            let currency = program.map(|p| p.currency.to_string()).unwrap_or_default();
            let budget = budgets.iter().find(|b| b.program_no == row.no);
            let amount = |minor: i64| names.amount(minor, &currency);
            ProgramView {
                no: row.no,
                id: row.program_id,
                version: row.version,
                title: row.title,
                state: row.state,
                campaign: row.campaign_id,
                budget: BudgetView {
                    total: budget.and_then(|b| b.cap_minor).map(amount),
                    reserved: amount(budget.map_or(0, |b| b.reserved_minor)),
                    spent: amount(budget.map_or(0, |b| b.spent_minor)),
                },
                currency,
                source_hash: row.source_hash,
                source: row.source,
                activated_by: row.author,
                activated_seq: row.activated_seq,
            }
        });
        Ok(Programs {
            items: items.collect(),
        })
    })
}

/// Checks a rule file without putting it in force.
#[utoipa::path(post, path = "/v1/programs/check", tag = "programs", request_body = ProgramInput,
    responses((status = 200, body = Checked)))]
pub async fn check_program(req: HttpRequest, payload: web::Payload) -> HttpResponse {
    change(
        req,
        payload,
        Permission::ReadPrograms,
        async |call, body| {
            let draft = body::parse::<ProgramInput>(&body)?.draft(call);
            Reply::ok(&block(&call.app, move |_| Ok(Checked::of(&draft.check()?))).await?)
        },
    )
    .await
}

/// Puts a version in force; earlier versions of the program take no new facts from here on.
///
/// The same text twice is one activation. Another text needs another version.
#[utoipa::path(post, path = "/v1/programs", tag = "programs", request_body = ProgramInput,
    responses((status = 201, body = Activated)))]
pub async fn activate_program(req: HttpRequest, payload: web::Payload) -> HttpResponse {
    change(
        req,
        payload,
        Permission::ActivatePrograms,
        async |call, body| {
            let draft = body::parse::<ProgramInput>(&body)?.draft(call);
            let actor = call.principal.name.clone();
            let activate = move |engine: &Engine| {
                // Checked here, a mistake in this file is the sender's; later ones are the server's.
                let program = Checked::of(&draft.check()?);
                let no = programs::activate(engine, &actor, &draft, None)?;
                Ok(Activated { no, program })
            };
            Reply::with(StatusCode::CREATED, &block(&call.app, activate).await?)
        },
    )
    .await
}

//! Programs: the list, and one version's rules as text and in words.

use actix_web::{HttpRequest, HttpResponse};

use crate::access::Permission;
use crate::engine::{Engine, Loaded};
use crate::rewards::Active;
use crate::rules::program::{PayCurrency, Program};
use crate::storage::Tx;
use crate::storage::rows::{BudgetRow, ProgramRow as Stored};
use crate::types::Instant;
use crate::web::api::explanation::rule_text;
use crate::web::api::view::Names;
use crate::web::call::path;
use crate::web::error::ApiError;
use crate::web::pages::home::ProgramRow;
use crate::web::pages::programs::{Budget, ProgramPage, ProgramsPage, RuleWords};
use crate::web::pages::states::ProgramState;
use crate::web::visit::{Door, Scene, page};
use crate::web::{format, words};

/// What a version granted.
struct Figures {
    rewards: i64,
    cost: String,
}

/// The state of a version at a moment.
fn state(active: &Active, now: Instant) -> ProgramState {
    let program = &active.program;
    if program.until.is_some_and(|until| until <= now) {
        ProgramState::Ended
    } else if !active.accepting {
        ProgramState::Superseded
    } else if program.from.is_some_and(|from| from > now) {
        ProgramState::Scheduled
    } else {
        ProgramState::Active
    }
}

/// Whether a version pays in its own currency alone, so that one sum says what it cost.
fn pays_one_currency(program: &Program) -> bool {
    let own = |pay: &crate::rules::program::Pay| matches!(&pay.currency, PayCurrency::Code(code) if *code == program.currency);
    program
        .rules
        .iter()
        .flat_map(|r| &r.pays)
        .all(|pay| own(pay) && pay.fund.is_none())
}

fn figures(
    sums: &[(i64, String, i64, i64)],
    active: &Active,
    names: &Names,
    scene: &Scene,
) -> Figures {
    let granted = |state: &str| !matches!(state, "refused" | "withdrawn");
    let standing = |state: &str| matches!(state, "pending" | "available" | "paid");
    let own = || sums.iter().filter(|(no, ..)| *no == active.no);
    let minor = own()
        .filter(|(_, state, ..)| standing(state))
        .map(|(.., minor)| *minor)
        .sum();
    let currency = &active.program.currency;
    Figures {
        rewards: own()
            .filter(|(_, state, ..)| granted(state))
            .map(|(_, _, count, _)| *count)
            .sum(),
        cost: match pays_one_currency(&active.program) {
            true => format::money(minor, names.exponent(currency), currency),
            false => scene.shell.t("value.none").to_owned(),
        },
    }
}

/// Versions for a list, the newest of each program first; with `newest`, that one alone.
pub(super) fn rows(
    engine: &Engine,
    tx: &mut Tx<'_>,
    scene: &Scene,
    newest: bool,
) -> Result<Vec<ProgramRow>, ApiError> {
    let names = Names::of(engine, tx, [])?;
    let sums = tx.reward_sums()?;
    let mut stored = tx.programs()?;
    stored.sort_by(|a, b| (&a.program_id, b.version).cmp(&(&b.program_id, a.version)));
    if newest {
        stored.dedup_by(|later, first| later.program_id == first.program_id);
    }
    let shown = stored.into_iter().filter_map(|row| {
        let active = names.loaded.catalog.get(row.no)?;
        let figures = figures(&sums, active, &names, scene);
        Some(ProgramRow {
            id: row.program_id,
            version: row.version.to_string(),
            state: state(active, scene.now),
            rewards: format::count(figures.rewards),
            cost: figures.cost,
        })
    });
    Ok(shown.collect())
}

/// `GET /ops/programs`.
pub(in crate::web) async fn list(req: HttpRequest) -> HttpResponse {
    page(
        &req,
        Door::Console,
        Permission::ReadPrograms,
        |engine, scene| {
            let programs = engine.store().read(|tx| rows(engine, tx, &scene, false))?;
            Ok(ProgramsPage {
                shell: scene.shell,
                programs,
            })
        },
    )
    .await
}

/// `GET /ops/programs/{id}/{version}`.
pub(in crate::web) async fn open(req: HttpRequest) -> HttpResponse {
    let (id, version) = (path(&req, "id"), path(&req, "version"));
    page(
        &req,
        Door::Console,
        Permission::ReadPrograms,
        move |engine, scene| {
            engine
                .store()
                .read(|tx| build(engine, tx, scene, &id, &version))
        },
    )
    .await
}

fn build(
    engine: &Engine,
    tx: &mut Tx<'_>,
    scene: Scene,
    id: &str,
    version: &str,
) -> Result<ProgramPage, ApiError> {
    let names = Names::of(engine, tx, [])?;
    let missing = || ApiError::not_found("program", &format!("{id} version {version}"));
    let found = tx
        .programs()?
        .into_iter()
        .find(|r| r.program_id == id && r.version.to_string() == version);
    let row = found.ok_or_else(missing)?;
    let active = names.loaded.catalog.get(row.no).ok_or_else(missing)?;
    let program = &active.program;
    let figures = figures(&tx.reward_sums()?, active, &names, &scene);
    let budget = tx.budgets()?.into_iter().find(|b| b.program_no == row.no);
    let activated = tx
        .commands_after(row.activated_seq - 1, 1)?
        .into_iter()
        .next();
    let zone = scene.zone;
    Ok(ProgramPage {
        id: row.program_id.clone(),
        version: row.version.to_string(),
        state: state(active, scene.now),
        window: format::window(program.zone, program.from, program.until),
        zone: program.zone.name().to_owned(),
        currency: program.currency.to_string(),
        activated_at: activated.map(|c| format::moment(zone, Instant::from_micros(c.recorded_at))),
        rewards: format::count(figures.rewards),
        cost: figures.cost,
        budget: budget.and_then(|b| shown_budget(&b, program, &names.loaded)),
        rules: rules(program, &row, &scene),
        lines: row.source.lines().map(str::to_owned).collect(),
        shell: scene.shell,
    })
}

fn shown_budget(budget: &BudgetRow, program: &Program, loaded: &Loaded) -> Option<Budget> {
    let total = budget.cap_minor?;
    let used = budget.reserved_minor + budget.spent_minor;
    let exponent = loaded
        .currencies
        .get(&program.currency)
        .map_or(2, |(_, exponent)| *exponent);
    let size = |minor: i64| u64::try_from(minor).unwrap_or(0);
    Some(Budget {
        used: format::money(used, exponent, &program.currency),
        total: format::money(total, exponent, &program.currency),
        per_mille: format::per_mille(size(used), size(total)),
    })
}

fn rules(program: &Program, row: &Stored, scene: &Scene) -> Vec<RuleWords> {
    let lang = scene.shell.lang;
    let told = program
        .rules
        .iter()
        .enumerate()
        .map(|(position, rule)| RuleWords {
            id: rule.id.to_string(),
            line: rule_text(&row.source, position).0,
            sentences: words::rules::rule(lang, rule),
        });
    told.collect()
}

//! Campaign files: TOML, with the offer and the message in files beside them.

use super::super::Failure;
use super::super::book::{Book, read_file};
use super::super::program::RuleFile;
use serde::Deserialize;
use std::path::Path;
use toml::Spanned;
use toml::value::Datetime;
use vouchsafe::campaigns::service::{Draft, HOLDOUT_MAX_BP};
use vouchsafe::cohorts::service::list;
use vouchsafe::rules::RuleError;
use vouchsafe::rules::error::{Problem, suggest};
use vouchsafe::types::{Exact, Instant};

/// A campaign file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema: Spanned<i64>,
    name: String,
    cohort: Spanned<String>,
    channel: String,
    starts: Spanned<Datetime>,
    ends: Spanned<Datetime>,
    goal: Goal,
    holdout: Spanned<String>,
    /// Without it: the name.
    salt: Option<String>,
    offer: Option<String>,
    template: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Goal {
    metric: String,
    amount: Spanned<String>,
    currency: Spanned<String>,
}

/// Reads a campaign file.
///
/// # Errors
/// [`Failure`] with file, line and column of the first mistake.
pub(super) fn read(path: &Path, book: &Book) -> Result<Draft, Failure> {
    let text = read_file(path)?;
    let name = path.display().to_string();
    let wrong = |problem: Problem| Failure::from(RuleError::locate(&name, &text, problem));
    let file: File = toml::from_str(&text)
        .map_err(|e| wrong(Problem::new(e.span().unwrap_or(0..1), e.message())))?;
    if *file.schema.get_ref() != 1 {
        return Err(wrong(Problem::new(
            file.schema.span(),
            "only `schema = 1` is known",
        )));
    }
    let folder = path.parent().unwrap_or(Path::new(""));
    let offer = match &file.offer {
        None => None,
        Some(offer) => {
            let beside = folder.join(offer);
            let rule = RuleFile::read(if beside.exists() {
                &beside
            } else {
                Path::new(offer)
            })?;
            Some(rule.draft(book.engine.plan(), &book.plan)?.1)
        }
    };
    let exponent = exponent(book, &file.goal.currency).map_err(wrong)?;
    Ok(Draft {
        cohort: cohort(book, &file.cohort)?.map_err(wrong)?,
        goal_minor: amount(&file.goal.amount, exponent).map_err(wrong)?,
        holdout_bp: holdout(&file.holdout).map_err(wrong)?,
        starts_at: moment(&file.starts).map_err(wrong)?,
        ends_at: moment(&file.ends).map_err(wrong)?,
        template: read_file(&folder.join(&file.template))?,
        salt: file.salt.unwrap_or_else(|| file.name.clone()),
        goal_metric: file.goal.metric,
        currency: file.goal.currency.into_inner(),
        channel: file.channel,
        name: file.name,
        offer,
    })
}

/// The number of the cohort of a name.
fn cohort(book: &Book, name: &Spanned<String>) -> Result<Result<i64, Problem>, Failure> {
    let cohorts = list(&book.engine)?;
    let found = cohorts
        .iter()
        .find(|c| c.name == *name.get_ref())
        .map(|c| c.id);
    Ok(found.ok_or_else(|| {
        let problem = Problem::new(
            name.span(),
            format!("there is no cohort `{}`", name.get_ref()),
        );
        if cohorts.is_empty() {
            problem.help("freeze one: `vouchsafe cohort snapshot NAME --classes forward`")
        } else {
            problem.help(suggest(
                name.get_ref(),
                cohorts.iter().map(|c| c.name.as_str()),
            ))
        }
    }))
}

fn exponent(book: &Book, code: &Spanned<String>) -> Result<u8, Problem> {
    let found = book.engine.plan().currencies.exponent(code.get_ref());
    found.ok_or_else(|| {
        Problem::new(
            code.span(),
            format!(
                "`{}` is neither an ISO 4217 code nor a commodity of the tracking plan",
                code.get_ref()
            ),
        )
    })
}

fn amount(text: &Spanned<String>, exponent: u8) -> Result<i64, Problem> {
    let wrong = |why: String| {
        Problem::new(text.span(), why).help("write an amount in quotes, such as \"3000000.00\"")
    };
    let amount =
        Exact::parse(&text.get_ref().replace('_', "")).map_err(|e| wrong(e.to_string()))?;
    if amount.is_negative() || !amount.fits(exponent) {
        return Err(wrong(format!(
            "an amount above 0 with at most {exponent} decimals is expected"
        )));
    }
    amount.to_minor(exponent).map_err(|e| wrong(e.to_string()))
}

/// A percentage such as `10%` or `12.5%` in basis points.
fn holdout(text: &Spanned<String>) -> Result<u32, Problem> {
    let share = text
        .get_ref()
        .strip_suffix('%')
        .and_then(|number| Exact::parse(number.trim()).ok());
    let points = share
        .and_then(|s| s.mul(&Exact::int(100)).to_int())
        .and_then(|p| u32::try_from(p).ok());
    points.filter(|p| *p <= HOLDOUT_MAX_BP).ok_or_else(|| {
        Problem::new(
            text.span(),
            "a share from 0% to 90% with at most two decimals is expected",
        )
        .help("such as `holdout = \"10%\"`")
    })
}

fn moment(at: &Spanned<Datetime>) -> Result<Instant, Problem> {
    Instant::parse(&at.get_ref().to_string()).map_err(|e| Problem::new(at.span(), e.to_string()))
}

//! `vouchsafe import …`: CSV files through the same intake as the API.

mod facts;
mod members;
mod memory;
mod moment;
mod report;
mod run;
mod sheet;

use super::actor::By;
use super::{Context, Failure, Verdict};
use clap::Args;
use std::path::PathBuf;
use vouchsafe::types::Zone;

/// Import members, facts or purchases from CSV files.
///
/// Each line stands or falls by itself: good lines are kept, bad ones are listed with line, column
/// and the way to mend them. A second run goes on where the first was broken off, and what is in the
/// book already changes nothing. docs/import.md describes the columns.
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "\
Examples:
  vouchsafe import members people.csv
  vouchsafe import facts facts.csv --zone Asia/Shanghai --replay-clock
  vouchsafe import purchases orders.csv --create-members --currency USD \\
      --map customer=member --map date=at --map amount_usd=amount --map quantity=-")]
pub(crate) enum Import {
    Members(Members),
    Facts(Facts),
    Purchases(Purchases),
}

/// Import members: who they are, and who referred them.
///
/// Columns: id (needed), referrer or referral_code, registered_at, name, phone, email, consents.sms,
/// consents.email, consent_source, and the attributes of the tracking plan. Lines may stand in any
/// order: a referrer is made before the members that he referred.
#[derive(Debug, Args)]
pub(crate) struct Members {
    #[command(flatten)]
    source: Source,
}

/// Import facts of any type of the tracking plan.
///
/// Columns: at (needed), type (needed, or --type), member, id, currency, and the fields of the tracking
/// plan. A line without an id gets one from its content.
#[derive(Debug, Args)]
pub(crate) struct Facts {
    /// The type of lines that name none.
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
    #[command(flatten)]
    options: FactOptions,
    #[command(flatten)]
    source: Source,
}

/// Import purchases: facts of the type `purchase`.
///
/// Columns: member, at and amount (needed), id, currency, category, channel, ref.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  vouchsafe import purchases orders.csv --create-members --currency USD --zone UTC \\
      --map customer=member --map date=at --map amount_usd=amount --map quantity=-")]
pub(crate) struct Purchases {
    #[command(flatten)]
    options: FactOptions,
    #[command(flatten)]
    source: Source,
}

/// What can be said of every file of facts.
#[derive(Debug, Args)]
struct FactOptions {
    /// The currency of amounts that name none.
    #[arg(long, value_name = "CODE")]
    currency: Option<String>,

    /// Make members that a line names and that are not there.
    #[arg(long)]
    create_members: bool,

    /// Play the lines in order of time, with the clock at their own time: what falls due between two
    /// days of lines is released between them.
    #[arg(long, conflicts_with = "as_of")]
    replay_clock: bool,
}

/// What can be said of every file.
#[derive(Debug, Args)]
struct Source {
    /// The CSV file, with a heading.
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Read a column as a field, or leave it out with `COLUMN=-`; may be repeated.
    #[arg(long, value_name = "COLUMN=FIELD", value_parser = pair)]
    map: Vec<(String, String)>,

    /// The zone of times without an offset, and of plain days.
    #[arg(long, value_name = "ZONE", default_value = "UTC", value_parser = zone)]
    zone: Zone,

    /// Import nothing if any line is wrong.
    #[arg(long)]
    strict: bool,

    /// Send every line again, even if this file was imported before.
    #[arg(long)]
    again: bool,

    /// Write the lines that were not kept to this file, to mend and import it.
    #[arg(long, value_name = "FILE")]
    bad: Option<PathBuf>,

    #[command(flatten)]
    by: By,
}

impl Import {
    pub(crate) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        match self {
            Self::Members(Members { source }) => members::run(context, &source),
            Self::Facts(Facts {
                kind,
                options,
                source,
            }) => facts::run(context, &source, &options, kind.as_deref()),
            Self::Purchases(Purchases { options, source }) => {
                facts::run(context, &source, &options, Some("purchase"))
            }
        }
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((column, field)) if !column.is_empty() && !field.is_empty() => {
            Ok((column.to_owned(), field.to_owned()))
        }
        _ => Err(
            "write COLUMN=FIELD, such as customer=member, or COLUMN=- to leave a column out"
                .to_owned(),
        ),
    }
}

fn zone(name: &str) -> Result<Zone, String> {
    Zone::named(name)
        .ok_or_else(|| "a zone of the IANA database is expected, such as Asia/Shanghai".to_owned())
}

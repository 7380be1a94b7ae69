//! `vouchsafe campaign …`

mod effect;
mod file;
mod list;

use super::actor::Signed;
use super::table::count;
use super::{Context, Failure, Verdict, confirm};
use serde_json::json;
use std::path::PathBuf;
use vouchsafe::campaigns::service;
use vouchsafe::campaigns::state::Move;

/// Draft, approve, run and judge campaigns.
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "\
Examples:
  vouchsafe campaign create june.toml --actor ann
  vouchsafe campaign approve 1 --actor bob               another person than the author
  vouchsafe campaign start 1 --actor ann
  vouchsafe campaign effect 1

docs/campaigns.md describes the file.")]
pub(crate) enum Campaign {
    Create(Create),
    List(list::List),
    Show(list::Show),
    Approve(Approve),
    /// Begin sending.
    Start(Step),
    /// Stop sending for the moment.
    Pause(Step),
    /// Go on sending.
    Resume(Step),
    /// End early, for good.
    Stop(StepForGood),
    /// End by time.
    Finish(Step),
    Effect(effect::Effect),
    Unknown(list::Unknown),
}

/// Keep a draft of a campaign, from a file.
#[derive(Debug, clap::Args)]
pub(crate) struct Create {
    /// The campaign file.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    signed: Signed,
}

/// Approve a draft that another person wrote.
///
/// This freezes who is treated and who is held out, puts the offer in force for the treated alone, and
/// plans one message for each of them.
#[derive(Debug, clap::Args)]
pub(crate) struct Approve {
    /// The campaign's number.
    id: i64,
    /// Do it without asking.
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    signed: Signed,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Step {
    /// The campaign's number.
    id: i64,
    #[command(flatten)]
    signed: Signed,
}

#[derive(Debug, clap::Args)]
pub(crate) struct StepForGood {
    #[command(flatten)]
    step: Step,
    /// Do it without asking.
    #[arg(long)]
    yes: bool,
}

impl Campaign {
    pub(crate) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        match self {
            Self::Create(command) => command.run(context),
            Self::List(command) => command.run(context),
            Self::Show(command) => command.run(context),
            Self::Approve(command) => command.run(context),
            Self::Start(step) => step.run(context, Move::Start),
            Self::Pause(step) => step.run(context, Move::Pause),
            Self::Resume(step) => step.run(context, Move::Resume),
            Self::Stop(command) => {
                let question = format!(
                    "Campaign {} ends now; messages that are not sent will never be sent.",
                    command.step.id
                );
                confirm(context, &question, command.yes)?;
                command.step.run(context, Move::Stop)
            }
            Self::Finish(step) => step.run(context, Move::Finish),
            Self::Effect(command) => command.run(context),
            Self::Unknown(command) => command.run(context),
        }
    }
}

impl Create {
    fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let book = context.changing()?;
        let draft = file::read(&self.file, &book)?;
        let made = service::create(&book.engine, &self.signed.actor, &draft);
        let id = made.map_err(|e| Failure::from(e).within(&self.file))?;
        let answer = json!({"campaign": id, "name": draft.name, "state": "draft"});
        context.out.answer(&answer, |_| {
            format!(
                "Campaign {id}, `{}`, is a draft; another person approves it.",
                draft.name
            )
        })?;
        Ok(Verdict::Fine)
    }
}

impl Approve {
    fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let book = context.changing()?;
        let row = service::get(&book.engine, self.id)?;
        let people = book
            .engine
            .store()
            .read(|tx| tx.cohort_members(row.cohort_id))?
            .len();
        let holdout = vouchsafe::types::currency::show_minor(row.holdout_bp, 2);
        let question = format!(
            "Campaign {}, `{}`, by {}: {} people, of whom {holdout}% are held out, from {} to {}.",
            row.id,
            row.name,
            row.author,
            count(people),
            super::names::at(row.starts_at),
            super::names::at(row.ends_at),
        );
        confirm(context, &question, self.yes)?;
        let approved = service::approve(&book.engine, &self.signed.actor, self.id)?;
        context.out.answer(&approved, |paint| {
            format!(
                "{} {} people are treated and {} held out; {} messages are planned, {} people cannot be reached.",
                paint.green("Approved:"),
                count(approved.treated),
                count(approved.control),
                count(approved.planned),
                count(approved.skipped)
            )
        })?;
        Ok(Verdict::Fine)
    }
}

impl Step {
    fn run(self, context: &Context, step: Move) -> Result<Verdict, Failure> {
        let book = context.changing()?;
        let state = service::advance(&book.engine, &self.signed.actor, self.id, step)?;
        let answer = json!({"campaign": self.id, "state": state.word()});
        context.out.answer(&answer, |_| {
            format!("Campaign {} is {}.", self.id, state.word())
        })?;
        Ok(Verdict::Fine)
    }
}

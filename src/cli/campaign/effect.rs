//! `vouchsafe campaign effect`

use super::super::table::{Table, count};
use super::super::{Context, Failure, Verdict};
use vouchsafe::effects::report::{BURN_IN, EffectReport, Verdict as Judgement, report};
use vouchsafe::effects::statistics::shown::percent;

/// Report the effect of a campaign as of a moment (--as-of, or now).
///
/// The arms are compared as they were assigned, whether or not a message arrived.
#[derive(Debug, clap::Args)]
pub(crate) struct Effect {
    /// The campaign's number.
    id: i64,
}

impl Effect {
    pub(crate) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let book = context.reading()?;
        let exponents = book.exponents()?;
        let report = report(&book.engine, self.id, book.engine.clock().now())?;
        context.out.answer(&report, |paint| {
            let money = |minor: i64| exponents.show(minor, &report.currency);
            let mut text = format!("{} as of {}\n", paint.bold(&format!("Campaign {}, `{}`, {}", report.campaign, report.name, report.state)), report.as_of);
            let mut table = Table::new(&["", ">treated", ">held out"]);
            let mut line = |what: &str, treated: String, control: String| table.row([what.to_owned(), treated, control]);
            line("people", count(report.assigned.treated), count(report.assigned.control));
            line("took part", count(report.participants.treated), count(report.participants.control));
            line("share", percent(report.rate.treated), percent(report.rate.control));
            line("amount", money(report.minor.treated), money(report.minor.control));
            text.push_str(&table.show(paint, ""));
            text.push_str(&format!("{}\n", paint.bold(&judgement(&report))));
            if let (Some(difference), Some(interval)) = (report.difference, report.interval) {
                let (low, high) = (percent(interval.low), percent(interval.high));
                text.push_str(&format!("difference {}, 95% interval {low} to {high} (Miettinen–Nurminen)\n", percent(difference)));
            }
            if let Some(ratio) = report.sample_ratio {
                text.push_str(&format!("sizes of the arms: p = {:.4}{}\n", ratio.p_value, if ratio.alarm { ", not as designed" } else { "" }));
            }
            let f = report.funnel;
            text.push_str(&format!(
                "funnel: {} assigned, {} sent, {} delivered, {} clicked, {} took part; {} planned, {} failed, {} unknown, {} skipped\n",
                f.assigned, f.sent, f.delivered, f.clicked, f.participants, f.planned, f.failed, f.unknown, f.skipped
            ));
            text.push_str(&format!("goal {}; rewards of the offer so far {}\n", money(report.goal_minor), money(report.reward_cost_minor)));
            text
        })?;
        Ok(Verdict::Fine)
    }
}

fn judgement(report: &EffectReport) -> String {
    match report.verdict {
        Judgement::TooEarly => {
            format!("Too early to judge: each arm needs {BURN_IN} people who took part.")
        }
        Judgement::SplitBroken => {
            "Nothing may be concluded: the arms are not as large as they were designed.".to_owned()
        }
        Judgement::Better => "The treated did better: the interval lies above zero.".to_owned(),
        Judgement::Worse => "The treated did worse: the interval lies below zero.".to_owned(),
        Judgement::Open => "Nothing is shown either way: the interval holds zero.".to_owned(),
        Judgement::NoControl => {
            "Nobody was held out, so nothing can be said about the effect.".to_owned()
        }
    }
}

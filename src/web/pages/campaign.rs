//! The dashboard of one campaign, and the list of its messages whose fate is unknown.

use askama::Template;

use super::states::CampaignState;
use super::{Moment, Shell, Window};
use crate::web::chart::{self, GoalLine, LineChart, Series, Stroke, Unit};

/// `/ops/campaigns/{id}`: how a campaign does, by the assignment frozen before anything was sent.
#[derive(Template, Clone, Debug)]
#[template(path = "pages/campaign.html")]
pub struct CampaignPage {
    /// What surrounds the content.
    pub shell: Shell,
    /// The id in the URL.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Where it is in its life.
    pub state: CampaignState,
    /// First and last day.
    pub window: Window,
    /// The moment the figures hold for.
    pub as_of: Moment,
    /// Seconds between two reads of the page by the browser, 5 to 300; `None` when nothing moves any more.
    pub refresh_seconds: Option<u16>,
    /// The goal and how far it is reached.
    pub goal: Goal,
    /// The two arms.
    pub arms: Arms,
    /// What may be concluded from the arms.
    pub verdict: Verdict,
    /// Whether the arms have the sizes that the split promised.
    pub split: SplitCheck,
    /// The conversion rates day by day, cumulated; empty before the first day is counted.
    pub rates: Vec<DayRates>,
    /// The amount day by day against the goal; `None` when the goal is not money.
    pub money: Option<MoneyByDay>,
    /// The funnel in order.
    pub funnel: Vec<FunnelRow>,
    /// What it cost and brought.
    pub cost: CostAndReturn,
    /// How many messages were attempted with no known result, formatted; `None` if there is none.
    pub unknown_sends: Option<String>,
    /// Who did what to the campaign, oldest first.
    pub audit: Vec<AuditRow>,
    /// What can be done with it now; `None` in a state that allows nothing.
    pub action: Option<CampaignAction>,
}

/// The goal of a campaign.
#[derive(Clone, Debug)]
pub struct Goal {
    /// What is counted, such as `Friends who invested`, in the page's language.
    pub name: String,
    /// How far it is, formatted.
    pub done: String,
    /// The goal, formatted.
    pub target: String,
    /// `done` of `target`, 0 to 1000, for the bar.
    pub per_mille: u16,
    /// `done` of `target` in words, such as `64.3%`; it may exceed `100%`.
    pub share: String,
}

/// The figures of both arms. Rates are of all who were assigned, whether or not a message reached them.
#[derive(Clone, Debug)]
pub struct Arms {
    /// Rate among the treated, such as `4.13%`.
    pub treated_rate: String,
    /// Converted of assigned among the treated, such as `1,992 / 48,224`.
    pub treated_of: String,
    /// Rate in the control arm.
    pub control_rate: String,
    /// Converted of assigned in the control arm.
    pub control_of: String,
    /// The difference; `None` until it may be shown.
    pub lift: Option<Lift>,
}

/// The difference between the arms in percentage points.
#[derive(Clone, Debug)]
pub struct Lift {
    /// The point estimate with its sign, such as `+2.03`.
    pub points: String,
    /// The lower end of the 95% interval, with its sign.
    pub low: String,
    /// The upper end of the 95% interval, with its sign.
    pub high: String,
}

/// What may be concluded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The burn-in is not over: too few conversions in an arm to judge.
    TooEarly {
        /// Conversions in the arm that has fewer.
        have: String,
        /// Conversions each arm needs.
        need: String,
    },
    /// The arms differ in size from the split, so nothing may be concluded.
    SplitBroken,
    /// The interval lies above zero.
    Better,
    /// The interval lies below zero.
    Worse,
    /// The interval holds zero.
    Open,
    /// There is no control arm to compare with.
    NoControl,
}

/// The sample-ratio check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SplitCheck {
    /// The sizes agree with the split; `p` formatted, such as `0.62`.
    Balanced {
        /// The p-value of the chi-square test.
        p: String,
    },
    /// The sizes do not agree (p below 0.001).
    Broken {
        /// The p-value of the chi-square test.
        p: String,
    },
    /// Nobody is assigned yet, or there is only one arm.
    NotChecked,
}

/// Both rates after one day.
#[derive(Clone, Debug)]
pub struct DayRates {
    /// The day's label, such as `11-01`.
    pub day: String,
    /// Rate among the treated in parts per million; `None` for a day still to come.
    pub treated_ppm: Option<i64>,
    /// Rate in the control arm in parts per million; `None` without one or for a day still to come.
    pub control_ppm: Option<i64>,
}

/// The amount after each day, against the goal.
#[derive(Clone, Debug)]
pub struct MoneyByDay {
    /// The currency's sign for the axis, such as `¥`.
    pub symbol: String,
    /// Digits of the minor unit, 0 to 9.
    pub digits: u32,
    /// The goal in minor units.
    pub goal_minor: i64,
    /// Each day's label and the amount reached by its end in minor units; `None` for a day still to come.
    pub days: Vec<(String, Option<i64>)>,
}

/// A step of the funnel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FunnelStep {
    /// Chosen for the treated arm.
    Assigned,
    /// Handed to the provider.
    Sent,
    /// Reported as delivered.
    Delivered,
    /// Followed the link.
    Clicked,
    /// Did what the campaign asks for.
    TookPart,
}

impl FunnelStep {
    /// The key of the step's name.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Assigned => "funnel.assigned",
            Self::Sent => "funnel.sent",
            Self::Delivered => "funnel.delivered",
            Self::Clicked => "funnel.clicked",
            Self::TookPart => "funnel.took_part",
        }
    }
}

/// A step of the funnel with its figures.
#[derive(Clone, Debug)]
pub struct FunnelRow {
    /// Which step.
    pub step: FunnelStep,
    /// How many people reached it, formatted.
    pub count: String,
    /// Of the first step, 0 to 1000.
    pub per_mille: u16,
    /// Of the step before, such as `41.0%`; `None` for the first.
    pub of_previous: Option<String>,
}

impl FunnelRow {
    fn bar(&self) -> String {
        chart::bar(self.per_mille)
    }
}

/// Formatted amounts; what cannot be said yet is `None`.
#[derive(Clone, Debug)]
pub struct CostAndReturn {
    /// Rewards granted because of the campaign.
    pub rewards: String,
    /// Messages sent.
    pub messages: String,
    /// Both together.
    pub total: String,
    /// What the treated brought beyond the control arm.
    pub gained: Option<String>,
    /// That less the cost.
    pub net: Option<String>,
    /// Cost per additional conversion.
    pub per_conversion: Option<String>,
}

/// What somebody did to a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditAction {
    /// Wrote it.
    Authored,
    /// Handed it in for approval.
    Submitted,
    /// Approved it.
    Approved,
    /// Started it.
    Started,
    /// Paused it.
    Paused,
    /// Let it go on.
    Resumed,
    /// Finished or cancelled it.
    Ended,
}

impl AuditAction {
    /// The key of the action's name.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Authored => "audit.authored",
            Self::Submitted => "audit.submitted",
            Self::Approved => "audit.approved",
            Self::Started => "audit.started",
            Self::Paused => "audit.paused",
            Self::Resumed => "audit.resumed",
            Self::Ended => "audit.ended",
        }
    }
}

/// Who did what when.
#[derive(Clone, Debug)]
pub struct AuditRow {
    /// What.
    pub action: AuditAction,
    /// Who, as the access log names them.
    pub who: String,
    /// When.
    pub at: Moment,
}

/// What the page offers to do, and how many messages it concerns, formatted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CampaignAction {
    /// Pause: posts to `/ops/campaigns/{id}/pause`.
    Pause {
        /// Messages planned and not sent.
        unsent: String,
    },
    /// Go on: posts to `/ops/campaigns/{id}/resume`.
    Resume {
        /// Messages planned and not sent.
        unsent: String,
    },
}

impl CampaignPage {
    fn goal_bar(&self) -> String {
        chart::bar(self.goal.per_mille)
    }

    fn verdict_words(&self) -> String {
        match &self.verdict {
            Verdict::TooEarly { have, need } => self
                .shell
                .fill("verdict.too_early", &[("have", have), ("need", need)]),
            Verdict::SplitBroken => self.shell.t("verdict.split_broken").to_owned(),
            Verdict::Better => self.shell.t("verdict.better").to_owned(),
            Verdict::Worse => self.shell.t("verdict.worse").to_owned(),
            Verdict::Open => self.shell.t("verdict.open").to_owned(),
            Verdict::NoControl => self.shell.t("verdict.no_control").to_owned(),
        }
    }

    fn lines(&self) -> Vec<LineChart> {
        let charts = std::iter::once(self.rate_chart()).chain(self.money_chart());
        charts.filter(|chart| !chart.is_empty()).collect()
    }

    fn rate_chart(&self) -> LineChart {
        let line = |key, stroke, values: Vec<Option<i64>>| Series {
            name: self.shell.t(key).to_owned(),
            stroke,
            values,
        };
        let treated = self.rates.iter().map(|day| day.treated_ppm).collect();
        let control: Vec<_> = self.rates.iter().map(|day| day.control_ppm).collect();
        let mut series = vec![line("arm.treated", Stroke::Solid, treated)];
        if control.iter().any(Option::is_some) {
            series.push(line("arm.control", Stroke::Dashed, control));
        }
        LineChart {
            title: self.shell.t("campaign.chart_rates").to_owned(),
            unit: Unit::Rate,
            positions: self.rates.iter().map(|day| day.day.clone()).collect(),
            series,
            goal: None,
        }
    }

    fn money_chart(&self) -> Option<LineChart> {
        let money = self.money.as_ref()?;
        Some(LineChart {
            title: self.shell.t("campaign.chart_money").to_owned(),
            unit: Unit::Money {
                symbol: money.symbol.clone(),
                digits: money.digits,
            },
            positions: money.days.iter().map(|(day, _)| day.clone()).collect(),
            series: vec![Series {
                name: self.shell.t("chart.reached").to_owned(),
                stroke: Stroke::Solid,
                values: money.days.iter().map(|(_, amount)| *amount).collect(),
            }],
            goal: Some(GoalLine {
                name: self.shell.t("chart.goal").to_owned(),
                value: money.goal_minor,
            }),
        })
    }
}

/// `/ops/campaigns/{id}/unknown`: messages that were handed over and never answered for.
#[derive(Template, Clone, Debug)]
#[template(path = "pages/unknown_sends.html")]
pub struct UnknownSendsPage {
    /// What surrounds the content.
    pub shell: Shell,
    /// The campaign's id.
    pub id: String,
    /// The campaign's name.
    pub name: String,
    /// The messages, oldest attempt first.
    pub sends: Vec<UnknownSend>,
}

/// One message whose fate is unknown.
#[derive(Clone, Debug)]
pub struct UnknownSend {
    /// The message's id.
    pub id: String,
    /// The person's id; never an address.
    pub person: String,
    /// The channel, such as `sms`.
    pub channel: String,
    /// When it was handed to the provider.
    pub attempted_at: Moment,
    /// What the provider last said, or what failed.
    pub last_answer: String,
}

//! A checked program, ready to decide.

use super::calendar::Calendar;
use super::expr::{Aggregate, Formula, Role};
use crate::types::{Currencies, Exact, Instant, RoundingMode, Text, Zone};

/// A program: one version of one rule file.
#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    /// Its id, shared by all versions.
    pub id: Text,
    /// Its version.
    pub version: i64,
    /// For people.
    pub title: Text,
    /// The program's currency.
    pub currency: Text,
    /// Every currency and commodity it may pay in.
    pub currencies: Currencies,
    /// What a day is.
    pub zone: Zone,
    /// Working days.
    pub calendar: Calendar,
    /// Facts before this start nothing.
    pub from: Option<Instant>,
    /// Facts from this on start nothing.
    pub until: Option<Instant>,
    /// Most it may cost.
    pub budget: Option<Budget>,
    /// In a campaign: who must be treated.
    pub audience: Role,
    /// Tables.
    pub tiers: Vec<TierTable>,
    /// Rules in order.
    pub rules: Vec<Rule>,
    /// The file's text.
    pub source: Text,
}

/// Most a program may cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    /// In minor units of the program's currency.
    pub total_minor: i64,
    /// Pay what is left instead of refusing.
    pub reduce: bool,
}

/// A table of tiers.
#[derive(Clone, Debug, PartialEq)]
pub struct TierTable {
    /// Its name.
    pub name: Text,
    /// Lower bound and value of each row, ascending.
    pub rows: Vec<(Exact, Exact)>,
    /// Where the last row ends.
    pub until: Option<Exact>,
    /// Word and value of each row, when it is looked up by words; then there are no other rows.
    pub words: Vec<(Text, Exact)>,
}

impl TierTable {
    /// The value of the row of a word; `None` when no row has it.
    #[must_use]
    pub fn of_word(&self, word: &str) -> Option<Exact> {
        let row = self.words.iter().find(|(w, _)| &**w == word);
        row.map(|(_, value)| value.clone())
    }

    /// The value of the row that `x` falls in, or the sum of each slice at its own value;
    /// `None` below the first row and beyond the last.
    #[must_use]
    pub fn look_up(&self, x: &Exact, marginal: bool) -> Option<Exact> {
        if self.until.as_ref().is_some_and(|u| x >= u) {
            return None;
        }
        if !marginal {
            return self
                .rows
                .iter()
                .rev()
                .find(|(from, _)| from <= x)
                .map(|(_, v)| v.clone());
        }
        let mut sum = None;
        for (i, (from, value)) in self.rows.iter().enumerate() {
            if x < from {
                break;
            }
            let end = self.rows.get(i + 1).map_or(x, |(next, _)| next.min(x));
            let slice = end.sub(from).mul(value);
            sum = Some(sum.map_or_else(|| slice.clone(), |s: Exact| s.add(&slice)));
        }
        sum
    }
}

/// A rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Unique in the program.
    pub id: Text,
    /// Fact types that start it.
    pub on: Vec<Text>,
    /// Runs once for each fact that fits.
    pub each: Option<Aggregate>,
    /// Looked at then.
    pub after: Option<Formula>,
    /// Facts that are looked at together when their time comes.
    pub gather: Option<Gather>,
    /// Runs once for each member of a group.
    pub group: Option<Group>,
    /// Does not apply otherwise.
    pub when: Option<Formula>,
    /// Refused otherwise.
    pub require: Vec<Require>,
    /// Payments.
    pub pays: Vec<Pay>,
}

/// Facts put together by the member who stands for them.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// Facts that count.
    pub of: Aggregate,
    /// Steps from the member of a fact up to the one who is listed.
    pub steps: u8,
    /// What a fact counts; 1 if absent.
    pub total: Option<Formula>,
    /// Who of them is listed.
    pub only: Option<Formula>,
    /// What parts equal totals, the higher first.
    pub then: Option<Formula>,
    /// Whether who reached an equal total first is ahead; otherwise they share the place.
    pub earlier: bool,
}

/// Facts that are looked at together, once, when their time comes.
#[derive(Clone, Debug, PartialEq)]
pub struct Gather {
    /// The period that closes.
    pub close: Option<Close>,
    /// What the facts have in common.
    pub by: Vec<Per>,
    /// Whether there is a look at the end of every later period too.
    pub repeat: bool,
}

/// What closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Close {
    /// A calendar period.
    Period(Period),
    /// The program's window.
    Window,
}

/// A condition with the reason of its refusal.
#[derive(Clone, Debug, PartialEq)]
pub struct Require {
    /// Must hold.
    pub that: Formula,
    /// Why nothing is paid otherwise.
    pub otherwise: Text,
}

/// Who earns: steps above the member who acted. There is no third.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beneficiary {
    /// The member who acted.
    Friend,
    /// Level 1.
    Referrer,
    /// Level 2.
    Level2,
}

impl Beneficiary {
    /// Steps above the member who acted.
    #[must_use]
    pub const fn distance(self) -> u8 {
        match self {
            Self::Friend => 0,
            Self::Referrer => 1,
            Self::Level2 => 2,
        }
    }

    /// The role in expressions.
    #[must_use]
    pub const fn role(self) -> Role {
        match self {
            Self::Friend => Role::Friend,
            Self::Referrer => Role::Referrer,
            Self::Level2 => Role::Level2,
        }
    }
}

/// A payment.
#[derive(Clone, Debug, PartialEq)]
pub struct Pay {
    /// Who earns.
    pub to: Vec<Beneficiary>,
    /// How finance classes it.
    pub form: Text,
    /// The program's own word for it.
    pub kind: Text,
    /// Its name when payments of several rules feed one reward.
    pub slot: Option<Text>,
    /// How much.
    pub amount: PayAmount,
    /// In what.
    pub currency: PayCurrency,
    /// Conditions that may speak of the beneficiary.
    pub require: Vec<Require>,
    /// The one rounding.
    pub round: Round,
    /// Most it may be.
    pub cap: Option<Formula>,
    /// What one reward stands for.
    pub per: Vec<Per>,
    /// What a second fact does.
    pub mode: Mode,
    /// Limits.
    pub limits: Vec<Limit>,
    /// Whether the third step up gets a refusal.
    pub beyond: bool,
    /// When it is released.
    pub release: Release,
    /// What ends it while pending.
    pub cancel: Option<Ending>,
    /// What takes it back.
    pub clawback: Option<Ending>,
    /// When it lapses.
    pub expire: Option<(Formula, Text)>,
    /// Virtual principal.
    pub fund: Option<Fund>,
}

/// How much a payment is.
#[derive(Clone, Debug, PartialEq)]
pub enum PayAmount {
    /// A formula, and the reason when it comes to nothing.
    Amount(Formula, Option<Text>),
    /// Nothing: a refusal with this reason.
    Refuse(Text),
}

/// What a payment is made in.
#[derive(Clone, Debug, PartialEq)]
pub enum PayCurrency {
    /// Always this.
    Code(Text),
    /// What the formula says.
    Of(Formula),
}

/// The one rounding of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Round {
    /// Decimals.
    pub places: u8,
    /// How.
    pub mode: RoundingMode,
}

/// A part of what one reward stands for.
#[derive(Clone, Debug, PartialEq)]
pub enum Per {
    /// The starting fact.
    Fact,
    /// The `each` item.
    Item,
    /// The member who acted.
    Friend,
    /// The member so many steps above him.
    Upline(u8),
    /// A calendar period of the fact's time.
    Period(Period),
    /// The currency.
    Currency,
    /// A value.
    Value(Formula),
}

/// A calendar period in the program's zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// A day.
    Day,
    /// An ISO week.
    Week,
    /// A month.
    Month,
    /// A year.
    Year,
    /// For ever.
    Lifetime,
}

/// What a second fact with the same key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Nothing: the first stands.
    Once,
    /// Adds its amount; the exact sum is rounded once.
    Sum,
    /// Sets the amount anew.
    Target,
}

/// A limit of count or amount.
#[derive(Clone, Debug, PartialEq)]
pub struct Limit {
    /// Whose: one counter for each that these parts have in common.
    pub per: Vec<LimitPer>,
    /// In which time.
    pub period: Period,
    /// Most rewards.
    pub count: Option<i64>,
    /// Most money, in minor units of the payment's currency.
    pub amount: Option<Exact>,
    /// Pay what is left.
    pub cut: bool,
    /// Used before the program knew.
    pub used: Option<Formula>,
    /// Shared by all payments of the program that say so.
    pub shared: bool,
    /// The reason of the refusal.
    pub otherwise: Option<Text>,
}

/// Whose limit it is.
#[derive(Clone, Debug, PartialEq)]
pub enum LimitPer {
    /// The beneficiary's.
    Who,
    /// The acting member's.
    Friend,
    /// Of the two together.
    Pair,
    /// Everybody's.
    Program,
    /// Of a value, such as an address or a device.
    Value(Formula),
}

/// When a reward is released.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Release {
    /// Pending until this holds.
    pub until: Option<Formula>,
    /// The reason meanwhile.
    pub waiting: Option<Text>,
    /// Not before.
    pub at: Option<Formula>,
    /// Pending until a person releases it.
    pub hold: Option<Formula>,
    /// The reason of the hold.
    pub hold_reason: Option<Text>,
}

/// A condition that ends a reward.
#[derive(Clone, Debug, PartialEq)]
pub struct Ending {
    /// Ends it.
    pub when: Formula,
    /// The reason shown.
    pub reason: Text,
    /// How much is taken back; all of it if absent.
    pub amount: Option<Formula>,
}

/// Virtual principal: only its yield is paid.
#[derive(Clone, Debug, PartialEq)]
pub struct Fund {
    /// When the yield is paid and the principal goes back.
    pub matures: Formula,
    /// The yield.
    pub yields: Formula,
    /// The program's word for the yield.
    pub kind: Text,
    /// Currency of the yield.
    pub currency: Text,
    /// Rounding of the yield.
    pub round: Round,
}

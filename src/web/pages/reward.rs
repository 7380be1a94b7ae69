//! Why a reward is what it is, down to the cent.

use askama::Template;

use super::ledger::JournalRow;
use super::states::{LimitVerdict, RewardState};
use super::{Moment, Shell};

/// `/ops/rewards/{id}`: the whole explanation of one reward or refusal.
#[derive(Template, Clone, Debug)]
#[template(path = "pages/reward.html")]
pub struct RewardPage {
    /// What surrounds the content.
    pub shell: Shell,
    /// The reward's id.
    pub id: String,
    /// Where it is on its way.
    pub state: RewardState,
    /// The amount, formatted.
    pub amount: String,
    /// The member who gets it, by id.
    pub member: String,
    /// The member whose act it comes from, by id.
    pub origin: String,
    /// The tree distance between the two, 0 to 2.
    pub distance: u8,
    /// The program's id.
    pub program: String,
    /// The program's version.
    pub version: String,
    /// The rule's id.
    pub rule: String,
    /// The line of the rule in the program's file, counted from 1.
    pub rule_line: usize,
    /// The amount as a sum; the last step's result is the amount.
    pub terms: Vec<Term>,
    /// The arithmetic, step by step.
    pub steps: Vec<Step>,
    /// The conditions and what each found.
    pub clauses: Vec<Clause>,
    /// The limits that were looked at.
    pub limits: Vec<LimitRow>,
    /// The facts behind it, oldest first.
    pub facts: Vec<FactRow>,
    /// Why and when it is or was released.
    pub release: Release,
    /// The journals it is booked in, oldest first.
    pub journals: Vec<JournalRow>,
}

/// Whether a term is added or taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// Added.
    Plus,
    /// Taken away.
    Minus,
}

/// One term of the sum, such as the base, the tier or what a cap took.
#[derive(Clone, Debug)]
pub struct Term {
    /// Added or taken away.
    pub sign: Sign,
    /// What it is, in the page's language.
    pub name: String,
    /// Its amount without a sign, formatted.
    pub amount: String,
}

/// One step of the arithmetic.
#[derive(Clone, Debug)]
pub struct Step {
    /// What is computed, in the page's language.
    pub name: String,
    /// The expression as the program writes it.
    pub expression: String,
    /// The expression with its values put in.
    pub filled: String,
    /// The exact result, as a decimal or a fraction.
    pub result: String,
}

/// One condition of the rule.
#[derive(Clone, Debug)]
pub struct Clause {
    /// As the program writes it.
    pub text: String,
    /// What was found, such as `invest.amount = 50,000.00`.
    pub found: String,
    /// Whether it held.
    pub holds: bool,
}

/// One limit that was looked at.
#[derive(Clone, Debug)]
pub struct LimitRow {
    /// What it limits, in the page's language.
    pub name: String,
    /// The limit, formatted.
    pub allowed: String,
    /// What was used before this reward, formatted.
    pub used: String,
    /// What it did.
    pub verdict: LimitVerdict,
}

/// One fact behind the reward.
#[derive(Clone, Debug)]
pub struct FactRow {
    /// When it happened.
    pub at: Moment,
    /// Its number in the total order.
    pub seq: String,
    /// Its name in the tracking plan, such as `invest.completed`.
    pub kind: String,
    /// Whose it is, by id.
    pub member: String,
    /// The fields that the rule read, such as `amount = 50,000.00`.
    pub fields: Vec<String>,
}

/// Why and when a reward becomes the member's.
#[derive(Clone, Debug)]
pub struct Release {
    /// The reason in the page's language, such as `Seven days after the friend's first investment`.
    pub reason: String,
    /// When it happens or happened; `None` if that depends on something that has not happened.
    pub at: Option<Moment>,
}

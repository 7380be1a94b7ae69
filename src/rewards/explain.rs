//! Why a reward is what it is: facts, conditions, arithmetic, limits, release.

use super::decide::Work;
use crate::rules::eval::{Env, Halt};
use crate::rules::expr::{Expr, ExprKind, Formula};
use serde::{Deserialize, Serialize};

/// The explanation of one decision about one reward.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// The rule's id.
    pub rule: String,
    /// Conditions in the order they were looked at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// The formula of the amount.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub formula: String,
    /// What its names stood for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<Input>,
    /// Its exact value, before any limit: a decimal or a fraction.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub exact: String,
    /// The cap that was applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<String>,
    /// How it was rounded, and to what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rounding: Option<Rounding>,
    /// Limits looked at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<LimitCheck>,
    /// What the budget said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<LimitCheck>,
    /// What decides the release, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub release: Vec<String>,
    /// The amount in the end, with its currency.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub amount: String,
    /// Why nothing is paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

/// A condition and its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    /// As written.
    pub text: String,
    /// Whether it holds.
    pub holds: bool,
    /// What its names stood for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<Input>,
}

/// A name and what it stood for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// As written.
    pub text: String,
    /// Its value.
    pub value: String,
}

/// The one rounding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rounding {
    /// Decimals.
    pub places: u8,
    /// Mode.
    pub mode: crate::types::RoundingMode,
    /// The rounded amount.
    pub to: String,
}

/// A limit and what was left of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitCheck {
    /// Which limit.
    pub name: String,
    /// Used before.
    pub used: String,
    /// Most allowed.
    pub most: String,
    /// Cut to this amount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut_to: Option<String>,
}

impl Work<'_> {
    /// What the names in a formula stand for, outermost aggregates and names once each; nothing
    /// while only looking ahead.
    ///
    /// # Errors
    /// As evaluation.
    pub(super) fn inputs(&self, env: &Env<'_>, formula: &Formula) -> Result<Vec<Input>, Halt> {
        let mut found = Vec::new();
        if !self.state.is_looking_ahead() {
            collect(env, &formula.expr, &formula.source, &mut found)?;
        }
        Ok(found)
    }

    /// An explanation as it is stored; nothing while only looking ahead.
    ///
    /// # Errors
    /// [`Halt::Fault`] when it cannot be written.
    pub(super) fn written(&self, explanation: &Explanation) -> Result<String, Halt> {
        if self.state.is_looking_ahead() {
            return Ok(String::new());
        }
        serde_json::to_string(explanation).map_err(|e| Halt::Fault(e.to_string()))
    }
}

fn collect(env: &Env<'_>, expr: &Expr, source: &str, found: &mut Vec<Input>) -> Result<(), Halt> {
    match &expr.kind {
        ExprKind::Lit(_) => {}
        ExprKind::Field(..)
        | ExprKind::Attr(..)
        | ExprKind::Local(_)
        | ExprKind::Named(..)
        | ExprKind::Aggregate(_) => {
            let raw = source.get(expr.span.clone()).unwrap_or_default();
            let text = raw.split_whitespace().collect::<Vec<_>>().join(" ");
            if !found.iter().any(|i| i.text == text) {
                found.push(Input {
                    text,
                    value: env.eval(expr)?.to_string(),
                });
            }
        }
        ExprKind::Tier { of, .. } => {
            collect(env, of, source, found)?;
            let text = source.get(expr.span.clone()).unwrap_or_default().to_owned();
            found.push(Input {
                text,
                value: env.eval(expr)?.to_string(),
            });
        }
        ExprKind::Not(x) | ExprKind::Neg(x) | ExprKind::NextDay(x, _) => {
            collect(env, x, source, found)?
        }
        ExprKind::Binary(_, a, b) => {
            collect(env, a, source, found)?;
            collect(env, b, source, found)?;
        }
        ExprKind::In(x, _) => collect(env, x, source, found)?,
        ExprKind::If(c, a, b) => {
            collect(env, c, source, found)?;
            collect(env, if env.holds(c)? { a } else { b }, source, found)?;
        }
        ExprKind::Call(_, list) => list
            .iter()
            .try_for_each(|e| collect(env, e, source, found))?,
    }
    Ok(())
}

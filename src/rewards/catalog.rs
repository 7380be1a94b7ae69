//! The programs in force, indexed by what they listen to.

use crate::rules::expr::{Expr, ExprKind, MEMBER};
use crate::rules::program::{Pay, Program, Rule};
use crate::types::{Instant, Text, Tie};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A program version that was activated.
#[derive(Clone, Debug)]
pub struct Active {
    /// Number of the activated version.
    pub no: i64,
    /// The checked program.
    pub program: Arc<Program>,
    /// The campaign whose treated members alone it is for.
    pub campaign: Option<i64>,
    /// Whether new facts start its rules. Rewards of a retired version live on.
    pub accepting: bool,
}

impl Active {
    /// Whether a fact of this time may start a rule.
    #[must_use]
    pub fn in_window(&self, at: Instant) -> bool {
        let program = &self.program;
        program.from.is_none_or(|f| at >= f) && program.until.is_none_or(|u| at < u)
    }

    /// A rule by its position.
    #[must_use]
    pub fn rule(&self, position: usize) -> Option<&Rule> {
        self.program.rules.get(position)
    }
}

/// All activated versions.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    programs: BTreeMap<i64, Active>,
    listeners: BTreeMap<Text, Vec<(i64, usize)>>,
    watched: BTreeMap<Text, BTreeSet<Option<Text>>>,
}

impl Catalog {
    /// Indexes a set of activated versions.
    #[must_use]
    pub fn new(programs: impl IntoIterator<Item = Active>) -> Self {
        let mut catalog = Self::default();
        for active in programs {
            catalog.add(active);
        }
        catalog
    }

    fn add(&mut self, active: Active) {
        for (position, rule) in active.program.rules.iter().enumerate() {
            if active.accepting {
                for kind in &rule.on {
                    self.listeners
                        .entry(kind.clone())
                        .or_default()
                        .push((active.no, position));
                }
            }
            for formula in rule.pays.iter().flat_map(watched_conditions) {
                formula.walk(&mut |e| {
                    if let ExprKind::Aggregate(a) = &e.kind {
                        let by = a
                            .tie
                            .as_ref()
                            .filter(|(field, _)| a.by.is_none() && **field != *MEMBER)
                            .map(|(field, _)| field.clone());
                        self.watched.entry(a.kind.clone()).or_default().insert(by);
                    }
                });
            }
        }
        self.programs.insert(active.no, active);
    }

    /// An activated version by its number.
    #[must_use]
    pub fn get(&self, no: i64) -> Option<&Active> {
        self.programs.get(&no)
    }

    /// All activated versions by number.
    pub fn iter(&self) -> impl Iterator<Item = &Active> {
        self.programs.values()
    }

    /// The rules that a fact type starts, in order of activation.
    pub fn listeners(&self, kind: &str) -> impl Iterator<Item = (&Active, usize)> {
        let list = self.listeners.get(kind).map_or(&[][..], Vec::as_slice);
        list.iter()
            .filter_map(|(no, rule)| Some((self.programs.get(no)?, *rule)))
    }

    /// Whether a fact type with this tie can change a reward that is already there.
    #[must_use]
    pub fn is_watched(&self, kind: &str, tie: &Tie) -> bool {
        let by = match tie {
            Tie::Member(_) => None,
            Tie::Field(field, _) => Some(field.clone()),
        };
        self.watched.get(kind).is_some_and(|w| w.contains(&by))
    }
}

/// The conditions of a payment that are looked at again when facts arrive.
pub(crate) fn watched_conditions(pay: &Pay) -> impl Iterator<Item = &Expr> {
    let parts = [
        pay.release.until.as_ref().map(|f| &f.expr),
        pay.cancel.as_ref().map(|e| &e.when.expr),
        pay.clawback.as_ref().map(|e| &e.when.expr),
    ];
    parts.into_iter().flatten()
}

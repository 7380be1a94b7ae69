//! Named formulas: `[let]` at the head of a file, `let.NAME` in its formulas.

use super::{Scope, Typed};
use crate::rules::error::{Problem, suggest};
use crate::rules::expr::{ExprKind, Type};
use crate::rules::syntax::{Node, parse};
use crate::types::Text;
use std::cell::Cell;
use std::ops::Range;

/// Most named formulas of a file.
const LETS_MAX: usize = 60;
/// Most named formulas inside one another: each adds its own depth to an expression.
const DEPTH_MAX: u8 = 4;
/// Most uses in a file, those inside other named formulas included, so that no file can grow
/// beyond measure by naming.
const USES_MAX: usize = 2_000;

/// The named formulas of a file.
#[derive(Default)]
pub struct Lets {
    list: Vec<Named>,
    uses: Cell<usize>,
}

/// A named formula, and whether anything uses it.
struct Named {
    name: Text,
    node: Node,
    used: Cell<bool>,
}

/// The named formulas that a formula may use.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    list: &'a [Named],
    uses: &'a Cell<usize>,
    depth: u8,
}

impl Lets {
    /// Adds a formula; whether there was room for it. It is parsed now and checked where it is
    /// used, because what it may speak of depends on that place.
    ///
    /// # Errors
    /// The first place where the text is not an expression.
    pub fn add(&mut self, name: &str, text: &str) -> Result<bool, Problem> {
        let room = self.list.len() < LETS_MAX;
        self.list.push(Named {
            name: name.into(),
            node: parse(text)?,
            used: Cell::new(false),
        });
        Ok(room)
    }

    /// A formula that nothing uses, and that was therefore never checked.
    #[must_use]
    pub fn unused(&self) -> Option<&str> {
        let unused = self.list.iter().find(|n| !n.used.get());
        unused.map(|n| &*n.name)
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> Known<'_> {
        Known {
            list: &self.list,
            uses: &self.uses,
            depth: 0,
        }
    }
}

impl Scope<'_> {
    /// `let.NAME`, checked as if it stood here.
    pub(super) fn named(
        &self,
        wanted: &str,
        span: &Range<usize>,
    ) -> Result<(ExprKind, Type), Problem> {
        let list = self.lets.list;
        let Some((position, named)) = list
            .iter()
            .enumerate()
            .find(|(_, known)| &*known.name == wanted)
        else {
            let known = list.iter().map(|n| &*n.name);
            return Err(Problem::new(
                span.clone(),
                format!("`[let]` has no `{wanted}` that can be used here"),
            )
            .help(suggest(wanted, known)));
        };
        named.used.set(true);
        let uses = self.lets.uses.get() + 1;
        self.lets.uses.set(uses);
        if self.lets.depth >= DEPTH_MAX || uses > USES_MAX {
            return Err(Problem::new(
                span.clone(),
                format!(
                    "named formulas stand at most {DEPTH_MAX} deep in one another and are used at most {USES_MAX} times in a file"
                ),
            ));
        }
        let inner = Scope {
            lets: Known {
                list: list.get(..position).unwrap_or_default(),
                depth: self.lets.depth + 1,
                ..self.lets
            },
            ..*self
        };
        let (expr, found): Typed = inner
            .check(&named.node)
            .map_err(|p| Problem::new(span.clone(), format!("in `let.{wanted}`: {}", p.message)))?;
        Ok((ExprKind::Named(named.name.clone(), Box::new(expr)), found))
    }
}

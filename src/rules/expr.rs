//! Checked expressions: every name resolved, every unit known.

use super::functions::Func;
pub use super::syntax::{AggregateFunc, BinaryOp};
use crate::types::{Text, Value};
use std::ops::Range;

/// What a checked expression gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// Yes or no.
    Bool,
    /// A number of a unit.
    Num(Unit),
    /// A text.
    Text,
    /// A moment.
    Instant,
    /// A day.
    Date,
    /// A duration.
    Span,
}

/// The unit of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A literal: takes the unit of its neighbour.
    Any,
    /// A plain number, a rate, a count.
    Plain,
    /// An amount of money or of a commodity.
    Money,
    /// A number of days.
    Days,
}

/// Whose fact a field is read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The fact that started the rule.
    Fact,
    /// The `each` item.
    Item,
    /// The fact under examination in an aggregate.
    It,
}

/// Which part of a fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldRef {
    /// Its time.
    At,
    /// The external id of its member.
    Member,
    /// A field of the tracking plan.
    Named(Text),
}

/// A person a rule can speak of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Who acted.
    Friend,
    /// Level 1.
    Referrer,
    /// Level 2.
    Level2,
    /// The beneficiary.
    Who,
    /// The member of the fact under examination.
    Its,
}

/// Which part of a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttrRef {
    /// When he registered.
    Registered,
    /// His external id.
    Id,
    /// An attribute of the tracking plan.
    Named(Text),
}

/// Names that the engine fills in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Local {
    /// Start of the program's window.
    WindowFrom,
    /// End of the program's window.
    WindowUntil,
    /// When the reward was decided.
    Granted,
    /// When its `until` came true.
    Released,
    /// The reward's amount.
    Amount,
    /// The day under examination.
    Day,
    /// Place in the group, from 1.
    Place,
    /// What counts for the member of the group.
    Total,
    /// What counts for all members of the group.
    GroupTotal,
    /// How many members the group has.
    GroupSize,
    /// Start of the period that closed.
    PeriodFrom,
    /// End of the period that closed.
    PeriodUntil,
}

/// A checked expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// Byte range in the expression's text.
    pub span: Range<usize>,
    /// What it is.
    pub kind: ExprKind,
}

/// The kinds of checked expressions.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// A constant.
    Lit(Value),
    /// A field of a fact.
    Field(Subject, FieldRef),
    /// An attribute of a person.
    Attr(Role, AttrRef),
    /// A name of the engine.
    Local(Local),
    /// `not x`.
    Not(Box<Expr>),
    /// `-x`.
    Neg(Box<Expr>),
    /// Two operands, never [`BinaryOp::In`].
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// `x in [a, b]`.
    In(Box<Expr>, Vec<Expr>),
    /// `if a then b else c`.
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    /// A function.
    Call(Func, Vec<Expr>),
    /// `next_day_of_month(x, [days])`.
    NextDay(Box<Expr>, Vec<u32>),
    /// `tier(x, NAME)` or `marginal(x, NAME)`.
    Tier {
        /// The value looked up.
        of: Box<Expr>,
        /// Position of the table in the program.
        table: usize,
        /// Whether each slice has its own rate.
        marginal: bool,
    },
    /// Facts summed up.
    Aggregate(Box<Aggregate>),
    /// A named formula of the file, with its name.
    Named(Text, Box<Expr>),
}

/// Whose facts an aggregate reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct By {
    /// Seen from whom.
    pub role: Role,
    /// 0 himself, 1 whom he referred, 2 whom those referred.
    pub hops: u8,
}

/// The source of an aggregate over calendar days; no fact type is called so.
pub const DAYS: &str = "days";

/// The name under which a tie stands for the fact's member; no field is called so.
pub const MEMBER: &str = "member";

/// A checked aggregate.
#[derive(Clone, Debug, PartialEq)]
pub struct Aggregate {
    /// The function.
    pub func: AggregateFunc,
    /// Fact type.
    pub kind: Text,
    /// Field that is summed or picked.
    pub field: Option<FieldRef>,
    /// Or the value that is computed of each.
    pub of: Option<Expr>,
    /// Whose facts.
    pub by: Option<By>,
    /// Key field (or `member`) and value that tie the facts when `by` does not.
    pub tie: Option<(Text, Expr)>,
    /// Which facts.
    pub cond: Option<Expr>,
    /// Not before.
    pub from: Option<Expr>,
    /// Before.
    pub until: Option<Expr>,
}

/// An expression with its text, for explanations.
#[derive(Clone, Debug, PartialEq)]
pub struct Formula {
    /// As written in the rule file, blanks collapsed.
    pub text: Text,
    /// As written, untouched: spans point into it.
    pub source: Text,
    /// Checked.
    pub expr: Expr,
}

impl Aggregate {
    /// Whether it reads facts of everybody, or days, and not those of a person or a key.
    #[must_use]
    pub const fn is_untied(&self) -> bool {
        self.by.is_none() && self.tie.is_none()
    }
}

impl Expr {
    /// Calls `visit` for this expression and everything inside it.
    pub fn walk<'a>(&'a self, visit: &mut impl FnMut(&'a Self)) {
        visit(self);
        match &self.kind {
            ExprKind::Lit(_) | ExprKind::Field(..) | ExprKind::Attr(..) | ExprKind::Local(_) => {}
            ExprKind::Not(x)
            | ExprKind::Neg(x)
            | ExprKind::NextDay(x, _)
            | ExprKind::Named(_, x)
            | ExprKind::Tier { of: x, .. } => x.walk(visit),
            ExprKind::Binary(_, a, b) => {
                a.walk(visit);
                b.walk(visit);
            }
            ExprKind::In(x, list) => {
                x.walk(visit);
                list.iter().for_each(|e| e.walk(visit));
            }
            ExprKind::If(a, b, c) => {
                a.walk(visit);
                b.walk(visit);
                c.walk(visit);
            }
            ExprKind::Call(_, list) => list.iter().for_each(|e| e.walk(visit)),
            ExprKind::Aggregate(agg) => {
                let parts = [
                    agg.tie.as_ref().map(|(_, e)| e),
                    agg.of.as_ref(),
                    agg.cond.as_ref(),
                    agg.from.as_ref(),
                    agg.until.as_ref(),
                ];
                parts.into_iter().flatten().for_each(|e| e.walk(visit));
            }
        }
    }
}

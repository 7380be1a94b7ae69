//! The pieces of an expression.

use crate::types::{Exact, Instant, Span, Text};
use chrono::NaiveDate;
use std::ops::Range;

/// A piece of an expression and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Byte range in the expression.
    pub span: Range<usize>,
    /// What it is.
    pub kind: NodeKind,
}

/// The kinds of pieces.
#[derive(Clone, Debug, PartialEq)]
pub enum NodeKind {
    /// A number; percentages are already divided by 100.
    Num(Exact),
    /// A text in quotes.
    Text(Text),
    /// `true` or `false`.
    Bool(bool),
    /// A duration such as `90 days`.
    Span(Span),
    /// A day.
    Date(NaiveDate),
    /// A moment with an offset.
    Instant(Instant),
    /// Names joined by points, such as `fact.amount`.
    Path(Vec<String>),
    /// A function call.
    Call(String, Vec<Node>),
    /// `[a, b]`.
    List(Vec<Node>),
    /// `not x`.
    Not(Box<Node>),
    /// `-x`.
    Neg(Box<Node>),
    /// Two operands.
    Binary(BinaryOp, Box<Node>, Box<Node>),
    /// `if a then b else c`.
    If(Box<Node>, Box<Node>, Box<Node>),
    /// An aggregate over facts.
    Aggregate(Box<AggregateNode>),
}

/// Operators with two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOp {
    /// Either holds.
    Or,
    /// Both hold.
    And,
    /// Equal.
    Eq,
    /// Not equal.
    Ne,
    /// Below.
    Lt,
    /// At most.
    Le,
    /// Above.
    Gt,
    /// At least.
    Ge,
    /// One of a list.
    In,
    /// The left one if given, else the right one.
    Default,
    /// Sum, or an instant moved by a duration.
    Add,
    /// Difference.
    Sub,
    /// Product.
    Mul,
    /// Exact quotient.
    Div,
}

/// What an aggregate makes of the facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AggregateFunc {
    /// How many.
    Count,
    /// Whether there is one.
    Any,
    /// Sum of a field.
    Sum,
    /// Smallest value of a field.
    Min,
    /// Largest value of a field.
    Max,
    /// Field of the first accepted.
    First,
    /// Field of the last accepted.
    Last,
    /// How many different members.
    People,
}

/// `sum(invested.amount by friend where … from … until …)`.
#[derive(Clone, Debug, PartialEq)]
pub struct AggregateNode {
    /// The function.
    pub func: AggregateFunc,
    /// Fact type and field, with their place.
    pub path: Vec<String>,
    /// Where the path stands.
    pub path_span: Range<usize>,
    /// A value computed of each, instead of a field.
    pub of: Option<Node>,
    /// Whose facts.
    pub by: Option<(Vec<String>, Range<usize>)>,
    /// Which facts.
    pub cond: Option<Node>,
    /// Not before.
    pub from: Option<Node>,
    /// Before.
    pub until: Option<Node>,
}

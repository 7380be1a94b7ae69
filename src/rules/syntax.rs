//! The expression language's grammar: text to syntax tree. A Pratt parser with caps on length
//! and depth, so that no input can exhaust the stack.

mod token;

use super::error::Problem;
use crate::types::{Exact, Instant, Span, Text};
use chrono::NaiveDate;
use std::ops::Range;
use token::{Token, TokenKind, tokens};

/// Longest expression, in bytes.
pub const MAX_BYTES: usize = 4_000;
/// Deepest nesting.
const MAX_DEPTH: usize = 48;
/// Most operators: a chain of sums is as deep a tree as it is long.
const MAX_OPERATORS: usize = 200;

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
    /// Whose facts.
    pub by: Option<(Vec<String>, Range<usize>)>,
    /// Which facts.
    pub cond: Option<Node>,
    /// Not before.
    pub from: Option<Node>,
    /// Before.
    pub until: Option<Node>,
}

/// Parses one whole expression.
///
/// # Errors
/// The first place where the text is not an expression.
pub fn parse(text: &str) -> Result<Node, Problem> {
    let mut parser = Parser::new(text)?;
    let node = parser.expression(0, 0)?;
    parser.end()?;
    Ok(node)
}

/// Parses `TYPE [by WHO] [where COND] [from …] [until …]`, the form of `each`.
///
/// # Errors
/// The first place where the text is not of that form.
pub fn parse_selection(text: &str) -> Result<AggregateNode, Problem> {
    let mut parser = Parser::new(text)?;
    let (path, path_span) = parser.path()?;
    let node = parser.aggregate_tail(AggregateFunc::Any, path, path_span, 0)?;
    parser.end()?;
    Ok(node)
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    end: usize,
    operators: usize,
}

const CLAUSES: [&str; 4] = ["by", "where", "from", "until"];

impl Parser {
    fn new(text: &str) -> Result<Self, Problem> {
        if text.len() > MAX_BYTES {
            return Err(Problem::new(0..1, format!("the expression has {} bytes; at most {MAX_BYTES} are allowed", text.len())));
        }
        Ok(Self { tokens: tokens(text)?, at: 0, end: text.len(), operators: 0 })
    }

    fn peek(&self) -> Option<&TokenKind> {
        self.tokens.get(self.at).map(|t| &t.kind)
    }

    fn here(&self) -> Range<usize> {
        self.tokens.get(self.at).map_or(self.end.saturating_sub(1)..self.end, |t| t.span.clone())
    }

    fn previous_end(&self) -> usize {
        self.at.checked_sub(1).and_then(|i| self.tokens.get(i)).map_or(0, |t| t.span.end)
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn is_symbol(&self, symbol: &str) -> bool {
        matches!(self.peek(), Some(TokenKind::Symbol(s)) if *s == symbol)
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Some(TokenKind::Word(w)) if w == word)
    }

    fn eat_symbol(&mut self, symbol: &str) -> bool {
        let found = self.is_symbol(symbol);
        self.at += usize::from(found);
        found
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        self.at += usize::from(found);
        found
    }

    fn expect_symbol(&mut self, symbol: &str, after: &str) -> Result<(), Problem> {
        if self.eat_symbol(symbol) {
            return Ok(());
        }
        Err(Problem::new(self.here(), format!("expected `{symbol}` {after}")))
    }

    fn expect_word(&mut self, word: &str, after: &str) -> Result<(), Problem> {
        if self.eat_word(word) {
            return Ok(());
        }
        Err(Problem::new(self.here(), format!("expected `{word}` {after}")))
    }

    fn end(&self) -> Result<(), Problem> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(Problem::new(self.here(), "the expression ends before this").help("join conditions with `and` or `or`")),
        }
    }

    /// Binding power and operator of the token here; higher binds tighter.
    fn operator(&self) -> Option<(u8, BinaryOp)> {
        Some(match self.peek()? {
            TokenKind::Word(w) => match w.as_str() {
                "or" => (1, BinaryOp::Or),
                "and" => (2, BinaryOp::And),
                "in" => (4, BinaryOp::In),
                _ => return None,
            },
            TokenKind::Symbol(s) => match *s {
                "||" => (1, BinaryOp::Or),
                "&&" => (2, BinaryOp::And),
                "==" => (4, BinaryOp::Eq),
                "!=" => (4, BinaryOp::Ne),
                "<" => (4, BinaryOp::Lt),
                "<=" => (4, BinaryOp::Le),
                ">" => (4, BinaryOp::Gt),
                ">=" => (4, BinaryOp::Ge),
                "??" => (5, BinaryOp::Default),
                "+" => (6, BinaryOp::Add),
                "-" => (6, BinaryOp::Sub),
                "*" => (7, BinaryOp::Mul),
                "/" => (7, BinaryOp::Div),
                _ => return None,
            },
            TokenKind::Num(_)
            | TokenKind::Text(_)
            | TokenKind::Span(_)
            | TokenKind::Date(_)
            | TokenKind::Instant(_) => return None,
        })
    }

    fn expression(&mut self, power_min: u8, depth: usize) -> Result<Node, Problem> {
        if depth > MAX_DEPTH {
            return Err(Problem::new(self.here(), format!("nested deeper than {MAX_DEPTH} levels")));
        }
        let mut left = self.operand(depth)?;
        while let Some((power, op)) = self.operator() {
            if power <= power_min {
                break;
            }
            if power == 4 && matches!(left.kind, NodeKind::Binary(o, ..) if is_comparison(o) && !self.wrapped()) {
                return Err(Problem::new(self.here(), "comparisons cannot be chained").help("write `a < b and b < c`"));
            }
            self.at += 1;
            self.operators += 1;
            if self.operators > MAX_OPERATORS {
                return Err(Problem::new(self.here(), format!("more than {MAX_OPERATORS} operators in one expression")));
            }
            let right = self.expression(power, depth + 1)?;
            let span = left.span.start..right.span.end;
            left = Node { span, kind: NodeKind::Binary(op, Box::new(left), Box::new(right)) };
        }
        Ok(left)
    }

    /// Whether the operand just read was closed by a parenthesis.
    fn wrapped(&self) -> bool {
        self.at
            .checked_sub(1)
            .and_then(|i| self.tokens.get(i))
            .is_some_and(|t| matches!(t.kind, TokenKind::Symbol(")")))
    }

    fn operand(&mut self, depth: usize) -> Result<Node, Problem> {
        let start = self.here().start;
        let kind = match self.peek() {
            None => return Err(Problem::new(self.here(), "the expression stops where a value is expected")),
            Some(TokenKind::Num(n)) => NodeKind::Num(n.clone()),
            Some(TokenKind::Text(t)) => NodeKind::Text(t.as_str().into()),
            Some(TokenKind::Span(s)) => NodeKind::Span(*s),
            Some(TokenKind::Date(d)) => NodeKind::Date(*d),
            Some(TokenKind::Instant(i)) => NodeKind::Instant(*i),
            Some(TokenKind::Symbol(_)) => return self.symbol_operand(start, depth),
            Some(TokenKind::Word(_)) => return self.word_operand(start, depth),
        };
        self.at += 1;
        Ok(Node { span: start..self.previous_end(), kind })
    }

    fn symbol_operand(&mut self, start: usize, depth: usize) -> Result<Node, Problem> {
        if self.eat_symbol("(") {
            let inner = self.expression(0, depth + 1)?;
            self.expect_symbol(")", "to close the parenthesis")?;
            return Ok(inner);
        }
        let kind = if self.eat_symbol("-") {
            NodeKind::Neg(Box::new(self.expression(8, depth + 1)?))
        } else if self.eat_symbol("!") {
            NodeKind::Not(Box::new(self.expression(3, depth + 1)?))
        } else if self.eat_symbol("[") {
            NodeKind::List(self.arguments("]", depth)?)
        } else {
            return Err(Problem::new(self.here(), "a value is expected here"));
        };
        Ok(Node { span: start..self.previous_end(), kind })
    }

    fn word_operand(&mut self, start: usize, depth: usize) -> Result<Node, Problem> {
        let kind = if self.eat_word("true") {
            NodeKind::Bool(true)
        } else if self.eat_word("false") {
            NodeKind::Bool(false)
        } else if self.eat_word("not") {
            NodeKind::Not(Box::new(self.expression(3, depth + 1)?))
        } else if self.eat_word("if") {
            let cond = self.expression(0, depth + 1)?;
            self.expect_word("then", "after the condition of `if`")?;
            let yes = self.expression(0, depth + 1)?;
            self.expect_word("else", "after the value of `then`")?;
            let no = self.expression(0, depth + 1)?;
            NodeKind::If(Box::new(cond), Box::new(yes), Box::new(no))
        } else {
            let (path, span) = self.path()?;
            match path.first() {
                Some(name) if path.len() == 1 && self.eat_symbol("(") => self.call(name.clone(), span, depth)?,
                _ => NodeKind::Path(path),
            }
        };
        Ok(Node { span: start..self.previous_end(), kind })
    }

    fn path(&mut self) -> Result<(Vec<String>, Range<usize>), Problem> {
        let span = self.here();
        let mut path = vec![self.name()?];
        while self.eat_symbol(".") {
            path.push(self.name()?);
        }
        Ok((path, span.start..self.previous_end()))
    }

    fn name(&mut self) -> Result<String, Problem> {
        let here = self.here();
        match self.next().map(|t| t.kind) {
            Some(TokenKind::Word(w)) => Ok(w),
            _ => Err(Problem::new(here, "a name is expected here")),
        }
    }

    fn arguments(&mut self, close: &str, depth: usize) -> Result<Vec<Node>, Problem> {
        let mut list = Vec::new();
        if self.eat_symbol(close) {
            return Ok(list);
        }
        loop {
            list.push(self.expression(0, depth + 1)?);
            if self.eat_symbol(close) {
                return Ok(list);
            }
            self.expect_symbol(",", &format!("or `{close}` after a value"))?;
        }
    }

    fn call(&mut self, name: String, _span: Range<usize>, depth: usize) -> Result<NodeKind, Problem> {
        let func = match name.as_str() {
            "count" => Some(AggregateFunc::Count),
            "any" => Some(AggregateFunc::Any),
            "sum" => Some(AggregateFunc::Sum),
            "min" => Some(AggregateFunc::Min),
            "max" => Some(AggregateFunc::Max),
            "first" => Some(AggregateFunc::First),
            "last" => Some(AggregateFunc::Last),
            _ => None,
        };
        let mark = self.at;
        if let Some(func) = func
            && matches!(self.peek(), Some(TokenKind::Word(_)))
            && let Ok((path, span)) = self.path()
        {
            let clause = CLAUSES.iter().any(|c| self.is_word(c));
            let never_a_function = !matches!(func, AggregateFunc::Min | AggregateFunc::Max);
            if clause || (never_a_function && self.is_symbol(")")) {
                let node = self.aggregate_tail(func, path, span, depth + 1)?;
                self.expect_symbol(")", "to close the aggregate")?;
                return Ok(NodeKind::Aggregate(Box::new(node)));
            }
        }
        self.at = mark;
        Ok(NodeKind::Call(name, self.arguments(")", depth)?))
    }

    fn aggregate_tail(
        &mut self,
        func: AggregateFunc,
        path: Vec<String>,
        path_span: Range<usize>,
        depth: usize,
    ) -> Result<AggregateNode, Problem> {
        let by = if self.eat_word("by") { Some(self.path()?) } else { None };
        let cond = if self.eat_word("where") { Some(self.expression(0, depth + 1)?) } else { None };
        let from = if self.eat_word("from") { Some(self.expression(0, depth + 1)?) } else { None };
        let until = if self.eat_word("until") { Some(self.expression(0, depth + 1)?) } else { None };
        Ok(AggregateNode { func, path, path_span, by, cond, from, until })
    }
}

/// Whether an operator compares.
#[must_use]
pub const fn is_comparison(op: BinaryOp) -> bool {
    matches!(op, BinaryOp::Eq | BinaryOp::Ne | BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge | BinaryOp::In)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_bind_tighter_than_sums_and_comparisons_tighter_than_and() {
        let node = parse("a.b + 2 * 3 >= 7 and not x in [1, 2]").unwrap();
        let NodeKind::Binary(BinaryOp::And, left, right) = node.kind else { panic!("{node:?}") };
        assert!(matches!(left.kind, NodeKind::Binary(BinaryOp::Ge, ..)));
        assert!(matches!(right.kind, NodeKind::Not(_)));
    }

    #[test]
    fn deep_nesting_and_long_texts_are_refused_without_a_crash() {
        assert!(parse(&"(".repeat(3_000)).unwrap_err().message.contains("deeper"));
        assert!(parse(&"1+".repeat(1_999)).is_err());
        assert!(parse(&"-".repeat(3_999)).is_err());
        assert!(parse(&"x".repeat(4_001)).unwrap_err().message.contains("bytes"));
    }

    #[test]
    fn an_aggregate_takes_its_clauses_in_order() {
        let node = parse("sum(invested.amount by friend where it.amount > 1 from fact.at until fact.at + 90 days) >= 50").unwrap();
        let NodeKind::Binary(BinaryOp::Ge, left, _) = node.kind else { panic!("not a comparison") };
        let NodeKind::Aggregate(agg) = left.kind else { panic!("not an aggregate") };
        assert_eq!(agg.path, ["invested", "amount"]);
        assert!(agg.by.is_some() && agg.cond.is_some() && agg.from.is_some() && agg.until.is_some());
    }

    #[test]
    fn min_is_a_function_or_an_aggregate_by_its_clauses() {
        assert!(matches!(parse("min(a.b, 2)").unwrap().kind, NodeKind::Call(..)));
        assert!(matches!(parse("min(a.b by friend)").unwrap().kind, NodeKind::Aggregate(_)));
    }

    #[test]
    fn a_chained_comparison_is_refused_with_advice() {
        assert!(parse("1 < 2 < 3").unwrap_err().message.contains("chained"));
    }
}

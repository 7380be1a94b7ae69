//! The expression language's grammar: text to syntax tree. A Pratt parser with caps on length
//! and depth, so that no input can exhaust the stack.

mod node;
mod token;

pub use node::{AggregateFunc, AggregateNode, BinaryOp, Node, NodeKind};

use super::error::Problem;
use std::ops::Range;
use token::{Token, TokenKind, tokens};

/// Longest expression, in bytes.
pub const MAX_BYTES: usize = 4_000;
/// Deepest nesting.
const MAX_DEPTH: usize = 48;
/// Most operators: a chain of sums is as deep a tree as it is long.
const MAX_OPERATORS: usize = 200;

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

/// Parses `TYPE [of EXPR] [by WHO] [where COND] [from …] [until …]`, the form of `each`.
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

const CLAUSES: [&str; 5] = ["of", "by", "where", "from", "until"];

impl Parser {
    fn new(text: &str) -> Result<Self, Problem> {
        if text.len() > MAX_BYTES {
            return Err(Problem::new(
                0..1,
                format!(
                    "the expression has {} bytes; at most {MAX_BYTES} are allowed",
                    text.len()
                ),
            ));
        }
        Ok(Self {
            tokens: tokens(text)?,
            at: 0,
            end: text.len(),
            operators: 0,
        })
    }

    fn peek(&self) -> Option<&TokenKind> {
        self.tokens.get(self.at).map(|t| &t.kind)
    }

    fn here(&self) -> Range<usize> {
        self.tokens
            .get(self.at)
            .map_or(self.end.saturating_sub(1)..self.end, |t| t.span.clone())
    }

    fn previous_end(&self) -> usize {
        self.at
            .checked_sub(1)
            .and_then(|i| self.tokens.get(i))
            .map_or(0, |t| t.span.end)
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
        Err(Problem::new(
            self.here(),
            format!("expected `{symbol}` {after}"),
        ))
    }

    fn expect_word(&mut self, word: &str, after: &str) -> Result<(), Problem> {
        if self.eat_word(word) {
            return Ok(());
        }
        Err(Problem::new(
            self.here(),
            format!("expected `{word}` {after}"),
        ))
    }

    fn end(&self) -> Result<(), Problem> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(Problem::new(self.here(), "the expression ends before this")
                .help("join conditions with `and` or `or`")),
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
            return Err(Problem::new(
                self.here(),
                format!("nested deeper than {MAX_DEPTH} levels"),
            ));
        }
        let mut left = self.operand(depth)?;
        while let Some((power, op)) = self.operator() {
            if power <= power_min {
                break;
            }
            if power == 4
                && matches!(left.kind, NodeKind::Binary(o, ..) if is_comparison(o) && !self.wrapped())
            {
                return Err(Problem::new(self.here(), "comparisons cannot be chained")
                    .help("write `a < b and b < c`"));
            }
            self.at += 1;
            self.operators += 1;
            if self.operators > MAX_OPERATORS {
                return Err(Problem::new(
                    self.here(),
                    format!("more than {MAX_OPERATORS} operators in one expression"),
                ));
            }
            let right = self.expression(power, depth + 1)?;
            let span = left.span.start..right.span.end;
            left = Node {
                span,
                kind: NodeKind::Binary(op, Box::new(left), Box::new(right)),
            };
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
            None => {
                return Err(Problem::new(
                    self.here(),
                    "the expression stops where a value is expected",
                ));
            }
            Some(TokenKind::Num(n)) => NodeKind::Num(n.clone()),
            Some(TokenKind::Text(t)) => NodeKind::Text(t.as_str().into()),
            Some(TokenKind::Span(s)) => NodeKind::Span(*s),
            Some(TokenKind::Date(d)) => NodeKind::Date(*d),
            Some(TokenKind::Instant(i)) => NodeKind::Instant(*i),
            Some(TokenKind::Symbol(_)) => return self.symbol_operand(start, depth),
            Some(TokenKind::Word(_)) => return self.word_operand(start, depth),
        };
        self.at += 1;
        Ok(Node {
            span: start..self.previous_end(),
            kind,
        })
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
        Ok(Node {
            span: start..self.previous_end(),
            kind,
        })
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
                Some(name) if path.len() == 1 && self.eat_symbol("(") => {
                    self.call(name.clone(), span, depth)?
                }
                _ => NodeKind::Path(path),
            }
        };
        Ok(Node {
            span: start..self.previous_end(),
            kind,
        })
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

    fn call(
        &mut self,
        name: String,
        _span: Range<usize>,
        depth: usize,
    ) -> Result<NodeKind, Problem> {
        let func = match name.as_str() {
            "count" => Some(AggregateFunc::Count),
            "any" => Some(AggregateFunc::Any),
            "sum" => Some(AggregateFunc::Sum),
            "min" => Some(AggregateFunc::Min),
            "max" => Some(AggregateFunc::Max),
            "first" => Some(AggregateFunc::First),
            "last" => Some(AggregateFunc::Last),
            "people" => Some(AggregateFunc::People),
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
        let of = if self.eat_word("of") {
            Some(self.expression(0, depth + 1)?)
        } else {
            None
        };
        let by = if self.eat_word("by") {
            Some(self.path()?)
        } else {
            None
        };
        let cond = if self.eat_word("where") {
            Some(self.expression(0, depth + 1)?)
        } else {
            None
        };
        let from = if self.eat_word("from") {
            Some(self.expression(0, depth + 1)?)
        } else {
            None
        };
        let until = if self.eat_word("until") {
            Some(self.expression(0, depth + 1)?)
        } else {
            None
        };
        Ok(AggregateNode {
            func,
            path,
            path_span,
            of,
            by,
            cond,
            from,
            until,
        })
    }
}

/// Whether an operator compares.
#[must_use]
pub const fn is_comparison(op: BinaryOp) -> bool {
    matches!(
        op,
        BinaryOp::Eq
            | BinaryOp::Ne
            | BinaryOp::Lt
            | BinaryOp::Le
            | BinaryOp::Gt
            | BinaryOp::Ge
            | BinaryOp::In
    )
}

#[cfg(test)]
mod tests;

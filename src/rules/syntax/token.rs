//! Words, numbers and signs of an expression.

use super::Problem;
use crate::types::{Exact, Instant, Span};
use chrono::NaiveDate;
use std::ops::Range;

/// A token and its place.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub(super) span: Range<usize>,
    pub(super) kind: TokenKind,
}

/// The kinds of tokens.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum TokenKind {
    Num(Exact),
    Text(String),
    Span(Span),
    Date(NaiveDate),
    Instant(Instant),
    Word(String),
    Symbol(&'static str),
}

const SYMBOLS: [&str; 22] = [
    "||", "&&", "==", "!=", "<=", ">=", "??", "<", ">", "+", "-", "*", "/", "(", ")", "[", "]",
    ",", ".", "!", "%", "=",
];

/// Splits a text into tokens.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, Problem> {
    let mut list = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|r| !r.is_empty()) {
        let Some(first) = rest.chars().next() else {
            break;
        };
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let (kind, length) = token(rest, first).map_err(|p| p.shifted(at))?;
        list.push(Token {
            span: at..at + length,
            kind,
        });
        at += length;
    }
    Ok(list)
}

fn token(rest: &str, first: char) -> Result<(TokenKind, usize), Problem> {
    if first.is_ascii_digit() {
        return number_or_time(rest);
    }
    if first.is_alphabetic() || first == '_' {
        let word = take(rest, |c| c.is_alphanumeric() || c == '_');
        return Ok((TokenKind::Word(word.to_owned()), word.len()));
    }
    if first == '"' {
        return quoted(rest);
    }
    match SYMBOLS.iter().find(|s| rest.starts_with(**s)) {
        Some(&"=") => Err(Problem::new(0..1, "`=` is not an operator").help("compare with `==`")),
        Some(&"%") => Err(Problem::new(0..1, "`%` stands only behind a number")
            .help("write a percentage as `2.5%`")),
        Some(s) => Ok((TokenKind::Symbol(s), s.len())),
        None => Err(Problem::new(
            0..first.len_utf8(),
            format!("`{first}` has no meaning here"),
        )),
    }
}

fn take(rest: &str, fits: impl Fn(char) -> bool) -> &str {
    let end = rest.find(|c| !fits(c)).unwrap_or(rest.len());
    rest.get(..end).unwrap_or_default()
}

fn quoted(rest: &str) -> Result<(TokenKind, usize), Problem> {
    let body = rest.get(1..).unwrap_or_default();
    match body.find('"') {
        Some(end) => Ok((
            TokenKind::Text(body.get(..end).unwrap_or_default().to_owned()),
            end + 2,
        )),
        None => Err(Problem::new(0..rest.len(), "the text has no closing quote")),
    }
}

fn number_or_time(rest: &str) -> Result<(TokenKind, usize), Problem> {
    let shape: String = rest
        .chars()
        .take(11)
        .map(|c| if c.is_ascii_digit() { '9' } else { c })
        .collect();
    if shape.starts_with("9999-99-99T") {
        let text = take(rest, |c| {
            c.is_ascii_digit() || matches!(c, '-' | ':' | 'T' | '+' | '.' | 'Z')
        });
        let at = Instant::parse(text).map_err(|e| Problem::new(0..text.len(), e.to_string()))?;
        return Ok((TokenKind::Instant(at), text.len()));
    }
    if shape.starts_with("9999-99-99") {
        let text = rest.get(..10).unwrap_or_default();
        let date = text.parse().map_err(|_ignored: chrono::ParseError| {
            Problem::new(0..10, format!("`{text}` is not a day of the calendar"))
        })?;
        return Ok((TokenKind::Date(date), 10));
    }
    let text = take(rest, |c| c.is_ascii_digit() || c == '_' || c == '.');
    let value = Exact::parse(text).map_err(|e| Problem::new(0..text.len(), e.to_string()))?;
    let after = rest.get(text.len()..).unwrap_or_default();
    if after.starts_with('%') {
        let percent = value.div(&Exact::int(100)).unwrap_or(Exact::ZERO);
        return Ok((TokenKind::Num(percent), text.len() + 1));
    }
    let blank = take(after, |c| c == ' ').len();
    let unit = take(after.get(blank..).unwrap_or_default(), |c| {
        c.is_ascii_alphabetic()
    });
    match (span_of(&value, unit), unit) {
        (Some(Some(span)), _) => Ok((TokenKind::Span(span), text.len() + blank + unit.len())),
        (Some(None), _) => Err(Problem::new(
            0..text.len(),
            "a duration is a whole number of at most 100,000 units",
        )),
        (None, _) => Ok((TokenKind::Num(value), text.len())),
    }
}

/// The duration of a number with a unit word: `None` when the word is no unit, `Some(None)`
/// when the number cannot count it.
fn span_of(value: &Exact, unit: &str) -> Option<Option<Span>> {
    let scale = match unit.strip_suffix('s').unwrap_or(unit) {
        "day" => Span {
            days: 1,
            ..Span::default()
        },
        "week" => Span {
            days: 7,
            ..Span::default()
        },
        "month" => Span {
            months: 1,
            ..Span::default()
        },
        "year" => Span {
            months: 12,
            ..Span::default()
        },
        "hour" => Span {
            micros: 3_600_000_000,
            ..Span::default()
        },
        "minute" => Span {
            micros: 60_000_000,
            ..Span::default()
        },
        "second" => Span {
            micros: 1_000_000,
            ..Span::default()
        },
        _ => return None,
    };
    let count = value
        .to_int()
        .and_then(|n| i32::try_from(n).ok())
        .filter(|n| *n <= 100_000);
    Some(count.map(|n| Span {
        months: scale.months * n,
        days: scale.days * n,
        micros: scale.micros * i64::from(n),
    }))
}

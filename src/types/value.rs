//! Values that facts carry and rules compute with.

use super::{Exact, Instant, Span, Text};
use chrono::NaiveDate;
use std::fmt;

/// A value of the rule language.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Not there: a field or attribute that nobody gave.
    Absent,
    /// Yes or no.
    Bool(bool),
    /// A number of any unit.
    Num(Exact),
    /// A text.
    Text(Text),
    /// A moment.
    Instant(Instant),
    /// A day of the program's zone.
    Date(NaiveDate),
    /// A calendar distance.
    Span(Span),
}

impl Value {
    /// Whether the value is there.
    #[must_use]
    pub const fn is_given(&self) -> bool {
        !matches!(self, Self::Absent)
    }

    /// Whether a condition holds: an absent one does not.
    #[must_use]
    pub const fn holds(&self) -> bool {
        matches!(self, Self::Bool(true))
    }

    /// The stored form: one letter for the kind, a colon, and the value.
    #[must_use]
    pub fn encode(&self) -> String {
        match self {
            Self::Absent | Self::Span(_) => "-:".to_owned(),
            Self::Bool(b) => format!("b:{b}"),
            Self::Num(n) => format!("n:{}", n.fraction()),
            Self::Text(t) => format!("t:{t}"),
            Self::Instant(at) => format!("i:{}", at.micros()),
            Self::Date(d) => format!("d:{d}"),
        }
    }

    /// Reads what [`Self::encode`] wrote; `None` for anything else.
    #[must_use]
    pub fn decode(text: &str) -> Option<Self> {
        let (kind, body) = text.split_once(':')?;
        Some(match kind {
            "-" => Self::Absent,
            "b" => Self::Bool(body.parse().ok()?),
            "n" => Self::Num(Exact::from_fraction(body).ok()?),
            "t" => Self::Text(body.into()),
            "i" => Self::Instant(Instant::from_micros(body.parse().ok()?)),
            "d" => Self::Date(body.parse().ok()?),
            _ => return None,
        })
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("absent"),
            Self::Bool(b) => f.write_str(if *b { "yes" } else { "no" }),
            Self::Num(n) => n.fmt(f),
            Self::Text(t) => write!(f, "\"{t}\""),
            Self::Instant(at) => at.fmt(f),
            Self::Date(d) => d.fmt(f),
            Self::Span(s) => write!(
                f,
                "{} months {} days {} s",
                s.months,
                s.days,
                s.micros / 1_000_000
            ),
        }
    }
}

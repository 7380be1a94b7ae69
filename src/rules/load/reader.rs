//! Reads TOML tables with the place of every key, so that each error names its line.

use crate::rules::error::{Problem, suggest};
use crate::types::{Exact, Instant};
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A value and its place.
pub(crate) type Item<'a> = &'a Spanned<DeValue<'a>>;

/// The keys of one table, taken one by one; what is left over is unknown.
pub(crate) struct Fields<'a> {
    what: String,
    span: Range<usize>,
    entries: Vec<(&'a str, Range<usize>, Item<'a>)>,
    asked: Vec<&'static str>,
}

impl<'a> Fields<'a> {
    pub(crate) fn new(what: impl Into<String>, span: Range<usize>, table: &'a DeTable<'a>) -> Self {
        let entries = table
            .iter()
            .map(|(k, v)| (&**k.get_ref(), k.span(), v))
            .collect();
        Self {
            what: what.into(),
            span,
            entries,
            asked: Vec::new(),
        }
    }

    pub(crate) fn of(what: impl Into<String>, item: Item<'a>) -> Result<Self, Problem> {
        let what = what.into();
        match item.get_ref() {
            DeValue::Table(table) => Ok(Self::new(what, item.span(), table)),
            other => Err(Problem::new(
                item.span(),
                format!("{what} is a table, not a {}", other.type_str()),
            )),
        }
    }

    /// Takes a key out.
    pub(crate) fn take(&mut self, key: &'static str) -> Option<Item<'a>> {
        self.asked.push(key);
        let at = self.entries.iter().position(|(k, ..)| *k == key)?;
        Some(self.entries.remove(at).2)
    }

    /// Takes a key that must be there.
    pub(crate) fn need(&mut self, key: &'static str) -> Result<Item<'a>, Problem> {
        self.take(key)
            .ok_or_else(|| Problem::new(self.first_line(), format!("{} has no `{key}`", self.what)))
    }

    fn first_line(&self) -> Range<usize> {
        self.entries
            .first()
            .map_or_else(|| self.span.clone(), |(_, span, _)| span.clone())
    }

    pub(crate) fn text(&mut self, key: &'static str) -> Result<Option<&'a str>, Problem> {
        self.take(key).map(text).transpose()
    }

    pub(crate) fn need_text(&mut self, key: &'static str) -> Result<&'a str, Problem> {
        text(self.need(key)?)
    }

    /// Takes the rest as free names.
    pub(crate) fn rest(self) -> Vec<(&'a str, Range<usize>, Item<'a>)> {
        self.entries
    }

    /// Refuses what nobody asked for.
    pub(crate) fn finish(self) -> Result<(), Problem> {
        match self.entries.first() {
            None => Ok(()),
            Some((key, span, _)) => Err(Problem::new(
                span.clone(),
                format!("{} does not know `{key}`", self.what),
            )
            .help(suggest(key, self.asked.iter().copied()))),
        }
    }
}

pub(crate) fn text<'a>(item: Item<'a>) -> Result<&'a str, Problem> {
    item.get_ref().as_str().ok_or_else(|| {
        Problem::new(
            item.span(),
            format!(
                "a text in quotes is expected, not a {}",
                item.get_ref().type_str()
            ),
        )
    })
}

/// `true` or `false`.
pub(crate) fn flag(item: Item<'_>) -> Result<bool, Problem> {
    item.get_ref()
        .as_bool()
        .ok_or_else(|| Problem::new(item.span(), "`true` or `false` is expected"))
}

/// A number written as integer, decimal or text, exactly as written; a text may be a percentage.
pub(crate) fn number(item: Item<'_>) -> Result<Exact, Problem> {
    let (raw, percent) = match item.get_ref() {
        DeValue::Integer(n) if n.radix() == 10 => (n.as_str(), false),
        DeValue::Float(n) => (n.as_str(), false),
        DeValue::String(s) => match s.strip_suffix('%') {
            Some(head) => (head, true),
            None => (&**s, false),
        },
        other => {
            return Err(Problem::new(
                item.span(),
                format!("a number is expected, not a {}", other.type_str()),
            ));
        }
    };
    let value = Exact::parse(raw).map_err(|e| Problem::new(item.span(), e.to_string()))?;
    Ok(if percent {
        value.div(&Exact::int(100)).unwrap_or(Exact::ZERO)
    } else {
        value
    })
}

pub(crate) fn whole(item: Item<'_>, most: i64) -> Result<i64, Problem> {
    number(item)?
        .to_int()
        .filter(|n| (0..=most).contains(n))
        .ok_or_else(|| {
            Problem::new(
                item.span(),
                format!("a whole number from 0 to {most} is expected"),
            )
        })
}

/// An instant with an offset, as TOML datetime or text.
pub(crate) fn instant(item: Item<'_>) -> Result<Instant, Problem> {
    let raw = match item.get_ref() {
        DeValue::Datetime(at) => at.to_string(),
        DeValue::String(s) => s.to_string(),
        other => {
            return Err(Problem::new(
                item.span(),
                format!("an instant is expected, not a {}", other.type_str()),
            ));
        }
    };
    Instant::parse(&raw).map_err(|e| Problem::new(item.span(), e.to_string()))
}

pub(crate) fn list<'a>(item: Item<'a>) -> Result<Vec<Item<'a>>, Problem> {
    match item.get_ref() {
        DeValue::Array(array) => Ok(array.iter().collect()),
        other => Err(Problem::new(
            item.span(),
            format!("a list is expected, not a {}", other.type_str()),
        )),
    }
}

/// A text, or a list of texts.
pub(crate) fn texts<'a>(item: Item<'a>) -> Result<Vec<(&'a str, Range<usize>)>, Problem> {
    match item.get_ref() {
        DeValue::String(_) => Ok(vec![(text(item)?, item.span())]),
        _ => list(item)?
            .into_iter()
            .map(|i| Ok((text(i)?, i.span())))
            .collect(),
    }
}

/// One word out of a fixed list.
pub(crate) fn choice<T: Clone>(item: Item<'_>, words: &[(&'static str, T)]) -> Result<T, Problem> {
    let word = text(item)?;
    words
        .iter()
        .find(|(w, _)| *w == word)
        .map(|(_, v)| v.clone())
        .ok_or_else(|| {
            Problem::new(item.span(), format!("`{word}` is not allowed here"))
                .help(suggest(word, words.iter().map(|(w, _)| *w)))
        })
}

/// Where the content of a quoted TOML text begins in the file.
pub(crate) fn content_offset(file: &str, span: &Range<usize>) -> usize {
    let raw = file.get(span.clone()).unwrap_or_default();
    let quote = if raw.starts_with("'''") || raw.starts_with("\"\"\"") {
        3
    } else {
        1
    };
    let newline = usize::from(quote == 3 && raw.get(3..).is_some_and(|r| r.starts_with('\n')));
    span.start + quote + newline
}

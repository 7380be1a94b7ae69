//! Tables and figures for people.

use super::out::Paint;
use vouchsafe::types::currency::show_minor;

/// Where the text of a column stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Align {
    Left,
    Right,
}

/// A table in columns as wide as their content.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    columns: Vec<(String, Align)>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// An empty table. A heading that begins with `>` is of a column of figures, aligned right.
    pub(crate) fn new(headings: &[&str]) -> Self {
        let column = |h: &&str| match h.strip_prefix('>') {
            Some(name) => (name.to_owned(), Align::Right),
            None => ((*h).to_owned(), Align::Left),
        };
        Self {
            columns: headings.iter().map(column).collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row.
    pub(crate) fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.into());
    }

    /// The table, or `nothing` when it has no row.
    pub(crate) fn show(&self, paint: Paint, nothing: &str) -> String {
        if self.rows.is_empty() {
            return format!("{nothing}\n");
        }
        let width = |at: usize, name: &str| {
            self.rows
                .iter()
                .filter_map(|r| r.get(at))
                .map(|c| columns(c))
                .fold(columns(name), usize::max)
        };
        let widths: Vec<usize> = self
            .columns
            .iter()
            .enumerate()
            .map(|(at, (name, _))| width(at, name))
            .collect();
        let line = |cells: &mut dyn Iterator<Item = &str>| {
            let padded =
                cells
                    .zip(&self.columns)
                    .zip(&widths)
                    .map(|((cell, (_, align)), width)| {
                        let blanks = " ".repeat(width.saturating_sub(columns(cell)));
                        if *align == Align::Right {
                            format!("{blanks}{cell}")
                        } else {
                            format!("{cell}{blanks}")
                        }
                    });
            padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        };
        let mut text = format!(
            "{}\n",
            paint.bold(&line(
                &mut self.columns.iter().map(|(name, _)| name.as_str())
            ))
        );
        for row in &self.rows {
            text.push_str(&line(&mut row.iter().map(String::as_str)));
            text.push('\n');
        }
        text
    }
}

/// Columns that a text takes on a terminal: characters of East Asia take two.
fn columns(text: &str) -> usize {
    text.chars().map(|c| if is_wide(c) { 2 } else { 1 }).sum()
}

const fn is_wide(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}' | '\u{ffe0}'..='\u{ffe6}')
}

/// An amount of minor units with its thousands set apart, such as `-1,234.50`.
pub(crate) fn money(minor: i64, exponent: u8) -> String {
    let plain = show_minor(minor, exponent);
    let (sign, digits) = plain
        .strip_prefix('-')
        .map_or(("", plain.as_str()), |d| ("-", d));
    let (whole, part) = digits
        .split_once('.')
        .map_or((digits, None), |(w, p)| (w, Some(p)));
    let grouped = group(whole);
    part.map_or_else(
        || format!("{sign}{grouped}"),
        |p| format!("{sign}{grouped}.{p}"),
    )
}

/// A count with its thousands set apart.
pub(crate) fn count(n: impl std::fmt::Display) -> String {
    group(&n.to_string())
}

/// A count with the word for what is counted, such as `1 rule` or `2,000 rules`.
pub(crate) fn counted(n: usize, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

fn group(digits: &str) -> String {
    let first = digits.len() % 3;
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && at % 3 == first {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart_and_nothing_is_lost() {
        for (minor, exponent, text) in [
            (0, 2, "0.00"),
            (-123_456_750, 2, "-1,234,567.50"),
            (999, 0, "999"),
            (1_000, 0, "1,000"),
            (i64::MIN, 2, "-92,233,720,368,547,758.08"),
        ] {
            assert_eq!(money(minor, exponent), text);
        }
    }

    #[test]
    fn a_column_of_chinese_names_lines_up() {
        assert_eq!(columns("前锋推荐人"), 10);
        assert_eq!(columns("quiet"), 5);
    }
}

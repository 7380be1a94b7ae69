//! Charts as SVG text: lines over time, bars, the Pareto curve.
//!
//! All geometry is whole numbers of tenths of a user unit, so that money and rates never become floats.
//! Colours and line widths come from the style sheet by class, hence no inline styles and a dark theme
//! for free. Each chart is an image with a text alternative; the pages give the numbers in a table as well.

mod canvas;
mod line;
mod pareto;

pub use line::{GoalLine, LineChart, Series, Stroke};
pub use pareto::ParetoCurve;

/// What the values of a chart count, and so how its axis writes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Parts per million, written as per cent: 41,300 is `4.13%`.
    Rate,
    /// Minor units of money; `digits` of them (0 to 9) after the point: with `¥` and 2, 146,000 is `¥1,460`.
    Money {
        /// What stands before the number, such as `¥`.
        symbol: String,
        /// How many digits of the minor unit follow the point.
        digits: u32,
    },
    /// Things.
    Count,
}

impl Unit {
    /// `value` in words of this unit, without zeros at the end of the fraction.
    #[must_use]
    pub fn label(&self, value: i64) -> String {
        let sign = if value < 0 { "−" } else { "" };
        let size = value.unsigned_abs();
        match self {
            Self::Rate => format!("{sign}{}%", decimal(size, 4)),
            Self::Money { symbol, digits } => format!("{sign}{symbol}{}", decimal(size, *digits)),
            Self::Count => format!("{sign}{}", decimal(size, 0)),
        }
    }
}

/// `value` / 10^`digits` with thousands separated and no zeros at the end of the fraction.
fn decimal(value: u64, digits: u32) -> String {
    let unit = 10_u64.saturating_pow(digits);
    let (whole, part) = (value / unit, value % unit);
    let plain = whole.to_string();
    let mut text = String::new();
    for (index, digit) in plain.chars().enumerate() {
        if index > 0 && (plain.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if part > 0 {
        let width = usize::try_from(digits).unwrap_or(0);
        let fraction = format!("{part:0width$}");
        text.push('.');
        text.push_str(fraction.trim_end_matches('0'));
    }
    text
}

/// A horizontal bar, `per_mille` (0 to 1000, more is drawn as 1000) of it filled; the words stand beside it in HTML.
#[must_use]
pub fn bar(per_mille: u16) -> String {
    let filled = per_mille.min(1000);
    format!(
        concat!(
            r#"<svg class="bar" viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true" focusable="false">"#,
            r#"<rect class="bar-track" width="1000" height="10"/><rect class="bar-fill" width="{}" height="10"/></svg>"#
        ),
        filled
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn yuan() -> Unit {
        Unit::Money {
            symbol: "¥".to_owned(),
            digits: 2,
        }
    }

    #[test]
    fn amounts_are_written_with_thousands_and_without_idle_zeros() {
        assert_eq!(yuan().label(0), "¥0");
        assert_eq!(yuan().label(5), "¥0.05");
        assert_eq!(yuan().label(150_000_000), "¥1,500,000");
        assert_eq!(yuan().label(-123_456), "−¥1,234.56");
        assert_eq!(yuan().label(i64::MIN), "−¥92,233,720,368,547,758.08");
    }

    #[test]
    fn rates_are_per_cent_and_counts_are_whole() {
        assert_eq!(Unit::Rate.label(41_300), "4.13%");
        assert_eq!(Unit::Rate.label(1_000_000), "100%");
        assert_eq!(Unit::Rate.label(-20_300), "−2.03%");
        assert_eq!(Unit::Count.label(48_224), "48,224");
    }

    #[test]
    fn a_bar_is_never_longer_than_its_track() {
        assert!(bar(413).contains(r#"bar-fill" width="413""#));
        assert!(bar(u16::MAX).contains(r#"bar-fill" width="1000""#));
    }
}

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

/// What the values of a chart count, and so how they are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Parts per million, written as per cent: 41,300 is `4.13%`.
    Rate,
    /// Minor units of money: with `¥` and 2 digits, 146,000 is `¥1,460.00`.
    Money {
        /// What stands before the number, such as `¥`.
        symbol: String,
        /// How many digits of the minor unit follow the point, 0 to 9.
        digits: u32,
    },
    /// Things.
    Count,
}

impl Unit {
    /// `value` as a table shows it: rates rounded half up to 0.01%, money to the last minor unit.
    #[must_use]
    pub fn exact(&self, value: i64) -> String {
        let sign = if value < 0 { "−" } else { "" };
        let size = value.unsigned_abs();
        match self {
            Self::Rate => {
                let hundredths = size / 100 + u64::from(size % 100 >= 50);
                format!("{sign}{}%", decimal(hundredths, 2))
            }
            Self::Money { symbol, digits } => format!("{sign}{symbol}{}", decimal(size, *digits)),
            Self::Count => format!("{sign}{}", decimal(size, 0)),
        }
    }

    /// `value` as an axis shows it: in full, without zeros at the end of the fraction.
    #[must_use]
    pub fn short(&self, value: i64) -> String {
        let sign = if value < 0 { "−" } else { "" };
        let size = value.unsigned_abs();
        match self {
            Self::Rate => format!("{sign}{}%", trimmed(&decimal(size, 4))),
            Self::Money { symbol, digits } => {
                format!("{sign}{symbol}{}", trimmed(&decimal(size, *digits)))
            }
            Self::Count => format!("{sign}{}", decimal(size, 0)),
        }
    }

    /// `value` as the end of a line shows it: rates to 0.01%, money without idle zeros, to save width.
    fn end(&self, value: i64) -> String {
        match self {
            Self::Rate => self.exact(value),
            Self::Money { .. } | Self::Count => self.short(value),
        }
    }
}

/// `value` / 10^`digits` with thousands separated and `digits` digits after the point.
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
    if digits > 0 {
        let width = usize::try_from(digits).unwrap_or(0);
        text.push('.');
        text.push_str(&format!("{part:0width$}"));
    }
    text
}

/// A decimal without zeros at the end of its fraction.
fn trimmed(decimal: &str) -> &str {
    if decimal.contains('.') {
        decimal.trim_end_matches('0').trim_end_matches('.')
    } else {
        decimal
    }
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
    fn an_axis_writes_amounts_with_thousands_and_without_idle_zeros() {
        assert_eq!(yuan().short(0), "¥0");
        assert_eq!(yuan().short(5), "¥0.05");
        assert_eq!(yuan().short(150_000_000), "¥1,500,000");
        assert_eq!(yuan().short(-123_450), "−¥1,234.5");
        assert_eq!(Unit::Rate.short(1_000_000), "100%");
        assert_eq!(Unit::Rate.short(-20_300), "−2.03%");
        assert_eq!(Unit::Rate.short(45), "0.0045%");
        assert_eq!(Unit::Count.short(48_200), "48,200");
    }

    #[test]
    fn a_table_writes_amounts_to_the_minor_unit_and_rates_to_the_hundredth_of_a_per_cent() {
        assert_eq!(yuan().exact(150_000_000), "¥1,500,000.00");
        assert_eq!(yuan().exact(i64::MIN), "−¥92,233,720,368,547,758.08");
        assert_eq!(Unit::Rate.exact(41_349), "4.13%");
        assert_eq!(Unit::Rate.exact(41_350), "4.14%");
        assert_eq!(Unit::Rate.exact(20_000), "2.00%");
        assert_eq!(Unit::Count.exact(48_224), "48,224");
    }

    #[test]
    fn a_bar_is_never_longer_than_its_track() {
        assert!(bar(413).contains(r#"bar-fill" width="413""#));
        assert!(bar(u16::MAX).contains(r#"bar-fill" width="1000""#));
    }
}

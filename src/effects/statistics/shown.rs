//! Statistics as people read them. Numbers are written once and their point is moved: no second
//! rounding.

use crate::types::{Exact, RoundingMode};

/// A share as a percentage with two decimals, such as `12.34%`.
#[must_use]
pub fn percent(share: f64) -> String {
    let exact = Exact::parse(&format!("{share:.8}"))
        .unwrap_or(Exact::ZERO)
        .mul(&Exact::int(100));
    format!("{}%", exact.round(2, RoundingMode::HalfEven))
}

/// A difference of shares as percentage points with a sign, such as `+2.03`.
#[must_use]
pub fn points(fraction: f64) -> String {
    let text = format!("{fraction:+.4}");
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => ("−", rest),
        None => ("+", text.trim_start_matches('+')),
    };
    let hundredths: u64 = digits.replace('.', "").parse().unwrap_or(0);
    format!("{sign}{}.{:02}", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_and_differences_are_written_without_a_second_rounding() {
        assert_eq!(
            [0.203_9, 1.0 / 3.0, 0.0].map(percent),
            ["20.39%", "33.33%", "0%"]
        );
        assert_eq!(
            [0.0203, -0.0158, 0.0].map(points),
            ["+2.03", "−1.58", "+0.00"]
        );
    }
}

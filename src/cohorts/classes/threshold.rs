//! Indicators, their thresholds as configured and the exact values these take.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::ClassesError;

/// Where an indicator's values part into high and low.
///
/// Written `mean`, `median`, `q0.8` (or `quantile:0.8`) and `fixed:12345`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Threshold {
    /// The arithmetic mean, kept as a fraction.
    Mean,
    /// The middle value. Of an even number of values it is the exact half-way point between the
    /// lower and the upper median, so that it treats both directions alike.
    Median,
    /// The quantile by the nearest-rank definition: the smallest value whose rank, counted from 1
    /// in ascending order, is at least `permille / 1000` of the number of values. It is always a
    /// value that occurs, equal values keep separate ranks, and `q0.5` of an even number of values
    /// is the lower median. Ascending order holds for both directions.
    Quantile {
        /// The quantile in thousandths, from 1 to 999.
        permille: u32,
    },
    /// A number given by people, in the indicator's own unit (minor units for an amount).
    Fixed(i64),
}

impl Threshold {
    /// The exact value the threshold takes among the values of all members.
    ///
    /// # Errors
    /// [`ClassesError::Empty`] without values, [`ClassesError::QuantileOutOfRange`] for a quantile
    /// outside 1 to 999 thousandths.
    pub(super) fn value_among(self, mut values: Vec<i64>) -> Result<ThresholdValue, ClassesError> {
        if values.is_empty() {
            return Err(ClassesError::Empty);
        }
        let (sum, count) = values.iter().fold((0_i128, 0_i128), |(sum, count), value| {
            (sum + i128::from(*value), count + 1)
        });
        match self {
            Self::Mean => Ok(ThresholdValue::new(sum, count)),
            Self::Median => {
                values.sort_unstable();
                let lower = values.get((values.len() - 1) / 2);
                let upper = values.get(values.len() / 2);
                let (lower, upper) = lower.zip(upper).ok_or(ClassesError::Empty)?;
                Ok(ThresholdValue::new(
                    i128::from(*lower) + i128::from(*upper),
                    2,
                ))
            }
            Self::Quantile { permille } => {
                let permille = i128::from(checked_permille(permille)?);
                values.sort_unstable();
                let (value, _) = values
                    .into_iter()
                    .zip(1_i128..)
                    .find(|(_, rank)| rank * 1_000 >= permille * count)
                    .ok_or(ClassesError::Empty)?;
                Ok(ThresholdValue::new(value.into(), 1))
            }
            Self::Fixed(value) => Ok(ThresholdValue::new(value.into(), 1)),
        }
    }
}

fn checked_permille(permille: u32) -> Result<u32, ClassesError> {
    if (1..=999).contains(&permille) {
        Ok(permille)
    } else {
        Err(ClassesError::QuantileOutOfRange { permille })
    }
}

impl FromStr for Threshold {
    type Err = ClassesError;

    /// # Errors
    /// [`ClassesError::UnknownThreshold`] for any other form, [`ClassesError::QuantileOutOfRange`]
    /// for `q0.0`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || ClassesError::UnknownThreshold {
            found: text.to_owned(),
        };
        if text == "mean" {
            return Ok(Self::Mean);
        }
        if text == "median" {
            return Ok(Self::Median);
        }
        if let Some(number) = text.strip_prefix("fixed:") {
            return number.parse().map(Self::Fixed).ok().ok_or_else(unknown);
        }
        let decimals = text
            .strip_prefix("quantile:")
            .or_else(|| text.strip_prefix('q'))
            .and_then(|number| number.strip_prefix("0."))
            .filter(|decimals| (1..=3).contains(&decimals.len()))
            .filter(|decimals| decimals.bytes().all(|byte| byte.is_ascii_digit()))
            .ok_or_else(unknown)?;
        let permille = format!("{decimals:0<3}").parse().ok().ok_or_else(unknown)?;
        checked_permille(permille)?;
        Ok(Self::Quantile { permille })
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mean => f.write_str("mean"),
            Self::Median => f.write_str("median"),
            Self::Quantile { permille } => {
                let thousandths = format!("{:03}", permille % 1000);
                let decimals = match thousandths.trim_end_matches('0') {
                    "" => "0",
                    decimals => decimals,
                };
                write!(f, "q{}.{decimals}", permille / 1000)
            }
            Self::Fixed(value) => write!(f, "fixed:{value}"),
        }
    }
}

impl TryFrom<String> for Threshold {
    type Error = ClassesError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Threshold> for String {
    fn from(threshold: Threshold) -> Self {
        threshold.to_string()
    }
}

/// Which side of its threshold is an indicator's good, "high" side.
///
/// A value equal to the threshold is on the low side in both directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// High is strictly above the threshold: a count, an amount.
    HighIsGood,
    /// High is strictly below the threshold: the days since something happened.
    LowIsGood,
}

/// One of the three measures by which members are classified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Indicator {
    /// The measure's name with its unit last, as the features of members are named.
    pub name: String,
    /// Which side of the threshold is good.
    pub direction: Direction,
    /// Where the values part.
    pub threshold: Threshold,
}

impl Indicator {
    /// The default indicators of a recommender, each against its mean: the number of friends who
    /// invested, the amount they invested in minor units, the days since the last one did.
    #[must_use]
    pub fn recommender_defaults() -> [Self; 3] {
        [
            ("friends_invested", Direction::HighIsGood),
            ("friends_invested_minor", Direction::HighIsGood),
            ("days_since_last_friend_invested", Direction::LowIsGood),
        ]
        .map(|(name, direction)| Self {
            name: name.to_owned(),
            direction,
            threshold: Threshold::Mean,
        })
    }
}

/// A threshold's exact value: a fraction in lowest terms, serialised as text such as `"6919/2357"`.
///
/// It is shown with four decimals, cut downwards and not rounded: a whole value is above the
/// threshold exactly when it is above what is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(into = "String")]
pub struct ThresholdValue {
    numerator: i128,
    denominator: i128,
}

impl ThresholdValue {
    /// `numerator / denominator`, brought to lowest terms; the denominator is above zero.
    fn new(numerator: i128, denominator: i128) -> Self {
        let (mut divisor, mut rest) = (denominator, numerator.rem_euclid(denominator));
        while rest != 0 {
            (divisor, rest) = (rest, divisor % rest);
        }
        Self {
            numerator: numerator / divisor,
            denominator: denominator / divisor,
        }
    }

    /// The numerator, which carries the sign.
    #[must_use]
    pub const fn numerator(self) -> i128 {
        self.numerator
    }

    /// The denominator, above zero.
    #[must_use]
    pub const fn denominator(self) -> i128 {
        self.denominator
    }

    /// The value in a unit that holds `units` of the indicator's own: with 100, cents read as
    /// dollars.
    #[must_use]
    pub fn in_units_of(self, units: NonZeroU32) -> Self {
        // A denominator is at most the number of members, so the product is far below the limit.
        Self::new(self.numerator, self.denominator * i128::from(units.get()))
    }

    /// Whether the value lies strictly on the good side of the threshold.
    pub(super) fn is_high(self, value: i64, direction: Direction) -> bool {
        // Both the value and the denominator are below 2^64, so the product fits.
        let scaled = i128::from(value) * self.denominator;
        match direction {
            Direction::HighIsGood => scaled > self.numerator,
            Direction::LowIsGood => scaled < self.numerator,
        }
    }
}

impl fmt::Display for ThresholdValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = self.numerator.div_euclid(self.denominator);
        let rest = self.numerator.rem_euclid(self.denominator);
        let floored = whole * 10_000 + rest * 10_000 / self.denominator;
        let sign = if floored < 0 { "-" } else { "" };
        let digits = floored.unsigned_abs();
        write!(f, "{sign}{}.{:04}", digits / 10_000, digits % 10_000)
    }
}

impl From<ThresholdValue> for String {
    fn from(value: ThresholdValue) -> Self {
        format!("{}/{}", value.numerator, value.denominator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(threshold: Threshold, values: &[i64]) -> String {
        threshold.value_among(values.to_vec()).unwrap().into()
    }

    #[test]
    fn a_threshold_reads_back_what_it_writes() {
        for (text, threshold, written) in [
            ("mean", Threshold::Mean, "mean"),
            ("median", Threshold::Median, "median"),
            ("q0.8", Threshold::Quantile { permille: 800 }, "q0.8"),
            (
                "quantile:0.80",
                Threshold::Quantile { permille: 800 },
                "q0.8",
            ),
            ("q0.05", Threshold::Quantile { permille: 50 }, "q0.05"),
            ("q0.999", Threshold::Quantile { permille: 999 }, "q0.999"),
            ("fixed:12345", Threshold::Fixed(12_345), "fixed:12345"),
            ("fixed:-3", Threshold::Fixed(-3), "fixed:-3"),
        ] {
            assert_eq!(text.parse(), Ok(threshold));
            assert_eq!(threshold.to_string(), written);
            assert_eq!(written.parse(), Ok(threshold));
            let json = serde_json::to_string(&threshold).unwrap();
            assert_eq!(json, format!("\"{written}\""));
            assert_eq!(serde_json::from_str::<Threshold>(&json).unwrap(), threshold);
        }
        assert_eq!(Threshold::Quantile { permille: 1_000 }.to_string(), "q1.0");
    }

    #[test]
    fn a_threshold_of_another_form_is_refused_with_the_forms_allowed() {
        for text in [
            "",
            "Mean",
            " mean",
            "q",
            "q0.",
            "q.8",
            "q1.0",
            "q0.8000",
            "q0.8x",
            "q0.٣",
            "q-0.8",
            "quantile:",
            "0.8",
            "fixed:",
            "fixed:1.5",
            "fixed:9223372036854775808",
        ] {
            let found = text.to_owned();
            assert_eq!(
                text.parse::<Threshold>(),
                Err(ClassesError::UnknownThreshold { found })
            );
        }
        for text in ["q0.0", "quantile:0.000"] {
            assert_eq!(
                text.parse::<Threshold>(),
                Err(ClassesError::QuantileOutOfRange { permille: 0 })
            );
        }
    }

    #[test]
    fn the_mean_stays_a_fraction_in_lowest_terms() {
        assert_eq!(value(Threshold::Mean, &[1, 2, 2]), "5/3");
        assert_eq!(value(Threshold::Mean, &[2, 4, 6, 10]), "11/2");
        assert_eq!(value(Threshold::Mean, &[-3, 3]), "0/1");
    }

    #[test]
    fn the_median_of_an_even_number_of_values_is_half_way_between_the_middle_two() {
        assert_eq!(value(Threshold::Median, &[9, 1, 4]), "4/1");
        assert_eq!(value(Threshold::Median, &[9, 1, 4, 5]), "9/2");
        assert_eq!(value(Threshold::Median, &[-2, -1]), "-3/2");
    }

    #[test]
    fn a_quantile_is_the_value_at_the_nearest_rank() {
        // The usual worked example of the nearest-rank definition.
        let values = [50, 15, 40, 20, 35];
        for (permille, expected) in [
            (50, "15/1"),
            (300, "20/1"),
            (400, "20/1"),
            (401, "35/1"),
            (500, "35/1"),
            (999, "50/1"),
        ] {
            assert_eq!(value(Threshold::Quantile { permille }, &values), expected);
        }
        let half = Threshold::Quantile { permille: 500 };
        assert_eq!(value(half, &[9, 1, 4, 5]), "4/1");
    }

    #[test]
    fn without_values_no_threshold_exists() {
        assert_eq!(
            Threshold::Mean.value_among(vec![]),
            Err(ClassesError::Empty)
        );
    }

    #[test]
    fn a_value_on_the_threshold_is_low_in_both_directions() {
        let at = ThresholdValue::new(7, 2);
        assert!(at.is_high(4, Direction::HighIsGood) && !at.is_high(4, Direction::LowIsGood));
        assert!(at.is_high(3, Direction::LowIsGood) && !at.is_high(3, Direction::HighIsGood));
        let at = ThresholdValue::new(4, 1);
        assert!(!at.is_high(4, Direction::HighIsGood) && !at.is_high(4, Direction::LowIsGood));
    }

    #[test]
    fn a_threshold_value_is_shown_with_four_decimals_cut_downwards() {
        for (numerator, denominator, shown) in [
            (878_133, 2_357, "372.5638"),
            (2, 3, "0.6666"),
            (5, 1, "5.0000"),
            (-5, 2, "-2.5000"),
            (-1, 3, "-0.3334"),
            (-1, 100_000, "-0.0001"),
        ] {
            assert_eq!(
                ThresholdValue::new(numerator, denominator).to_string(),
                shown
            );
        }
        let hundred = NonZeroU32::new(100).unwrap();
        let cents = ThresholdValue::new(24_409_194, 2_357);
        assert_eq!(cents.to_string(), "10356.0432");
        assert_eq!(cents.in_units_of(hundred).to_string(), "103.5604");
    }
}

//! The interval for the difference of two means, such as the money per assigned person.

use super::special::student_critical;
use super::{Confidence, Interval, StatisticsError, real};

/// Size, mean and variance of an amount over the people of one arm.
///
/// People without any purchase count with an amount of zero: the mean is per assigned person.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moments {
    people: u64,
    mean: f64,
    variance: f64,
}

impl Moments {
    /// The moments of `people` amounts; `variance` is the sample variance (divided by n − 1).
    ///
    /// # Errors
    /// [`StatisticsError::TooFewForASpread`] below two people, [`StatisticsError::NotMoments`] when
    /// a moment is not finite or the variance negative.
    pub fn new(people: u64, mean: f64, variance: f64) -> Result<Self, StatisticsError> {
        if people < 2 {
            return Err(StatisticsError::TooFewForASpread { people });
        }
        if !(mean.is_finite() && variance.is_finite() && variance >= 0.0) {
            return Err(StatisticsError::NotMoments { mean, variance });
        }
        Ok(Self {
            people,
            mean,
            variance,
        })
    }

    /// The moments of `people` amounts from exact sums in minor units.
    ///
    /// The variance is formed in whole numbers, so that large amounts with a small spread lose no
    /// digit.
    ///
    /// # Errors
    /// [`StatisticsError::TooFewForASpread`] below two people, and
    /// [`StatisticsError::ContradictorySums`] when the sums belong to no set of amounts or exceed
    /// 128 bits.
    pub fn from_sums(
        people: u64,
        sum: i128,
        sum_of_squares: i128,
    ) -> Result<Self, StatisticsError> {
        let contradiction = StatisticsError::ContradictorySums {
            people,
            sum,
            sum_of_squares,
        };
        let scaled = i128::from(people)
            .checked_mul(sum_of_squares)
            .zip(sum.checked_mul(sum))
            .and_then(|(squares, square)| squares.checked_sub(square))
            .and_then(|difference| u128::try_from(difference).ok())
            .ok_or(contradiction)?;
        let count = real(people.into());
        let magnitude = real(sum.unsigned_abs()) / count;
        let mean = if sum < 0 { -magnitude } else { magnitude };
        Self::new(people, mean, real(scaled) / (count * (count - 1.0)))
    }

    /// The mean per assigned person, in the unit of the amounts.
    #[must_use]
    pub fn mean(self) -> f64 {
        self.mean
    }
}

/// Welch's interval for the difference of two means, in the unit of the amounts.
///
/// Welch, *Biometrika* 34 (1947): the arms may differ in size and in spread. Student's t with the
/// degrees of freedom of Satterthwaite. When neither arm spreads the interval is a point.
#[must_use]
pub fn difference_of_means(treated: Moments, control: Moments, confidence: Confidence) -> Interval {
    let difference = treated.mean - control.mean;
    let share = |arm: Moments| arm.variance / real(arm.people.into());
    let part = |arm: Moments| share(arm) * share(arm) / (real(arm.people.into()) - 1.0);
    let variance = share(treated) + share(control);
    if variance == 0.0 {
        return Interval {
            low: difference,
            high: difference,
        };
    }
    let degrees = variance * variance / (part(treated) + part(control));
    let reach = student_critical(confidence.tail(), degrees) * variance.sqrt();
    Interval {
        low: difference - reach,
        high: difference + reach,
    }
}

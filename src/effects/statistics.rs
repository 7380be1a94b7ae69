//! The statistics of an effect report: intervals, the sample ratio check and the forecast.
//!
//! This is the one place of the project where numbers are floats. Counts and sums of money enter
//! as whole numbers and leave only as estimates; nothing computed here is ever booked.
//!
//! Every interval compares the treated arm with the control arm, in that order: a positive
//! difference, and a ratio above one, speak for the campaign. Score intervals are preferred because
//! conversions are rare and holdouts small, where the textbook (Wald) interval covers too seldom.
#![expect(
    clippy::float_arithmetic,
    reason = "an estimate is a real number, and no amount of money is booked from one"
)]

mod means;
mod proportions;
pub mod shown;
mod special;
#[cfg(test)]
mod tests;

pub use means::{Moments, difference_of_means};
pub use proportions::{
    Arm, difference, difference_newcombe, difference_score, ratio_log_adjusted, ratio_score,
};

use special::{chi_square_tail, normal_critical, turning_point};

/// A p-value below this says that the arms are not the arms that were designed.
///
/// Far below the usual 0.05, because the check runs on every report of every campaign and a false
/// alarm withholds the result.
const SAMPLE_RATIO_ALARM: f64 = 0.001;

/// Why a statistic cannot be computed.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum StatisticsError {
    /// An arm without people has no rate.
    #[error("an arm holds nobody; an interval needs at least one person in each arm")]
    EmptyArm,
    /// More people converted than were assigned.
    #[error("{successes} successes were counted among {trials} people; count each person once")]
    SuccessesExceedTrials {
        /// People counted as converted.
        successes: u64,
        /// People assigned to the arm.
        trials: u64,
    },
    /// A probability outside its open interval.
    #[error("the {name} is {found}; it must lie strictly between 0 and 1, such as {example}")]
    NotAProbability {
        /// Which input it is.
        name: &'static str,
        /// What was given.
        found: f64,
        /// A usual value.
        example: f64,
    },
    /// A base rate outside zero to one.
    #[error("the base rate is {found}; it must be at least 0 and below 1, such as 0.006")]
    NotABaseRate {
        /// What was given.
        found: f64,
    },
    /// The sample ratio check was given arms and shares that do not pair up.
    #[error(
        "{counts} counts were given for {shares} designed shares; give one share for each of at \
         least two arms"
    )]
    UnpairedArms {
        /// How many counts were given.
        counts: usize,
        /// How many shares were given.
        shares: usize,
    },
    /// A designed share that no arm can have.
    #[error("the designed share of arm {arm} is {found}; every share must be a positive number")]
    NotAShare {
        /// Position of the arm, from 0.
        arm: usize,
        /// What was given.
        found: f64,
    },
    /// A variance needs two people.
    #[error("an arm holds {people} people; the spread of an amount needs at least two")]
    TooFewForASpread {
        /// People assigned to the arm.
        people: u64,
    },
    /// A mean or a variance that no set of amounts has.
    #[error("mean {mean} and variance {variance} are not the moments of any amounts")]
    NotMoments {
        /// What was given as the mean.
        mean: f64,
        /// What was given as the variance.
        variance: f64,
    },
    /// Sums that contradict each other or exceed 128 bits.
    #[error(
        "a sum of {sum} and a sum of squares of {sum_of_squares} over {people} people cannot be \
         turned into a variance; the sum of squares must be at least the square of the sum divided \
         by the people, and all must fit into 128 bits"
    )]
    ContradictorySums {
        /// People assigned to the arm.
        people: u64,
        /// Sum of the amounts.
        sum: i128,
        /// Sum of the squared amounts.
        sum_of_squares: i128,
    },
    /// Not even a rate of 100% would be noticed.
    #[error(
        "with {treated} treated and {control} control no difference is detectable above a base \
         rate of {base_rate}; assign more people to the smaller arm"
    )]
    NothingDetectable {
        /// The rate expected of the control arm.
        base_rate: f64,
        /// People to be treated.
        treated: u64,
        /// People to be held out.
        control: u64,
    },
}

/// A confidence interval, both ends included.
///
/// The upper end of a ratio is [`f64::INFINITY`] when nobody in the control arm converted.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// How often intervals made this way hold the true value, strictly between 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Confidence(f64);

impl Confidence {
    /// Nineteen times out of twenty, the level of an ordinary report.
    pub const PERCENT_95: Self = Self(0.95);

    /// A level such as 0.95.
    ///
    /// # Errors
    /// [`StatisticsError::NotAProbability`] unless `level` lies strictly between 0 and 1.
    pub fn new(level: f64) -> Result<Self, StatisticsError> {
        probability("confidence", level, 0.95).map(Self)
    }

    /// The probability left over on each side of a two-sided interval.
    fn tail(self) -> f64 {
        0.5 * (1.0 - self.0)
    }
}

/// Whether the people counted in the arms are those that the design would put there.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct SampleRatio {
    /// Pearson's chi-square against the designed shares, with one degree of freedom less than arms.
    pub chi_square: f64,
    /// Probability of a deviation at least as large when the assignment works as designed.
    pub p_value: f64,
    /// True below 0.001: people were lost or added in one arm, and no effect may be read.
    pub alarm: bool,
}

/// Compares the people `counts` of the arms with the designed `shares`, in the same order.
///
/// Shares are weights: `[9000.0, 1000.0]` means the same as `[0.9, 0.1]`. Pearson's chi-square
/// test.
///
/// # Errors
/// [`StatisticsError::UnpairedArms`] unless each of at least two arms has its share,
/// [`StatisticsError::NotAShare`] unless every share is positive and finite, and
/// [`StatisticsError::EmptyArm`] when nobody was counted at all.
pub fn sample_ratio(counts: &[u64], shares: &[f64]) -> Result<SampleRatio, StatisticsError> {
    if counts.len() < 2 || counts.len() != shares.len() {
        return Err(StatisticsError::UnpairedArms {
            counts: counts.len(),
            shares: shares.len(),
        });
    }
    for (arm, &found) in shares.iter().enumerate() {
        if !(found.is_finite() && found > 0.0) {
            return Err(StatisticsError::NotAShare { arm, found });
        }
    }
    let people = real(counts.iter().copied().map(u128::from).sum());
    if people == 0.0 {
        return Err(StatisticsError::EmptyArm);
    }
    let whole: f64 = shares.iter().sum();
    let mut chi_square = 0.0;
    let mut degrees = -1.0;
    for (&count, &share) in counts.iter().zip(shares) {
        let expected = people * (share / whole);
        let gap = real(count.into()) - expected;
        chi_square += gap * gap / expected;
        degrees += 1.0;
    }
    let p_value = chi_square_tail(chi_square, degrees);
    Ok(SampleRatio {
        chi_square,
        p_value,
        alarm: p_value < SAMPLE_RATIO_ALARM,
    })
}

/// The smallest rise of the conversion rate above `base_rate` that a two-sided test at `alpha`
/// finds with probability `power`, as a difference of rates.
///
/// `base_rate` is what the control arm is expected to do, from 0 to below 1; `alpha` is usually
/// 0.05 and `power` 0.8. Fleiss, Levin and Paik, *Statistical Methods for Rates and Proportions*,
/// 3rd ed., section 4.3, for arms of unequal size, without continuity correction.
///
/// # Errors
/// [`StatisticsError::EmptyArm`] when an arm is empty, [`StatisticsError::NotABaseRate`] and
/// [`StatisticsError::NotAProbability`] for inputs out of range, and
/// [`StatisticsError::NothingDetectable`] when even a rate of 1 would go unnoticed.
pub fn minimum_detectable_difference(
    base_rate: f64,
    treated_n: u64,
    control_n: u64,
    alpha: f64,
    power: f64,
) -> Result<f64, StatisticsError> {
    if treated_n == 0 || control_n == 0 {
        return Err(StatisticsError::EmptyArm);
    }
    if !(0.0..1.0).contains(&base_rate) {
        return Err(StatisticsError::NotABaseRate { found: base_rate });
    }
    let false_alarm = normal_critical(0.5 * probability("significance level", alpha, 0.05)?);
    let missed = normal_critical(1.0 - probability("power", power, 0.8)?);
    let (treated, control) = (real(treated_n.into()), real(control_n.into()));
    let variance = |rate: f64, people: f64| rate * (1.0 - rate) / people;
    let undetected = |difference: f64| {
        let treated_rate = base_rate + difference;
        let pooled = (treated * treated_rate + control * base_rate) / (treated + control);
        let under_no_effect = variance(pooled, treated) + variance(pooled, control);
        let under_effect = variance(treated_rate, treated) + variance(base_rate, control);
        difference < false_alarm * under_no_effect.sqrt() + missed * under_effect.sqrt()
    };
    let largest = 1.0 - base_rate;
    if undetected(largest) {
        return Err(StatisticsError::NothingDetectable {
            base_rate,
            treated: treated_n,
            control: control_n,
        });
    }
    Ok(turning_point(0.0, largest, undetected))
}

/// Lets a value strictly between 0 and 1 through.
fn probability(name: &'static str, found: f64, example: f64) -> Result<f64, StatisticsError> {
    if found > 0.0 && found < 1.0 {
        Ok(found)
    } else {
        Err(StatisticsError::NotAProbability {
            name,
            found,
            example,
        })
    }
}

/// A whole number as a float, exact up to 2^53 and within a few units of the last place above.
fn real(value: u128) -> f64 {
    let bytes = value.to_be_bytes();
    bytes
        .into_iter()
        .fold(0.0, |sum, byte| sum * 256.0 + f64::from(byte))
}

/// A share given in basis points, from 0 to 1.
#[must_use]
pub fn share_of(basis_points: u32) -> f64 {
    f64::from(basis_points) / 10_000.0
}

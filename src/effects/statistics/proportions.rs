//! Intervals for the difference and the ratio of two conversion rates.

use super::special::{normal_critical, turning_point};
use super::{Confidence, Interval, StatisticsError, real};

/// One arm of a comparison: the people assigned to it and those among them who converted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arm {
    successes: u64,
    trials: u64,
}

impl Arm {
    /// `successes` people converted out of `trials` people assigned.
    ///
    /// # Errors
    /// [`StatisticsError::EmptyArm`] without people, [`StatisticsError::SuccessesExceedTrials`]
    /// when more converted than were assigned.
    pub fn new(successes: u64, trials: u64) -> Result<Self, StatisticsError> {
        if trials == 0 {
            return Err(StatisticsError::EmptyArm);
        }
        if successes > trials {
            return Err(StatisticsError::SuccessesExceedTrials { successes, trials });
        }
        Ok(Self { successes, trials })
    }

    /// People who converted.
    #[must_use]
    pub fn successes(self) -> u64 {
        self.successes
    }

    /// People assigned.
    #[must_use]
    pub fn trials(self) -> u64 {
        self.trials
    }

    /// The share of the assigned who converted, from 0 to 1.
    #[must_use]
    pub fn rate(self) -> f64 {
        real(self.successes.into()) / real(self.trials.into())
    }

    /// Wilson's score interval for the rate (Wilson 1927), the building stone of Newcombe's.
    fn wilson(self, critical: f64) -> Interval {
        let trials = real(self.trials.into());
        let square = critical * critical;
        let centre = self.rate() + 0.5 * square / trials;
        let reach = critical
            * ((self.rate() * (1.0 - self.rate()) + 0.25 * square / trials) / trials).sqrt();
        let scale = 1.0 + square / trials;
        Interval {
            low: ((centre - reach) / scale).max(0.0),
            high: ((centre + reach) / scale).min(1.0),
        }
    }
}

/// The difference of the two rates: treated minus control.
#[must_use]
pub fn difference(treated: Arm, control: Arm) -> f64 {
    treated.rate() - control.rate()
}

/// Score interval for the difference of the conversion rates, from −1 to 1.
///
/// Miettinen and Nurminen, "Comparative analysis of two rates", *Statistics in Medicine* 4 (1985),
/// with their factor N / (N − 1): the differences that a score test at this level does not reject.
/// It serves arms in which nobody or everybody converted.
#[must_use]
pub fn difference_score(treated: Arm, control: Arm, confidence: Confidence) -> Interval {
    let critical = normal_critical(confidence.tail());
    let observed = treated.rate() - control.rate();
    let score = |difference: f64| {
        let control_rate = constrained_control_rate(treated, control, difference);
        let treated_rate = (control_rate + difference).clamp(0.0, 1.0);
        standardised(
            observed - difference,
            spread(treated, treated_rate) + spread(control, control_rate),
            treated,
            control,
        )
    };
    Interval {
        low: turning_point(-1.0, observed, |d| score(d) > critical),
        high: turning_point(observed, 1.0, |d| score(d) > -critical),
    }
}

/// The control rate that makes the observations most likely when the rates differ by `difference`.
///
/// The likelihood's slope falls from end to end, so its root is found by bisection; the closed form
/// (a cubic) loses its root when a cell is empty.
fn constrained_control_rate(treated: Arm, control: Arm, difference: f64) -> f64 {
    let pull = |people: u64, rate: f64| {
        if people == 0 {
            0.0
        } else {
            real(people.into()) / rate.max(0.0)
        }
    };
    let slope = |rate: f64| {
        pull(treated.successes, rate + difference)
            - pull(treated.trials - treated.successes, 1.0 - rate - difference)
            + pull(control.successes, rate)
            - pull(control.trials - control.successes, 1.0 - rate)
    };
    let low = (-difference).max(0.0);
    let high = (1.0 - difference).min(1.0);
    turning_point(low, high, |rate| slope(rate) > 0.0)
}

/// Variance of an observed rate when `rate` is the true one.
fn spread(arm: Arm, rate: f64) -> f64 {
    rate * (1.0 - rate) / real(arm.trials.into())
}

/// `gap` in standard errors, with Miettinen and Nurminen's correction for small samples.
///
/// Under a hypothesis that leaves no variance any gap at all is infinitely many errors wide.
fn standardised(gap: f64, variance: f64, treated: Arm, control: Arm) -> f64 {
    if gap == 0.0 {
        return 0.0;
    }
    let people = real(u128::from(treated.trials) + u128::from(control.trials));
    gap / (variance.max(0.0) * people / (people - 1.0)).sqrt()
}

/// Newcombe's hybrid score interval for the difference of the conversion rates, from −1 to 1.
///
/// Newcombe, "Interval estimation for the difference between independent proportions",
/// *Statistics in Medicine* 17 (1998), method 10: quick, closed, and close to
/// [`difference_score`].
#[must_use]
pub fn difference_newcombe(treated: Arm, control: Arm, confidence: Confidence) -> Interval {
    let critical = normal_critical(confidence.tail());
    let (treated_rate, control_rate) = (treated.rate(), control.rate());
    let (about_treated, about_control) = (treated.wilson(critical), control.wilson(critical));
    let difference = treated_rate - control_rate;
    let below = (treated_rate - about_treated.low).hypot(about_control.high - control_rate);
    let above = (about_treated.high - treated_rate).hypot(control_rate - about_control.low);
    Interval {
        low: difference - below,
        high: difference + above,
    }
}

/// Score interval for the ratio of the conversion rates, from 0 to infinity.
///
/// Koopman, *Biometrics* 40 (1984), with the factor N / (N − 1) of Miettinen and Nurminen (1985).
/// The lower end is 0 when nobody treated converted, the upper end infinite when nobody in the
/// control arm did.
#[must_use]
pub fn ratio_score(treated: Arm, control: Arm, confidence: Confidence) -> Interval {
    // No ratio of two counts of 64 bits comes near e^100.
    const LOGARITHM_MAX: f64 = 100.0;
    let critical = normal_critical(confidence.tail());
    let score = |logarithm: f64| {
        let ratio = logarithm.exp();
        let control_rate = constrained_control_rate_by_ratio(treated, control, ratio);
        let treated_rate = (ratio * control_rate).clamp(0.0, 1.0);
        standardised(
            treated.rate() - ratio * control.rate(),
            spread(treated, treated_rate) + ratio * ratio * spread(control, control_rate),
            treated,
            control,
        )
    };
    let observed = (treated.rate() / control.rate()).ln();
    let low = if treated.successes == 0 {
        0.0
    } else {
        let end = observed.min(LOGARITHM_MAX);
        turning_point(-LOGARITHM_MAX, end, |l| score(l) > critical).exp()
    };
    let high = if control.successes == 0 {
        f64::INFINITY
    } else {
        let start = observed.max(-LOGARITHM_MAX);
        turning_point(start, LOGARITHM_MAX, |l| score(l) > -critical).exp()
    };
    Interval { low, high }
}

/// The control rate that makes the observations most likely when the treated rate is `ratio` times
/// the control rate: the smaller root of Miettinen and Nurminen's quadratic.
fn constrained_control_rate_by_ratio(treated: Arm, control: Arm, ratio: f64) -> f64 {
    let successes = real(u128::from(treated.successes) + u128::from(control.successes));
    let people = real(u128::from(treated.trials) + u128::from(control.trials));
    let middle = real(treated.trials.into()) * ratio
        + real(treated.successes.into())
        + real(control.trials.into())
        + real(control.successes.into()) * ratio;
    let discriminant = middle * middle - 4.0 * people * ratio * successes;
    // Dividing by the sum keeps the digits that the textbook's difference would cancel.
    (2.0 * successes / (middle + discriminant.max(0.0).sqrt())).clamp(0.0, 1.0)
}

/// Log-normal interval for the ratio of the conversion rates with half a person added to every
/// count, always finite.
///
/// Walter, *Biometrika* 62 (1975). It is the one ratio interval with a finite upper end when
/// nobody in the control arm converted.
#[must_use]
pub fn ratio_log_adjusted(treated: Arm, control: Arm, confidence: Confidence) -> Interval {
    let critical = normal_critical(confidence.tail());
    let half_more = |people: u64| real(people.into()) + 0.5;
    let rate = |arm: Arm| half_more(arm.successes) / half_more(arm.trials);
    let variance = |arm: Arm| 1.0 / half_more(arm.successes) - 1.0 / half_more(arm.trials);
    let logarithm = (rate(treated) / rate(control)).ln();
    let reach = critical * (variance(treated) + variance(control)).sqrt();
    Interval {
        low: (logarithm - reach).exp(),
        high: (logarithm + reach).exp(),
    }
}

//! Seeded integers, curves to draw them from, and the clock of the simulation.

use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// China's clock, eight hours ahead of UTC all year.
const CHINA: FixedOffset = match FixedOffset::east_opt(8 * 3_600) {
    Some(offset) => offset,
    None => panic!("eight hours is a valid offset"),
};

/// The simulation's second zero, 2016-06-01T00:00:00+08:00.
const BEGINNING: DateTime<Utc> = match DateTime::from_timestamp(1_464_710_400, 0) {
    Some(instant) => instant,
    None => panic!("the first of June 2016 is a valid instant"),
};

/// A day's seconds; China has no summer time.
pub(in crate::demo) const DAY: i64 = 86_400;

/// The last investment is on 2017-06-27; the offer's window opens at this second.
pub(in crate::demo) const INVESTED: i64 = 392 * DAY;

/// Maps the second of the day at an even pace to the second of a day lived by people, who sleep.
/// It rises everywhere, so the order of things is kept.
const WAKING: Curve = Curve(&[(0, 0), (3_000, 27_000), (60_000, 77_400), (DAY, DAY)]);

/// [`WAKING`] the other way round.
const EVEN: Curve = Curve(&[(0, 0), (27_000, 3_000), (77_400, 60_000), (DAY, DAY)]);

/// A curve through `(x, y)` points in rising `x`, straight between them and flat outside.
#[derive(Clone, Copy)]
pub(in crate::demo) struct Curve(pub(in crate::demo) &'static [(i64, i64)]);

impl Curve {
    /// The curve's height at `x`.
    pub(in crate::demo) fn at(self, x: i64) -> i64 {
        for pair in self.0.windows(2) {
            if let [(left, low), (right, high)] = *pair
                && x <= right
            {
                return low + (x.max(left) - left) * (high - low) / (right - left);
            }
        }
        self.0.last().map_or(0, |&(_, height)| height)
    }
}

/// A seeded source of integers; the same seed and stream give the same draws on every machine.
pub(in crate::demo) struct Dice(ChaCha8Rng);

impl Dice {
    /// The numbers of `seed`, apart from those of every other `stream`.
    pub(in crate::demo) fn new(seed: u64, stream: u64) -> Self {
        let mut source = ChaCha8Rng::seed_from_u64(seed);
        source.set_stream(stream);
        Self(source)
    }

    /// An even draw from `0..limit`; zero if there is nothing to choose from.
    pub(in crate::demo) fn below(&mut self, limit: i64) -> i64 {
        if limit <= 1 {
            0
        } else {
            self.0.random_range(0..limit)
        }
    }

    /// True in `thousandths` of a thousand cases.
    pub(in crate::demo) fn chance(&mut self, thousandths: i64) -> bool {
        self.below(1_000) < thousandths
    }

    /// A draw from a curve over quantiles in millionths.
    pub(in crate::demo) fn draw(&mut self, curve: Curve) -> i64 {
        curve.at(self.below(1_000_001))
    }

    /// The whole part of a number of thousandths, the rest rounded up by chance, so that the mean
    /// is kept.
    pub(in crate::demo) fn whole(&mut self, thousandths: i64) -> i64 {
        thousandths / 1_000 + i64::from(self.chance(thousandths % 1_000))
    }

    /// One of `choices`, each as likely as its weight.
    pub(in crate::demo) fn one_of<T: Copy + Default>(&mut self, choices: &[(T, i64)]) -> T {
        let mut left = self.below(choices.iter().map(|&(_, weight)| weight).sum());
        for &(choice, weight) in choices {
            if left < weight {
                return choice;
            }
            left -= weight;
        }
        T::default()
    }
}

/// A second of `from..until`: in `keen` of a thousand cases the later of two even draws, otherwise
/// the earlier; `from` if there is no room.
pub(in crate::demo) fn between(dice: &mut Dice, from: i64, until: i64, keen: i64) -> i64 {
    let (one, other) = (dice.below(until - from), dice.below(until - from));
    let late = dice.chance(keen);
    from + if late { one.max(other) } else { one.min(other) }
}

/// The instant on the wall clock of a second of the simulation.
pub(in crate::demo) fn instant(second: i64) -> DateTime<FixedOffset> {
    let of_day = second.rem_euclid(DAY);
    moment(second - of_day + WAKING.at(of_day))
}

/// The first second of the simulation whose [`instant`] is not before `at`.
pub(in crate::demo) fn second(at: DateTime<FixedOffset>) -> i64 {
    let seconds = (at - moment(0)).num_seconds();
    let of_day = seconds.rem_euclid(DAY);
    let begun = seconds - of_day + EVEN.at(of_day);
    (begun..begun + 5)
        .find(|&second| instant(second) >= at)
        .unwrap_or(begun + 5)
}

/// The instant `seconds` after the simulation's beginning.
pub(in crate::demo) fn moment(seconds: i64) -> DateTime<FixedOffset> {
    BEGINNING.with_timezone(&CHINA) + TimeDelta::seconds(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_is_straight_between_its_points_and_flat_outside() {
        let curve = Curve(&[(10, 100), (20, 200), (40, 0)]);
        let heights = [0, 10, 15, 20, 30, 40, 99].map(|x| curve.at(x));
        assert_eq!(heights, [100, 100, 150, 200, 100, 0, 0]);
    }

    #[test]
    fn the_waking_clock_never_runs_backwards_and_is_read_back_to_the_second() {
        for of_day in 0..DAY {
            assert!(instant(of_day) <= instant(of_day + 1), "at {of_day}");
            let read_back = second(moment(of_day));
            assert!(instant(read_back) >= moment(of_day), "at {of_day}");
            assert!(
                read_back == 0 || instant(read_back - 1) < moment(of_day),
                "at {of_day}"
            );
        }
    }

    #[test]
    fn rounding_by_chance_keeps_the_mean() {
        let mut dice = Dice::new(1, 0);
        let sum: i64 = (0..10_000).map(|_| dice.whole(1_250)).sum();
        assert!((12_300..=12_700).contains(&sum), "{sum}");
    }

    #[test]
    fn a_stream_does_not_repeat_another() {
        let draws = |stream| {
            let mut dice = Dice::new(2017, stream);
            [(); 4].map(|()| dice.below(i64::MAX))
        };
        assert_eq!(draws(1), draws(1));
        assert_ne!(draws(1), draws(2));
    }
}

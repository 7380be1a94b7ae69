//! Distribution functions and the root finder under the intervals.
//!
//! Everything rests on two classical functions: the incomplete gamma function gives the normal and
//! the chi-square distribution, the incomplete beta function gives Student's t. Each is good to
//! about twelve digits, which the tests hold against values computed to thirty digits.

/// Rounds allowed to a series or a continued fraction; the arguments met here need fewer than 200.
const ROUNDS_MAX: u32 = 1_000;

/// A term this small relative to the sum no longer changes a double.
const NEGLIGIBLE: f64 = f64::EPSILON;

/// Stands in for a zero denominator in a continued fraction (Lentz's method as modified by
/// Thompson and Barnett; Press et al., *Numerical Recipes*, 3rd ed., section 5.2).
const TINY: f64 = 1e-300;

/// Above this many degrees of freedom the expansion of Student's t in `1 / degrees` is good to
/// twelve digits, while the incomplete beta function begins to lose some.
const EXPANSION_DEGREES: f64 = 1_000.0;

/// The point between `low` and `high` where `below` turns from true to false.
///
/// Bisection needs no derivative and no starting value and cannot leave its bracket, so it works
/// where Newton's method fails: at empty cells and at proportions of zero and one. When `below`
/// does not turn inside the bracket the answer is the end nearest to the turn.
pub(super) fn turning_point(mut low: f64, mut high: f64, below: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..ROUNDS_MAX {
        let middle = low.midpoint(high);
        if middle <= low || middle >= high {
            break;
        }
        if below(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    low.midpoint(high)
}

/// Logarithm of the gamma function for `x` of at least one half.
///
/// Lanczos' approximation with Godfrey's coefficients for g = 7 and nine terms; relative error
/// below 1e-14.
fn ln_gamma(x: f64) -> f64 {
    const G: f64 = 7.0;
    const CONSTANT: f64 = 0.999_999_999_999_809_9;
    const COEFFICIENTS: [f64; 8] = [
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    let mut sum = CONSTANT;
    let mut denominator = x;
    for coefficient in COEFFICIENTS {
        sum += coefficient / denominator;
        denominator += 1.0;
    }
    let shifted = x + G - 0.5;
    std::f64::consts::TAU.sqrt().ln() + (x - 0.5) * shifted.ln() - shifted + sum.ln()
}

/// The regularised upper incomplete gamma function Q(`shape`, `x`).
///
/// Series below `shape + 1`, continued fraction above (*Numerical Recipes*, section 6.2).
fn upper_gamma(shape: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    let scale = (shape * x.ln() - x - ln_gamma(shape)).exp();
    if x < shape + 1.0 {
        let mut term = 1.0 / shape;
        let mut sum = term;
        let mut divisor = shape;
        for _ in 0..ROUNDS_MAX {
            divisor += 1.0;
            term *= x / divisor;
            sum += term;
            if term < sum * NEGLIGIBLE {
                break;
            }
        }
        return 1.0 - sum * scale;
    }
    let mut b = x + 1.0 - shape;
    let mut c = 1.0 / TINY;
    let mut d = 1.0 / b;
    let mut fraction = d;
    for round in 1..=ROUNDS_MAX {
        let round = f64::from(round);
        let a = -round * (round - shape);
        b += 2.0;
        d = 1.0 / away_from_zero(a * d + b);
        c = away_from_zero(b + a / c);
        let factor = c * d;
        fraction *= factor;
        if (factor - 1.0).abs() < NEGLIGIBLE {
            break;
        }
    }
    scale * fraction
}

/// Keeps the denominator of a continued fraction from being zero.
fn away_from_zero(value: f64) -> f64 {
    if value.abs() < TINY { TINY } else { value }
}

/// The regularised incomplete beta function I(`x`; `a`, `b`), with `y` = 1 − `x` given apart
/// because it cannot be recovered from an `x` near one.
///
/// Continued fraction of *Numerical Recipes*, section 6.4.
fn incomplete_beta(a: f64, b: f64, x: f64, y: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if y <= 0.0 {
        return 1.0;
    }
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta(b, a, y, x);
    }
    let scale = (ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * y.ln()).exp() / a;
    let mut c = 1.0;
    let mut d = 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = d;
    for round in 1..=ROUNDS_MAX {
        let round = f64::from(round);
        let even = a + 2.0 * round;
        let numerator = round * (b - round) * x / ((even - 1.0) * even);
        d = 1.0 / away_from_zero(1.0 + numerator * d);
        c = away_from_zero(1.0 + numerator / c);
        fraction *= d * c;
        let numerator = -(a + round) * (a + b + round) * x / (even * (even + 1.0));
        d = 1.0 / away_from_zero(1.0 + numerator * d);
        c = away_from_zero(1.0 + numerator / c);
        let factor = d * c;
        fraction *= factor;
        if (factor - 1.0).abs() < NEGLIGIBLE {
            break;
        }
    }
    scale * fraction
}

/// Probability that a standard normal variable exceeds `z`.
pub(super) fn normal_tail(z: f64) -> f64 {
    let beyond = 0.5 * upper_gamma(0.5, 0.5 * z * z);
    if z < 0.0 { 1.0 - beyond } else { beyond }
}

/// The value a standard normal variable exceeds with probability `tail`, 0 < `tail` < 1.
pub(super) fn normal_critical(tail: f64) -> f64 {
    // A double holds no smaller positive probability than that of exceeding 38.6.
    const LARGEST: f64 = 40.0;
    if tail > 0.5 {
        return -normal_critical(1.0 - tail);
    }
    turning_point(0.0, LARGEST, |z| normal_tail(z) > tail)
}

/// Probability that a chi-square variable with `degrees` of freedom exceeds `x`.
pub(super) fn chi_square_tail(x: f64, degrees: f64) -> f64 {
    upper_gamma(0.5 * degrees, 0.5 * x)
}

/// Probability that a Student variable with `degrees` of freedom exceeds `t`, for `t` ≥ 0.
fn student_tail(t: f64, degrees: f64) -> f64 {
    let square = t * t;
    let whole = degrees + square;
    0.5 * incomplete_beta(0.5 * degrees, 0.5, degrees / whole, square / whole)
}

/// The value a Student variable with `degrees` ≥ 1 of freedom exceeds with probability `tail`,
/// 0 < `tail` < ½.
///
/// Above [`EXPANSION_DEGREES`] by Abramowitz and Stegun, formula 26.7.5.
pub(super) fn student_critical(tail: f64, degrees: f64) -> f64 {
    if degrees > EXPANSION_DEGREES {
        let z = normal_critical(tail);
        let square = z * z;
        let terms = [
            z * (square + 1.0) / 4.0,
            z * ((5.0 * square + 16.0) * square + 3.0) / 96.0,
            z * (((3.0 * square + 19.0) * square + 17.0) * square - 15.0) / 384.0,
            z * ((((79.0 * square + 776.0) * square + 1_482.0) * square - 1_920.0) * square
                - 945.0)
                / 92_160.0,
        ];
        let correction = terms
            .into_iter()
            .rfold(0.0, |sum, term| (sum + term) / degrees);
        return z + correction;
    }
    let mut beyond = 1.0;
    while student_tail(beyond, degrees) > tail {
        beyond *= 2.0;
    }
    turning_point(0.0, beyond, |t| student_tail(t, degrees) > tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Holds `found` to `expected` within a relative error of 1e-11.
    fn assert_near(found: f64, expected: f64) {
        assert!(
            (found - expected).abs() <= 1e-11 * expected.abs(),
            "found {found:e}, expected {expected:e}"
        );
    }

    // The expected values of this module were computed with mpmath to forty digits.

    #[test]
    fn the_normal_tail_matches_forty_digit_arithmetic() {
        for (z, expected) in [
            (-3.0, 0.998_650_101_968_369_9),
            (-0.5, 0.691_462_461_274_013_1),
            (0.0, 0.5),
            (0.1, 0.460_172_162_722_971),
            (1.0, 0.158_655_253_931_457_05),
            (3.3, 4.834_241_423_837_772e-4),
            (8.0, 6.220_960_574_271_784e-16),
            (20.0, 2.753_624_118_606_233_7e-89),
        ] {
            assert_near(normal_tail(z), expected);
        }
    }

    #[test]
    fn the_normal_critical_value_matches_forty_digit_arithmetic() {
        for (tail, expected) in [
            (0.025, 1.959_963_984_540_054_3),
            (0.05, 1.644_853_626_951_472_6),
            (0.005, 2.575_829_303_548_901),
            (0.000_5, 3.290_526_731_491_895),
            (0.2, 0.841_621_233_572_914_2),
            (0.49, 0.025_068_908_258_711_057),
            (0.9, -1.281_551_565_544_600_6),
            (1e-12, 7.034_483_825_301_132),
        ] {
            assert_near(normal_critical(tail), expected);
        }
        assert!(normal_critical(0.5).abs() < 1e-15);
    }

    #[test]
    fn the_chi_square_tail_matches_forty_digit_arithmetic() {
        for (x, degrees, expected) in [
            (0.5, 1.0, 0.479_500_122_186_953_5),
            (3.841_458_820_694_124, 1.0, 0.050_000_000_000_000_06),
            (10.83, 1.0, 9.986_863_791_802_587e-4),
            (50.0, 1.0, 1.537_459_794_428_035e-12),
            (4.2, 2.0, 0.122_456_428_252_981_9),
            (0.3, 3.0, 0.960_028_480_306_877_6),
            (12.5, 5.0, 0.028_543_123_326_167_46),
            (40.0, 9.0, 7.598_525_229_464_276e-6),
            (9.0, 10.0, 0.532_103_576_374_715_5),
        ] {
            assert_near(chi_square_tail(x, degrees), expected);
        }
    }

    #[test]
    fn the_student_tail_matches_forty_digit_arithmetic() {
        for (t, degrees, expected) in [
            (0.3, 1.0, 0.407_226_420_922_257_64),
            (2.0, 3.7, 0.060_908_600_952_617),
            (1.96, 30.0, 0.029_671_156_448_025_24),
            (2.5, 999.5, 0.006_289_323_826_368_83),
            (1.2, 999.0, 0.115_211_918_372_090_15),
            (3.5, 1_000.0, 2.428_871_729_839_161_3e-4),
            (12.0, 8.0, 1.071_933_373_844_385_6e-6),
        ] {
            assert_near(student_tail(t, degrees), expected);
        }
    }

    #[test]
    fn the_student_critical_value_matches_forty_digit_arithmetic() {
        for (tail, degrees, expected) in [
            (0.025, 1.0, 12.706_204_736_174_705),
            (0.025, 2.0, 4.302_652_729_749_464),
            (0.025, 4.6, 2.639_291_609_747_002_3),
            (0.025, 30.0, 2.042_272_456_301_238),
            (0.005, 12.25, 3.043_228_310_411_185),
            (0.05, 200.0, 1.652_508_100_910_877_5),
            (0.4, 3.0, 0.276_670_662_332_689_83),
            (0.025, 999.0, 1.962_341_461_133_45),
            (0.025, 1_001.0, 1.962_336_705_280_88),
            (0.000_5, 1_000.5, 3.300_277_759_796_532_3),
            (1e-5, 1_001.0, 4.285_417_069_361_484),
            (0.025, 10_001.0, 1.960_201_216_164_641_2),
            (0.000_5, 15_000.0, 3.291_175_496_365_293),
            (0.025, 1e6, 1.959_966_356_814_107),
        ] {
            assert_near(student_critical(tail, degrees), expected);
        }
    }

    #[test]
    fn a_bracket_without_a_turn_gives_the_end_nearest_to_it() {
        assert!(turning_point(0.0, 1.0, |_| true) > 1.0 - 1e-15);
        assert!(turning_point(0.0, 1.0, |_| false) < 1e-15);
    }
}

use super::*;

fn arm(successes: u64, trials: u64) -> Arm {
    Arm::new(successes, trials).unwrap()
}

/// Holds both ends of `found` to `expected` within `tolerance`.
fn assert_interval(found: Interval, expected: (f64, f64), tolerance: f64) {
    let near = |found: f64, expected: f64| {
        (expected.is_infinite() && found == expected) || (found - expected).abs() <= tolerance
    };
    assert!(
        near(found.low, expected.0) && near(found.high, expected.1),
        "found {found:?}, expected {expected:?}"
    );
}

/// A method with its interval at 90% and at 99%.
type AtTwoLevels = (fn(Arm, Arm, Confidence) -> Interval, (f64, f64), (f64, f64));

const P95: Confidence = Confidence::PERCENT_95;

/// Newcombe 1998, table II, method 6, as published to four digits.
///
/// These replace the score intervals of statsmodels 0.15, which gives .0526–.3440 for the first
/// case: its cubic carries a count where the number of trials belongs (statsmodels issue 10269).
#[test]
fn the_score_difference_meets_the_published_table_of_newcombe() {
    for (treated, control, expected) in [
        (arm(56, 70), arm(48, 80), (0.0528, 0.3382)),
        (arm(9, 10), arm(3, 10), (0.1700, 0.8406)),
        (arm(6, 7), arm(2, 7), (0.0342, 0.8534)),
        (arm(5, 56), arm(0, 29), (-0.0326, 0.1933)),
        (arm(0, 10), arm(0, 20), (-0.1658, 0.2844)),
        (arm(0, 10), arm(0, 10), (-0.2879, 0.2879)),
        (arm(10, 10), arm(0, 20), (0.7156, 1.0)),
        (arm(10, 10), arm(0, 10), (0.6636, 1.0)),
    ] {
        assert_interval(difference_score(treated, control, P95), expected, 0.5e-4);
    }
}

/// Computed from the definition with mpmath to forty digits.
#[test]
fn the_score_difference_matches_forty_digit_arithmetic() {
    for (treated, control, expected) in [
        (
            arm(56, 70),
            arm(48, 80),
            (0.052_829_713_245_8, 0.338_172_940_016),
        ),
        (
            arm(29, 2_035),
            arm(9, 4_072),
            (0.007_392_614_814_83, 0.018_303_046_026_2),
        ),
        (
            arm(600, 10_000),
            arm(500, 10_000),
            (0.003_686_278_789_55, 0.016_339_049_484_6),
        ),
        (
            arm(54, 9_000),
            arm(4, 1_000),
            (-0.004_350_150_442_22, 0.005_137_414_400_18),
        ),
        (
            arm(6_000_000, 1_000_000_000),
            arm(4_000_000, 700_000_000),
            (0.000_278_358_926_252, 0.000_293_068_125_515),
        ),
        (arm(1, 1), arm(0, 1), (-0.586_901_371_246, 1.0)),
    ] {
        assert_interval(difference_score(treated, control, P95), expected, 1e-11);
    }
}

#[test]
fn the_score_difference_works_with_empty_and_with_full_cells() {
    for (treated, control, expected) in [
        (
            arm(30, 9_000),
            arm(0, 1_000),
            (-0.000_495_082_685_277, 0.004_754_581_024_24),
        ),
        (
            arm(0, 9_000),
            arm(4, 1_000),
            (-0.010_240_002_975_2, -0.001_556_519_641_93),
        ),
        (
            arm(0, 1_000),
            arm(0, 200),
            (-0.018_860_747_469_4, 0.003_829_937_886_92),
        ),
        (
            arm(100, 100),
            arm(80, 80),
            (-0.037_192_479_314_8, 0.046_062_306_299_9),
        ),
        (arm(100, 100), arm(0, 80), (0.953_937_693_7, 1.0)),
    ] {
        assert_interval(difference_score(treated, control, P95), expected, 1e-11);
    }
}

/// statsmodels 0.15, `confint_proportions_2indep`.
#[test]
fn the_newcombe_difference_meets_the_vectors_of_statsmodels() {
    for (treated, control, expected) in [
        (arm(56, 70), arm(48, 80), (0.052_431, 0.333_873)),
        (arm(29, 2_035), arm(9, 4_072), (0.007_295, 0.018_270)),
        (arm(600, 10_000), arm(500, 10_000), (0.003_682, 0.016_333)),
        (arm(30, 9_000), arm(0, 1_000), (-0.000_621, 0.004_754)),
        (arm(0, 100), arm(0, 100), (-0.036_993, 0.036_993)),
        (arm(100, 100), arm(0, 80), (0.941_112, 1.0)),
    ] {
        assert_interval(difference_newcombe(treated, control, P95), expected, 0.6e-6);
    }
}

/// statsmodels 0.15, `confint_proportions_2indep`.
#[test]
fn the_ratio_intervals_meet_the_vectors_of_statsmodels() {
    for (treated, control, score, adjusted) in [
        (
            arm(56, 70),
            arm(48, 80),
            (1.079_05, 1.672_15),
            (1.075_97, 1.644_48),
        ),
        (
            arm(29, 2_035),
            arm(9, 4_072),
            (3.108_48, 13.377_03),
            (2.996_37, 12.881_96),
        ),
        (
            arm(600, 10_000),
            arm(500, 10_000),
            (1.069_30, 1.346_73),
            (1.069_09, 1.346_49),
        ),
        (
            arm(54, 9_000),
            arm(4, 1_000),
            (0.567_35, 3.979_00),
            (0.515_94, 3.512_91),
        ),
        (
            arm(30, 9_000),
            arm(0, 1_000),
            (0.870_60, f64::INFINITY),
            (0.414_96, 110.804_25),
        ),
        (
            arm(0, 9_000),
            arm(4, 1_000),
            (0.0, 0.106_69),
            (0.000_67, 0.229_24),
        ),
    ] {
        assert_interval(ratio_score(treated, control, P95), score, 0.6e-5);
        assert_interval(ratio_log_adjusted(treated, control, P95), adjusted, 0.6e-5);
    }
}

/// Computed from the definition with mpmath to forty digits, where statsmodels fails.
#[test]
fn the_ratio_score_works_with_empty_and_with_full_cells() {
    for (treated, control, expected) in [
        (arm(0, 100), arm(0, 100), (0.0, f64::INFINITY)),
        (
            arm(100, 100),
            arm(80, 80),
            (0.962_807_520_685, 1.048_286_493_56),
        ),
        (arm(100, 100), arm(0, 80), (21.709_724_942_8, f64::INFINITY)),
        (arm(5, 5), arm(2, 7), (1.290_943_521_93, 12.804_222_563_7)),
        (arm(1, 1), arm(0, 1), (0.260_317_771_627, f64::INFINITY)),
        (arm(0, 1), arm(1, 1), (0.0, 3.841_458_820_69)),
        (
            arm(6_000_000, 1_000_000_000),
            arm(4_000_000, 700_000_000),
            (1.048_676_304_22, 1.051_325_368_47),
        ),
    ] {
        assert_interval(ratio_score(treated, control, P95), expected, 1e-10);
    }
}

#[test]
fn a_higher_confidence_widens_every_interval() {
    let (treated, control) = (arm(54, 9_000), arm(4, 1_000));
    let p90 = Confidence::new(0.90).unwrap();
    let p99 = Confidence::new(0.99).unwrap();
    let methods: [AtTwoLevels; 4] = [
        (
            difference_score,
            (-0.002_989_624, 0.004_727_608),
            (-0.007_453_056, 0.005_902_330),
        ),
        (
            difference_newcombe,
            (-0.003_024_680, 0.004_662_615),
            (-0.007_512_517, 0.005_754_766),
        ),
        (
            ratio_score,
            (0.657_175_568, 3.431_917_117),
            (0.431_830_850, 5.239_027_727),
        ),
        (
            ratio_log_adjusted,
            (0.601_962_140, 3.010_923_443),
            (0.381_696_058, 4.748_442_856),
        ),
    ];
    for (interval, at_90, at_99) in methods {
        assert_interval(interval(treated, control, p90), at_90, 1e-9);
        assert_interval(interval(treated, control, p99), at_99, 1e-9);
    }
}

/// Every table of two small arms, all empty and full cells included.
#[test]
fn exchanging_the_arms_mirrors_the_score_intervals() {
    for treated in (0..=4).map(|successes| arm(successes, 4)) {
        for control in (0..=3).map(|successes| arm(successes, 3)) {
            let there = difference_score(treated, control, P95);
            let back = difference_score(control, treated, P95);
            assert_interval(back, (-there.high, -there.low), 1e-12);
            let observed = treated.rate() - control.rate();
            assert!(-1.0 <= there.low && there.low <= observed + 1e-12);
            assert!(observed - 1e-12 <= there.high && there.high <= 1.0);

            let there = ratio_score(treated, control, P95);
            let back = ratio_score(control, treated, P95);
            let inverse = |end: f64| if end == 0.0 { f64::INFINITY } else { 1.0 / end };
            assert_interval(back, (inverse(there.high), inverse(there.low)), 1e-9);
        }
    }
}

#[test]
fn an_arm_refuses_counts_that_no_arm_has() {
    assert_eq!(Arm::new(0, 0), Err(StatisticsError::EmptyArm));
    assert_eq!(
        Arm::new(3, 2),
        Err(StatisticsError::SuccessesExceedTrials {
            successes: 3,
            trials: 2
        })
    );
    assert_eq!(arm(2, 2).successes(), 2);
    assert_eq!(arm(2, 2).trials(), 2);
}

#[test]
fn a_confidence_of_zero_or_of_one_is_refused() {
    for level in [0.0, 1.0, -0.5, 95.0, f64::NAN] {
        assert!(Confidence::new(level).is_err(), "{level} was accepted");
    }
    assert_eq!(Confidence::new(0.95), Ok(Confidence::PERCENT_95));
    assert_eq!(
        Confidence::new(95.0).unwrap_err().to_string(),
        "the confidence is 95; it must lie strictly between 0 and 1, such as 0.95"
    );
}

/// scipy 1.17, `chisquare`.
#[test]
fn the_sample_ratio_meets_the_vectors_of_scipy() {
    for (counts, shares, chi_square, p_value, alarm) in [
        (
            &[9_000, 1_100][..],
            &[0.9, 0.1][..],
            8.910_891_089_108_912,
            0.002_834_749_080_259_389,
            false,
        ),
        (&[9_000, 1_000], &[0.9, 0.1], 0.0, 1.0, false),
        (
            &[4_980, 5_040, 4_900],
            &[1.0, 1.0, 1.0],
            1.983_914_209_115_281_7,
            0.370_850_187_739_866_8,
            false,
        ),
        (
            &[8_912, 1_040, 48],
            &[8_900.0, 1_000.0, 100.0],
            28.656_179_775_280_897,
            5.989_486_985_601_023e-7,
            true,
        ),
        (
            &[90_000, 11_500],
            &[9_000.0, 1_000.0],
            199.507_389_162_561_6,
            2.675_046_002_154_267e-45,
            true,
        ),
    ] {
        let found = sample_ratio(counts, shares).unwrap();
        assert!((found.chi_square - chi_square).abs() <= 1e-9 * chi_square);
        assert!((found.p_value - p_value).abs() <= 1e-9 * p_value);
        assert_eq!(found.alarm, alarm);
    }
}

#[test]
fn a_sample_ratio_without_a_design_is_refused() {
    assert_eq!(
        sample_ratio(&[1, 2], &[1.0]),
        Err(StatisticsError::UnpairedArms {
            counts: 2,
            shares: 1
        })
    );
    assert!(sample_ratio(&[1], &[1.0]).is_err());
    assert_eq!(
        sample_ratio(&[1, 2], &[1.0, 0.0]),
        Err(StatisticsError::NotAShare { arm: 1, found: 0.0 })
    );
    assert!(sample_ratio(&[1, 2], &[f64::NAN, 1.0]).is_err());
    assert!(sample_ratio(&[1, 2], &[f64::INFINITY, 1.0]).is_err());
    assert_eq!(
        sample_ratio(&[0, 0], &[0.9, 0.1]),
        Err(StatisticsError::EmptyArm)
    );
}

/// scipy 1.17, `ttest_ind_from_stats` with unequal variances and `t.ppf`.
#[test]
fn the_difference_of_means_meets_the_vectors_of_scipy() {
    let moments = |people, mean, variance| Moments::new(people, mean, variance).unwrap();
    let p99 = Confidence::new(0.99).unwrap();
    for (treated, control, confidence, expected) in [
        (
            moments(9_000, 1_250.5, 4.0e6),
            moments(1_000, 1_190.25, 2.5e6),
            P95,
            (-46.196_304_249_08, 166.696_304_249_08),
        ),
        (
            moments(12, 10.0, 4.0),
            moments(5, 7.5, 9.0),
            P95,
            (-1.145_471_755_709, 6.145_471_755_709),
        ),
        (
            moments(12, 10.0, 4.0),
            moments(5, 7.5, 9.0),
            p99,
            (-3.100_322_819_643, 8.100_322_819_643),
        ),
        (
            moments(2, 1.0, 0.5),
            moments(2, 4.0, 3.0),
            P95,
            (-12.620_029_731_291, 6.620_029_731_291),
        ),
        (
            moments(2_000_000, 812.4, 9e5),
            moments(200_000, 801.1, 8.5e5),
            P95,
            (7.050_878_285_27, 15.549_121_714_73),
        ),
        (moments(3, 5.0, 0.0), moments(3, 2.0, 0.0), P95, (3.0, 3.0)),
    ] {
        assert_interval(
            difference_of_means(treated, control, confidence),
            expected,
            1e-9,
        );
    }
}

#[test]
fn exact_sums_give_the_moments_without_losing_a_digit() {
    // The amounts -1, 0 and 4 have mean 1 and variance 7, and so they keep the variance when every
    // one of them is raised by a billion.
    assert_eq!(Moments::from_sums(3, 3, 17), Moments::new(3, 1.0, 7.0));
    let raise = 1_000_000_000_i128;
    let amounts = [raise - 1, raise, raise + 4];
    let moments = Moments::from_sums(
        3,
        amounts.iter().sum(),
        amounts.iter().map(|amount| amount * amount).sum(),
    );
    assert_eq!(moments, Moments::new(3, 1_000_000_001.0, 7.0));
    assert_eq!(Moments::from_sums(4, -6, 9).unwrap().mean(), -1.5);
}

#[test]
fn moments_of_nobody_or_of_impossible_sums_are_refused() {
    assert_eq!(
        Moments::from_sums(1, 5, 25),
        Err(StatisticsError::TooFewForASpread { people: 1 })
    );
    assert_eq!(
        Moments::from_sums(2, 10, 49),
        Err(StatisticsError::ContradictorySums {
            people: 2,
            sum: 10,
            sum_of_squares: 49
        })
    );
    assert!(Moments::from_sums(2, i128::MAX, 1).is_err());
    assert!(Moments::new(5, f64::NAN, 1.0).is_err());
    assert!(Moments::new(5, 1.0, -1.0).is_err());
}

/// Computed from the formula with mpmath; statsmodels 0.15 gives each difference the power asked
/// for to six digits.
#[test]
fn the_smallest_detectable_difference_matches_forty_digit_arithmetic() {
    for (base_rate, treated, control, alpha, power, expected) in [
        (0.006, 9_000, 1_000, 0.05, 0.8, 0.010_371_374_443_465),
        (0.1, 5_000, 5_000, 0.05, 0.8, 0.017_439_914_809_798),
        (0.02, 95_000, 5_000, 0.01, 0.9, 0.008_839_023_471_783_4),
        (0.0, 1_000, 1_000, 0.05, 0.8, 0.007_809_021_034_614_7),
        (0.6, 96, 96, 0.05, 0.8, 0.185_422_812_244_81),
    ] {
        let found =
            minimum_detectable_difference(base_rate, treated, control, alpha, power).unwrap();
        assert!(
            (found - expected).abs() <= 1e-12,
            "found {found}, expected {expected}"
        );
    }
}

#[test]
fn a_forecast_for_too_few_people_says_so() {
    assert_eq!(
        minimum_detectable_difference(0.5, 4, 4, 0.05, 0.8),
        Err(StatisticsError::NothingDetectable {
            base_rate: 0.5,
            treated: 4,
            control: 4
        })
    );
    assert_eq!(
        minimum_detectable_difference(0.1, 0, 4, 0.05, 0.8),
        Err(StatisticsError::EmptyArm)
    );
    assert_eq!(
        minimum_detectable_difference(1.0, 9, 9, 0.05, 0.8),
        Err(StatisticsError::NotABaseRate { found: 1.0 })
    );
    assert!(minimum_detectable_difference(0.1, 9, 9, 0.0, 0.8).is_err());
    assert!(minimum_detectable_difference(0.1, 9, 9, 0.05, 1.0).is_err());
}

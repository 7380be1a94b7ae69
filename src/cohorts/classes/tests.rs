//! Tests of the classification, with its laws.

use proptest::prelude::*;

use super::*;

fn subject(member: i64, values: [i64; 3], amount_minor: i64) -> Subject {
    Subject {
        member,
        values,
        amount_minor,
    }
}

fn indicators(threshold: Threshold) -> [Indicator; 3] {
    Indicator::recommender_defaults().map(|indicator| Indicator {
        threshold,
        ..indicator
    })
}

fn classes(threshold: Threshold, subjects: &[Subject]) -> Vec<(i64, Class)> {
    classify(&indicators(threshold), subjects)
        .unwrap()
        .assignments
}

#[test]
fn four_recommenders_fall_into_the_classes_worked_out_by_hand() {
    // Means: 4, 400 and 30. Member 4 sits on all three and is therefore low on all three.
    let subjects = [
        subject(7, [9, 900, 10], 900),
        subject(2, [2, 250, 20], 250),
        subject(4, [4, 400, 30], 400),
        subject(1, [1, 50, 60], 50),
    ];
    let model = classify(&Indicator::recommender_defaults(), &subjects).unwrap();
    assert_eq!(
        model.thresholds.map(|at| at.to_string()),
        ["4.0000", "400.0000", "30.0000"]
    );
    assert_eq!(
        model.assignments,
        [
            (1, Class::Quiet),
            (2, Class::Promising),
            (4, Class::Quiet),
            (7, Class::Forward)
        ]
    );
    let forward = model.rows[0];
    assert_eq!((forward.members, forward.amount_minor), (1, 900));
    // 900 of 1600 is 56.25 %.
    assert_eq!(
        (forward.members_share_bp, forward.amount_share_bp),
        (2_500, 5_625)
    );
    let quiet = model.rows[7];
    assert_eq!(
        (quiet.members, quiet.amount_per_head_minor()),
        (2, Some(225))
    );
    assert_eq!(model.rows[1].amount_per_head_minor(), None);
    assert_eq!((model.total_members, model.total_amount_minor), (4, 1_600));
}

#[test]
fn shares_and_amounts_per_head_round_half_to_even() {
    assert_eq!(div_half_even(5, 2), Some(2));
    assert_eq!(div_half_even(7, 2), Some(4));
    assert_eq!(div_half_even(8, 3), Some(3));
    assert_eq!(div_half_even(-5, 2), Some(-2));
    assert_eq!(div_half_even(1, 0), None);
    assert_eq!(share_bp(1, 20_000), 0);
    assert_eq!(share_bp(3, 20_000), 2);
    assert_eq!(share_bp(0, 0), 0);
}

#[test]
fn a_group_without_any_amount_has_amount_shares_of_zero() {
    let subjects = [subject(1, [1, 0, 5], 0), subject(2, [2, 0, 9], 0)];
    let model = classify(&indicators(Threshold::Mean), &subjects).unwrap();
    assert!(model.rows.iter().all(|row| row.amount_share_bp == 0));
    assert!(pareto(&subjects).unwrap().iter().all(|point| point.1 == 0));
}

#[test]
fn an_improper_group_is_refused_with_the_member_at_fault() {
    let both = |subjects: &[Subject]| {
        let error = classify(&indicators(Threshold::Mean), subjects).unwrap_err();
        assert_eq!(pareto(subjects).unwrap_err(), error);
        error
    };
    assert_eq!(both(&[]), ClassesError::Empty);
    assert_eq!(
        both(&[subject(1, [0; 3], 5), subject(8, [0; 3], -1)]),
        ClassesError::NegativeAmount {
            member: 8,
            amount_minor: -1
        }
    );
    assert_eq!(
        both(&[
            subject(3, [0; 3], 5),
            subject(1, [0; 3], 5),
            subject(3, [1; 3], 6)
        ]),
        ClassesError::DuplicateMember { member: 3 }
    );
    assert_eq!(
        both(&[subject(1, [0; 3], i64::MAX), subject(2, [0; 3], 1)]),
        ClassesError::AmountOverflow {
            total_minor: i128::from(i64::MAX) + 1
        }
    );
    assert_eq!(
        classify(
            &indicators(Threshold::Quantile { permille: 1_000 }),
            &[subject(1, [0; 3], 5)]
        )
        .unwrap_err(),
        ClassesError::QuantileOutOfRange { permille: 1_000 }
    );
}

#[test]
fn values_at_the_ends_of_their_range_are_classified_exactly() {
    let subjects = [
        subject(1, [i64::MAX; 3], i64::MAX),
        subject(2, [i64::MAX - 1; 3], 0),
        subject(3, [i64::MIN; 3], 0),
    ];
    assert_eq!(
        classes(Threshold::Fixed(i64::MAX - 1), &subjects),
        [
            (1, Class::DormantForward),
            (2, Class::Quiet),
            (3, Class::Promising)
        ]
    );
    // The mean of the first two is half a unit above the second, which no float would see.
    assert_eq!(
        classes(Threshold::Mean, &subjects[..2]),
        [(1, Class::DormantForward), (2, Class::Promising)]
    );
}

#[test]
fn the_curve_of_four_members_steps_at_each_of_them() {
    let subjects = [
        subject(1, [0; 3], 10),
        subject(2, [0; 3], 60),
        subject(3, [0; 3], 0),
        subject(4, [0; 3], 30),
    ];
    let expected: Vec<(u32, u32)> = [
        (2_500, 6_000),
        (5_000, 9_000),
        (7_500, 10_000),
        (10_000, 10_000),
    ]
    .iter()
    .flat_map(|point| [*point; 5])
    .collect();
    assert_eq!(pareto(&subjects).unwrap(), expected);
}

fn any_subjects() -> impl Strategy<Value = Vec<Subject>> {
    // Small values make ties with the threshold frequent.
    let values = prop::array::uniform3(-6_i64..=6);
    prop::collection::vec((values, 0_i64..=50), 1..60).prop_map(|rows| {
        rows.into_iter()
            .zip(1_i64..)
            .map(|((values, amount_minor), member)| subject(member, values, amount_minor))
            .collect()
    })
}

fn any_threshold() -> impl Strategy<Value = Threshold> {
    prop_oneof![
        Just(Threshold::Mean),
        Just(Threshold::Median),
        (1_u32..=999).prop_map(|permille| Threshold::Quantile { permille }),
        (-7_i64..=7).prop_map(Threshold::Fixed),
    ]
}

proptest! {
    #[test]
    fn every_subject_is_in_exactly_one_class_and_the_rows_add_up(
        subjects in any_subjects(),
        threshold in any_threshold(),
    ) {
        let model = classify(&indicators(threshold), &subjects).unwrap();
        let members: Vec<i64> = model.assignments.iter().map(|(member, _)| *member).collect();
        prop_assert_eq!(members, subjects.iter().map(|s| s.member).collect::<Vec<_>>());
        prop_assert_eq!(model.rows.map(|row| row.class), Class::ALL);
        for row in model.rows {
            let inside = model.assignments.iter().filter(|(_, class)| *class == row.class);
            let amounts = inside.map(|(member, _)| {
                subjects.iter().find(|s| s.member == *member).unwrap().amount_minor
            });
            let (members, amount) = amounts.fold((0, 0), |sum, a| (sum.0 + 1, sum.1 + a));
            prop_assert_eq!((row.members, row.amount_minor), (members, amount));
        }
        prop_assert_eq!(model.rows.iter().map(|r| r.members).sum::<u64>(), model.total_members);
        let amount: i64 = model.rows.iter().map(|r| r.amount_minor).sum();
        prop_assert_eq!(amount, model.total_amount_minor);
        let share: u32 = model.rows.iter().map(|r| r.members_share_bp).sum();
        prop_assert!(share.abs_diff(10_000) <= 4, "shares of members sum to {}", share);
    }

    #[test]
    fn a_change_of_unit_or_of_origin_moves_nobody_under_the_mean(
        subjects in any_subjects(),
        factor in 1_i64..=1_000_000,
        offset in -1_000_000_i64..=1_000_000,
    ) {
        let mut moved = subjects.clone();
        for s in &mut moved {
            s.values = s.values.map(|value| value * factor + offset);
        }
        prop_assert_eq!(classes(Threshold::Mean, &moved), classes(Threshold::Mean, &subjects));
    }

    #[test]
    fn mean_and_median_treat_both_directions_alike(subjects in any_subjects()) {
        let mut mirrored = subjects.clone();
        for s in &mut mirrored {
            s.values = s.values.map(|value| -value);
        }
        for threshold in [Threshold::Mean, Threshold::Median] {
            let flipped = indicators(threshold).map(|indicator| Indicator {
                direction: match indicator.direction {
                    Direction::HighIsGood => Direction::LowIsGood,
                    Direction::LowIsGood => Direction::HighIsGood,
                },
                ..indicator
            });
            let model = classify(&flipped, &mirrored).unwrap();
            prop_assert_eq!(model.assignments, classes(threshold, &subjects));
        }
    }

    #[test]
    fn the_order_of_the_subjects_changes_nothing(
        (subjects, shuffled) in any_subjects()
            .prop_flat_map(|subjects| (Just(subjects.clone()), Just(subjects).prop_shuffle())),
        threshold in any_threshold(),
    ) {
        let indicators = indicators(threshold);
        prop_assert_eq!(classify(&indicators, &shuffled), classify(&indicators, &subjects));
        prop_assert_eq!(pareto(&shuffled), pareto(&subjects));
    }

    #[test]
    fn the_curve_rises_ever_more_slowly_to_the_whole(subjects in any_subjects()) {
        let points = pareto(&subjects).unwrap();
        prop_assert_eq!(points.len(), 20);
        prop_assert_eq!(points[19].0, 10_000);
        for pair in points.windows(2) {
            prop_assert!(pair[0].0 <= pair[1].0 && pair[0].1 <= pair[1].1);
        }
        let any_amount = subjects.iter().any(|s| s.amount_minor > 0);
        for (members, amount) in points {
            prop_assert!(amount >= members || !any_amount);
        }
    }
}

//! The eight classes of the public CDNOW purchase sample (Fader and Hardie) at 1998-07-01,
//! compared with a table computed independently with exact decimals.

use std::collections::BTreeMap;
use std::error::Error;
use std::num::NonZeroU32;

use chrono::NaiveDate;
use vouchsafe::cohorts::classes::{
    Class, ClassRow, Direction, Indicator, Model, Subject, Threshold, classify, pareto,
};

const PURCHASES: &str = include_str!("../data/cdnow_sample.csv");
const EIGHT_CLASSES: &str = include_str!("../data/cdnow_eight_classes.tsv");

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// The cents of an amount in dollars such as `29.33`, without a detour through a float.
fn cents(dollars: &str) -> Outcome<i64> {
    let (whole, decimals) = dollars.split_once('.').unwrap_or((dollars, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(decimals) || decimals.len() > 2 {
        return Err(format!("`{dollars}` is not an amount of dollars and cents").into());
    }
    Ok(format!("{whole}{decimals:0<2}").parse()?)
}

/// Each customer's number of purchases, amount in cents and days from the last purchase to
/// 1998-07-01.
fn customers() -> Outcome<Vec<Subject>> {
    let snapshot = NaiveDate::from_ymd_opt(1998, 7, 1).ok_or("the snapshot is no date")?;
    let mut customers = BTreeMap::<i64, (i64, i64, NaiveDate)>::new();
    for purchase in csv::Reader::from_reader(PURCHASES.as_bytes()).deserialize() {
        let (customer, date, _quantity, dollars): (i64, NaiveDate, u32, String) = purchase?;
        let (count, amount_minor, last) = customers.entry(customer).or_insert((0, 0, date));
        *count += 1;
        *amount_minor += cents(&dollars)?;
        *last = date.max(*last);
    }
    Ok(customers
        .into_iter()
        .map(|(member, (count, amount_minor, last))| Subject {
            member,
            values: [count, amount_minor, (snapshot - last).num_days()],
            amount_minor,
        })
        .collect())
}

fn model() -> Outcome<Model> {
    let indicators = [
        ("purchases", Direction::HighIsGood),
        ("purchases_minor", Direction::HighIsGood),
        ("days_since_last_purchase", Direction::LowIsGood),
    ]
    .map(|(name, direction)| Indicator {
        name: name.to_owned(),
        direction,
        threshold: Threshold::Mean,
    });
    Ok(classify(&indicators, &customers()?)?)
}

#[test]
fn the_eight_classes_of_real_customers_match_the_published_table_to_the_cent() -> Outcome {
    let model = model()?;
    let mut published = Vec::new();
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(b'\t')
        .from_reader(EIGHT_CLASSES.as_bytes());
    for row in reader.deserialize() {
        let (count_high, amount_high, recent, members, dollars): (bool, bool, bool, u64, String) =
            row?;
        let class = Class::from_bits(count_high, amount_high, recent);
        published.push((class, members, cents(&dollars)?));
    }
    let found = model
        .rows
        .map(|row| (row.class, row.members, row.amount_minor));
    assert_eq!(found.as_slice(), published.as_slice());
    assert_eq!(
        (model.total_members, model.total_amount_minor),
        (2_357, 24_409_194)
    );
    Ok(())
}

#[test]
fn the_three_means_of_real_customers_are_exact_fractions() -> Outcome {
    let [purchases, amount, days] = model()?.thresholds;
    for (threshold, numerator) in [(purchases, 6_919), (amount, 24_409_194), (days, 878_133)] {
        assert_eq!(
            (threshold.numerator(), threshold.denominator()),
            (numerator, 2_357)
        );
    }
    let dollar = NonZeroU32::new(100).ok_or("a dollar has cents")?;
    assert_eq!(purchases.to_string(), "2.9355");
    assert_eq!(amount.in_units_of(dollar).to_string(), "103.5604");
    assert_eq!(days.to_string(), "372.5638");
    Ok(())
}

#[test]
fn a_fifth_of_real_customers_are_forward_and_bring_three_fifths_of_the_amount() -> Outcome {
    let model = model()?;
    let [forward, ..] = model.rows;
    assert_eq!(
        forward,
        ClassRow {
            class: Class::Forward,
            members: 465,
            amount_minor: 14_943_517,
            members_share_bp: 1_973,
            amount_share_bp: 6_122,
        }
    );
    // Computed independently with exact fractions: 321.37 dollars a head in the first class.
    let per_head = model.rows.map(|row| row.amount_per_head_minor());
    assert_eq!(
        per_head,
        [32_137, 37_465, 6_951, 6_739, 16_572, 16_307, 5_141, 2_962].map(Some)
    );
    Ok(())
}

#[test]
fn the_curve_of_real_customers_bends_as_computed_independently() -> Outcome {
    let curve = pareto(&customers()?)?;
    assert_eq!(curve.len(), 20);
    // The best 5 %, 20 %, 50 % and 100 % of the customers, each rounded up to a whole customer.
    let points = [0, 3, 9, 19].map(|at| curve.get(at).copied());
    assert_eq!(
        points,
        [
            (501, 3_607),
            (2_003, 6_746),
            (5_002, 8_945),
            (10_000, 10_000)
        ]
        .map(Some)
    );
    Ok(())
}

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;

use super::*;

const SMALL: Size = Size {
    recommenders: 250,
    members: 1_200,
};

/// FNV-1a of the debug output, which does not change with the compiler.
fn digest(population: &Population) -> u64 {
    let text = format!("{population:?}");
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// What the eight-class model finds; shares in ten-thousandths.
#[derive(Debug)]
struct Found {
    recommenders: i64,
    forward: i64,
    people_share: i64,
    money_share: i64,
}

/// Computes the class of many friends, large amounts and a recent investment, against the means
/// over all members at least one of whose friends invested, in whole numbers.
fn find_forward(population: &Population) -> Found {
    let mut of: BTreeMap<usize, (BTreeSet<usize>, i64, i64)> = BTreeMap::new();
    for event in &population.history.events {
        let Kind::Invested { amount_minor, .. } = event.kind else {
            continue;
        };
        let Some(referrer) = population.people[event.person].referrer else {
            continue;
        };
        let (friends, amount, age) = of.entry(referrer).or_insert((BTreeSet::new(), 0, i64::MAX));
        friends.insert(event.person);
        *amount += amount_minor;
        *age = (*age).min((history_ends() - event.at).num_seconds());
    }
    let rows: Vec<(i64, i64, i64)> = of
        .into_values()
        .map(|(friends, amount, age)| (i64::try_from(friends.len()).unwrap(), amount, age))
        .collect();
    let count = i64::try_from(rows.len()).unwrap();
    let sum = |of: fn(&(i64, i64, i64)) -> i64| rows.iter().map(of).sum::<i64>();
    let (friends, money, age) = (sum(|row| row.0), sum(|row| row.1), sum(|row| row.2));
    let forward: Vec<_> = rows
        .iter()
        .filter(|row| row.0 * count > friends && row.1 * count > money && row.2 * count < age)
        .collect();
    let size = i64::try_from(forward.len()).unwrap();
    let held: i64 = forward.iter().map(|row| row.1).sum();
    Found {
        recommenders: count,
        forward: size,
        people_share: size * 10_000 / count,
        money_share: held * 10_000 / money,
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_gives_others() {
    let first = digest(&Population::generate(7, SMALL));
    assert_eq!(first, digest(&Population::generate(7, SMALL)));
    assert_ne!(first, digest(&Population::generate(8, SMALL)));
}

#[test]
fn the_history_of_the_seed_2017_does_not_change_unnoticed() {
    assert_eq!(
        digest(&Population::generate(2017, SMALL)),
        7_387_479_859_172_300_217
    );
}

#[test]
fn a_fifth_of_the_recommenders_is_found_to_hold_four_fifths_of_the_money() {
    let population = Population::generate(2017, Size::default());
    let found = find_forward(&population);
    assert_eq!(population.people.len(), 120_000);
    let events = population.history.events.len();
    assert!((250_000..=300_000).contains(&events), "{events} events");
    assert!((24_500..=25_500).contains(&found.recommenders), "{found:?}");
    assert!((4_800..=5_400).contains(&found.forward), "{found:?}");
    assert!((1_800..=2_200).contains(&found.people_share), "{found:?}");
    assert!((7_600..=8_200).contains(&found.money_share), "{found:?}");
}

#[test]
fn small_histories_have_the_same_shape_within_wide_bounds() {
    for seed in 0..20 {
        let found = find_forward(&Population::generate(seed, SMALL));
        assert!(
            (225..=275).contains(&found.recommenders),
            "seed {seed}: {found:?}"
        );
        assert!(
            (1_200..=2_900).contains(&found.people_share),
            "seed {seed}: {found:?}"
        );
        assert!(
            (6_500..=9_000).contains(&found.money_share),
            "seed {seed}: {found:?}"
        );
    }
}

#[test]
fn everybody_joins_after_the_one_who_brought_him_and_the_tree_is_deep() {
    let people = Population::generate(2017, SMALL).people;
    let mut depths: Vec<u32> = Vec::new();
    for (index, person) in people.iter().enumerate() {
        let depth = person.referrer.map_or(0, |referrer| {
            assert!(referrer < index);
            assert!(people[referrer].joined_at < person.joined_at);
            depths[referrer] + 1
        });
        depths.push(depth);
    }
    assert!(people.is_sorted_by_key(|person| person.joined_at));
    assert!(depths.iter().filter(|&&depth| depth >= 3).count() >= 5);
    let first_day = moment(0);
    let days_after = |at: DateTime<FixedOffset>| (at - first_day).num_days();
    assert!(
        people
            .iter()
            .all(|person| (0..385).contains(&days_after(person.joined_at)))
    );
}

#[test]
fn members_have_ids_in_order_and_unique_contacts_that_reach_nobody() {
    let people = Population::generate(2017, SMALL).people;
    assert_eq!(people.len(), 1_200);
    assert_eq!(people[0].external_id, "m000001");
    assert_eq!(people[1_199].external_id, "m001200");
    assert_eq!(people[41].phone, "+8610000000042");
    assert_eq!(people[41].email, "m000042@example.test");
    let phones: BTreeSet<&str> = people.iter().map(|person| person.phone.as_str()).collect();
    assert_eq!(phones.len(), people.len());
    let consents = people.iter().filter(|person| person.consent_sms).count();
    assert!((1_068..=1_140).contains(&consents), "{consents}");
    let verified = people.iter().filter(|person| person.verified).count();
    assert!((750..=1_000).contains(&verified), "{verified}");
}

#[test]
fn each_person_registers_then_is_verified_then_invests_and_redeems_before_the_term_is_over() {
    let population = Population::generate(2017, SMALL);
    assert!(population.history.events.is_sorted_by_key(|event| event.at));
    let mut seen: BTreeMap<usize, u8> = BTreeMap::new();
    let mut terms = BTreeMap::new();
    let mut redeemed = BTreeSet::new();
    for event in &population.history.events {
        assert!(event.at < history_ends());
        let stage = seen.entry(event.person).or_default();
        match &event.kind {
            Kind::Registered => {
                assert_eq!(*stage, 0);
                assert_eq!(event.at, population.people[event.person].joined_at);
                *stage = 1;
            }
            Kind::Verified => {
                assert_eq!(*stage, 1);
                assert!(population.people[event.person].verified);
                *stage = 2;
            }
            Kind::Invested {
                amount_minor,
                term_days,
                product,
                reference,
            } => {
                assert!(*stage >= 2);
                assert!(*amount_minor >= 10_000 && amount_minor % 10_000 == 0);
                assert!([30, 60, 90, 180, 360].contains(term_days));
                assert!(["fixed", "plus", "transfer"].contains(product) || *stage == 2);
                let ends = event.at + TimeDelta::days(i64::from(*term_days));
                assert!(terms.insert(reference.clone(), (event.at, ends)).is_none());
                *stage = 3;
            }
            Kind::Redeemed { reference } => {
                let (begun, ends) = terms[reference];
                assert!(begun < event.at && event.at < ends);
                assert!(redeemed.insert(reference.clone()));
            }
        }
    }
    assert_eq!(seen.len(), 1_200);
    assert!(redeemed.len() >= 5, "{}", redeemed.len());
}

#[test]
fn verified_friends_are_those_the_person_brought_and_no_others() {
    let population = Population::generate(2017, SMALL);
    let friends = population.verified_friends();
    let mut listed = 0;
    for (person, brought) in friends.iter().enumerate() {
        for &friend in brought {
            assert_eq!(population.people[friend].referrer, Some(person));
            assert!(population.people[friend].verified);
            listed += 1;
        }
    }
    let expected = population
        .people
        .iter()
        .filter(|person| person.verified && person.referrer.is_some());
    assert_eq!(listed, expected.count());
}

#[test]
fn a_population_too_small_for_its_recommenders_is_made_larger() {
    let population = Population::generate(
        1,
        Size {
            recommenders: 100,
            members: 10,
        },
    );
    assert!(population.people.len() > 107, "{}", population.people.len());
    assert_eq!(
        Population::generate(
            1,
            Size {
                recommenders: 0,
                members: 10
            }
        )
        .people
        .len(),
        10
    );
    let nobody = Population::generate(
        1,
        Size {
            recommenders: 0,
            members: 0,
        },
    );
    assert!(nobody.people.is_empty() && nobody.history.events.is_empty());
}

#[test]
fn amounts_are_rounded_as_people_round() {
    let rounded = [
        0, 10_000, 14_999, 15_000, 999_999, 1_000_000, 1_249_999, 1_250_000,
    ]
    .map(as_people_round);
    assert_eq!(
        rounded,
        [
            10_000, 10_000, 10_000, 20_000, 1_000_000, 1_000_000, 1_200_000, 1_300_000
        ]
    );
}

//! The simulated three days of the offer, 2017-06-28 to 2017-06-30: which messages arrive, who
//! clicks, and whose friends invest.
//!
//! **Everything here is simulated.** The answers to these questions are written into this file, so
//! that the demonstration's effect report can be compared with the truth it does not know:
//!
//! - [`WOULD_ANYWAY`]: without any message, 70 in 1,000 recommenders see a friend invest;
//! - [`WOULD_WITH_OFFER`]: with a message that arrives, 225 in 1,000 do, the same 70 among them;
//! - [`UNDELIVERED`]: 20 in 1,000 messages never arrive and change nothing.
//!
//! A participant is a recommender at least one of whose direct friends invests in the window. Each
//! recommender's answer comes from the seed and his own index, so it does not depend on the order
//! in which people are asked, nor on who else is treated.

use chrono::{DateTime, FixedOffset, TimeDelta};

use super::population::sampling::{Curve, DAY, Dice, INVESTED, between, instant, moment, second};
use super::population::{Event, Kind, as_people_round, external_id, place};

/// The recommenders, in thousandths, whose friends invest in the window without any message.
pub const WOULD_ANYWAY: i64 = 70;

/// The recommenders, in thousandths, whose friends invest in the window if the message arrives.
pub const WOULD_WITH_OFFER: i64 = 225;

/// The messages, in thousandths, that fail to arrive.
pub const UNDELIVERED: i64 = 20;

/// The window closes three days after the history ends.
const CLOSED: i64 = INVESTED + 3 * DAY;

/// The first stream of random numbers for deliveries; the population uses stream zero.
const DELIVERIES: u64 = 1 << 40;

/// The first stream of random numbers for responses.
const RESPONSES: u64 = 2 << 40;

/// Seconds from sending to arrival, by quantile in millionths.
const ARRIVAL: Curve = Curve(&[
    (0, 2),
    (500_000, 6),
    (900_000, 25),
    (990_000, 240),
    (1_000_000, 1_800),
]);

/// Minutes from arrival to the click, by quantile in millionths.
const CLICK: Curve = Curve(&[
    (0, 1),
    (400_000, 12),
    (700_000, 90),
    (900_000, 600),
    (990_000, 1_800),
    (1_000_000, 2_600),
]);

/// What one participant's friends invest together, in fen, by quantile in millionths: half of them
/// below 55,000 yuan, one in a hundred above 860,000 yuan.
const TOTAL: Curve = Curve(&[
    (0, 100_000),
    (100_000, 900_000),
    (300_000, 2_800_000),
    (500_000, 5_500_000),
    (700_000, 10_500_000),
    (850_000, 20_000_000),
    (950_000, 41_000_000),
    (990_000, 86_000_000),
    (1_000_000, 170_000_000),
]);

/// How the total, in thousandths, goes with the number of friends: a larger circle brings more.
const CIRCLE: Curve = Curve(&[(1, 700), (3, 850), (6, 1_000), (15, 1_350), (50, 1_800)]);

/// What became of a message that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// It arrived.
    Delivered {
        /// Seconds from sending to arrival, 2 to 1,800.
        after_seconds: u32,
    },
    /// It never arrived.
    Failed,
}

/// What followed one recommender's message, or would have followed without one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// Minutes from the message's arrival to the click on its link, if there was a click.
    pub clicked_after_minutes: Option<u32>,
    /// The investments of the recommender's direct friends, at most one a friend, in order of
    /// time; with at least one the recommender takes part.
    pub events: Vec<Event>,
}

/// The instant at which the offer's window closes, 2017-07-01T00:00:00+08:00; it opens when the
/// history ends.
#[must_use]
pub fn window_closes() -> DateTime<FixedOffset> {
    moment(CLOSED)
}

/// Says whether and when the message to `person` arrives; always the same for a seed and a person.
#[must_use]
pub fn delivery(seed: u64, person: usize) -> Delivery {
    let mut dice = dice_of(seed, DELIVERIES, person);
    let after = dice.draw(ARRIVAL);
    if dice.chance(UNDELIVERED) {
        Delivery::Failed
    } else {
        Delivery::Delivered {
            after_seconds: u32::try_from(after).unwrap_or(u32::MAX),
        }
    }
}

/// Says what `person` and his friends do in the window.
///
/// `sent_at` is when the message was sent to a treated recommender, and `None` for a control.
/// `friends` are the indices of the recommender's direct friends who can invest, as
/// [`Population::verified_friends`](super::population::Population::verified_friends) lists them.
/// Nothing a treated recommender brings comes before his message arrived; a message that fails, by
/// [`delivery`], leaves him as a control would be. `None` if there is neither a click nor an
/// investment.
#[must_use]
pub fn respond(
    seed: u64,
    person: usize,
    friends: &[usize],
    sent_at: Option<DateTime<FixedOffset>>,
) -> Option<Response> {
    let mut dice = dice_of(seed, RESPONSES, person);
    let lot = dice.below(1_000);
    let anyway = lot < WOULD_ANYWAY;
    let arrived = sent_at.and_then(|sent| arrival(seed, person, sent));
    let moved = !anyway && lot < WOULD_WITH_OFFER && arrived.is_some();
    let clicks = dice.chance(if moved {
        920
    } else if anyway {
        600
    } else {
        110
    });
    let clicked = TimeDelta::minutes(dice.draw(CLICK));
    let click = arrived
        .filter(|&at| clicks && at + clicked < window_closes())
        .map(|_| clicked);
    let mut events = Vec::new();
    if anyway || moved {
        // Those who would have brought their friends anyway do not wait for the link.
        let waited = if moved {
            click.unwrap_or_default()
        } else {
            TimeDelta::zero()
        };
        let from = arrived.map_or(INVESTED, |at| second(at + waited).max(INVESTED));
        events = investments(&mut dice, friends, from);
    }
    let clicked_after_minutes = click.and_then(|after| u32::try_from(after.num_minutes()).ok());
    (clicked_after_minutes.is_some() || !events.is_empty()).then_some(Response {
        clicked_after_minutes,
        events,
    })
}

/// When the message sent at `sent` arrives at `person`, if it does.
fn arrival(seed: u64, person: usize, sent: DateTime<FixedOffset>) -> Option<DateTime<FixedOffset>> {
    match delivery(seed, person) {
        Delivery::Delivered { after_seconds } => {
            Some(sent + TimeDelta::seconds(i64::from(after_seconds)))
        }
        Delivery::Failed => None,
    }
}

/// The investments of some of `friends` from the second `from` to the window's end.
fn investments(dice: &mut Dice, friends: &[usize], from: i64) -> Vec<Event> {
    let circle = i64::try_from(friends.len()).unwrap_or(i64::MAX);
    let total_minor = dice.draw(TOTAL) * CIRCLE.at(circle) / 1_000;
    let mut shuffled: Vec<(i64, usize)> = friends
        .iter()
        .map(|&friend| (dice.below(i64::MAX), friend))
        .collect();
    shuffled.sort_unstable();
    let mut shares = Vec::new();
    for (_, friend) in shuffled.into_iter().take(6) {
        if from + 60 >= CLOSED || (!shares.is_empty() && dice.chance(450)) {
            break;
        }
        shares.push((
            between(dice, from + 60, CLOSED, 300),
            friend,
            1 + dice.below(1_000),
        ));
    }
    shares.sort_unstable();
    let whole: i64 = shares.iter().map(|&(_, _, share)| share).sum();
    let mut events = Vec::with_capacity(shares.len());
    for (second, person, share) in shares {
        let amount_minor = as_people_round(total_minor * share / whole);
        let (product, term_days) = place(dice, false, amount_minor);
        let reference = format!("win-{}", external_id(person));
        let kind = Kind::Invested {
            amount_minor,
            term_days,
            product,
            reference,
        };
        events.push(Event {
            person,
            at: instant(second),
            kind,
        });
    }
    events
}

/// The random numbers of one person, apart from everybody else's.
fn dice_of(seed: u64, first_stream: u64, person: usize) -> Dice {
    Dice::new(
        seed,
        first_stream.saturating_add(u64::try_from(person).unwrap_or(u64::MAX)),
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const FRIENDS: [usize; 6] = [100_001, 100_002, 100_003, 100_004, 100_005, 100_006];

    /// The first morning of the window, at nine.
    fn morning() -> DateTime<FixedOffset> {
        moment(INVESTED) + TimeDelta::hours(9)
    }

    fn amount(response: &Response) -> i64 {
        let amounts = response.events.iter().map(|event| match event.kind {
            Kind::Invested { amount_minor, .. } => amount_minor,
            Kind::Registered | Kind::Verified | Kind::Redeemed { .. } => {
                panic!("not an investment")
            }
        });
        amounts.sum()
    }

    /// The responses with at least one investment of 20,000 people.
    fn participants(seed: u64, sent_at: Option<DateTime<FixedOffset>>) -> Vec<(usize, Response)> {
        let asked = (0..20_000)
            .filter_map(|person| Some((person, respond(seed, person, &FRIENDS, sent_at)?)));
        asked
            .filter(|(_, response)| !response.events.is_empty())
            .collect()
    }

    #[test]
    fn the_same_person_answers_the_same_and_another_seed_answers_otherwise() {
        assert_eq!(
            participants(2017, Some(morning())),
            participants(2017, Some(morning()))
        );
        assert_ne!(
            participants(2017, Some(morning())),
            participants(2018, Some(morning()))
        );
    }

    #[test]
    fn about_a_fifth_of_the_treated_and_one_in_fourteen_controls_take_part() {
        let treated = participants(2017, Some(morning())).len();
        assert!((4_240..=4_640).contains(&treated), "{treated}");
        let control = participants(2017, None).len();
        assert!((1_280..=1_520).contains(&control), "{control}");
    }

    #[test]
    fn whoever_takes_part_without_a_message_does_so_with_one() {
        let treated: BTreeSet<usize> = participants(2017, Some(morning()))
            .into_iter()
            .map(|(person, _)| person)
            .collect();
        assert!(
            participants(2017, None)
                .iter()
                .all(|(person, _)| treated.contains(person))
        );
    }

    #[test]
    fn participants_bring_about_120_000_yuan_each_with_a_long_tail() {
        let mut amounts: Vec<i64> = participants(2017, Some(morning()))
            .iter()
            .map(|(_, response)| amount(response))
            .collect();
        amounts.sort_unstable();
        let count = i64::try_from(amounts.len()).unwrap();
        let total: i64 = amounts.iter().sum();
        let mean = total / count;
        assert!((11_000_000..=13_500_000).contains(&mean), "{mean}");
        let top: i64 = amounts.iter().rev().take(amounts.len() / 5).sum();
        assert!(top * 2 > total, "the top fifth brings {top} of {total}");
    }

    #[test]
    fn investments_are_the_friends_within_the_window_and_after_the_message() {
        for (person, response) in participants(2017, Some(morning())) {
            let arrived = match delivery(2017, person) {
                Delivery::Delivered { after_seconds } => {
                    morning() + TimeDelta::seconds(i64::from(after_seconds))
                }
                Delivery::Failed => moment(INVESTED),
            };
            assert!(response.events.is_sorted_by_key(|event| event.at));
            let friends: BTreeSet<usize> =
                response.events.iter().map(|event| event.person).collect();
            assert_eq!(friends.len(), response.events.len());
            assert!(friends.iter().all(|friend| FRIENDS.contains(friend)));
            assert!(
                response
                    .events
                    .iter()
                    .all(|event| arrived <= event.at && event.at < window_closes())
            );
        }
    }

    #[test]
    fn most_participants_clicked_and_no_control_ever_does() {
        let treated = participants(2017, Some(morning()));
        let clicked = treated
            .iter()
            .filter(|(_, response)| response.clicked_after_minutes.is_some());
        assert!(clicked.count() * 10 > treated.len() * 7);
        let control = participants(2017, None);
        assert!(
            control
                .iter()
                .all(|(_, response)| response.clicked_after_minutes.is_none())
        );
    }

    #[test]
    fn a_message_that_fails_changes_nothing() {
        let failed: Vec<usize> = (0..20_000)
            .filter(|&person| delivery(2017, person) == Delivery::Failed)
            .collect();
        assert!((320..=480).contains(&failed.len()), "{}", failed.len());
        for person in failed {
            let treated = respond(2017, person, &FRIENDS, Some(morning()));
            assert_eq!(treated, respond(2017, person, &FRIENDS, None));
        }
    }

    #[test]
    fn without_friends_or_after_the_window_nobody_takes_part() {
        for person in 0..2_000 {
            let alone = respond(2017, person, &[], Some(morning()));
            assert!(alone.is_none_or(|response| response.events.is_empty()));
            if delivery(2017, person) != Delivery::Failed {
                assert_eq!(respond(2017, person, &FRIENDS, Some(window_closes())), None);
            }
        }
    }
}

//! The simulated year of the demonstration: people, who brought whom, and what they invested.
//!
//! **Everything here is simulated.** No person, telephone number, address or payment is real; the
//! telephone numbers begin like no Chinese subscriber's number, and the addresses end in the reserved
//! `example.test`.
//!
//! The history is a function of a seed alone. Each recommender has one hidden trait, how active he
//! is, drawn from a long-tailed curve; it drives how many friends he brings, how much they invest
//! and how lately, each with noise of its own. No class and no share is written in: that about a
//! fifth of the recommenders hold about four fifths of the money is what the eight-class model
//! finds when its indicators are computed from these events.
//! The curves, however, were fitted by trial until it finds that, so the figures show that the model
//! computes what it should, and nothing about real people.
//!
//! All sampling is done in integers: curves are tables of quantiles with straight lines between.

use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset};

pub(super) mod sampling;
#[cfg(test)]
mod tests;

use sampling::{Curve, DAY, Dice, INVESTED, between, instant, moment};

/// People who bring friends have joined by 2017-06-01, so that their friends have time to follow.
const RECOMMENDERS_JOINED: i64 = 365 * DAY;

/// The last joining is on 2017-06-20.
const JOINED: i64 = 385 * DAY;

/// How active a recommender is, in thousandths, by quantile in millionths. Most people mention the
/// service once and forget it; for a minority bringing friends is a habit.
const ACTIVITY: Curve = Curve(&[
    (0, 0),
    (500_000, 100),
    (722_000, 320),
    (750_000, 2_100),
    (850_000, 3_300),
    (940_000, 4_800),
    (985_000, 9_000),
    (997_000, 16_000),
    (1_000_000, 36_000),
]);

/// Noise around one, in thousandths, for the number of friends.
const FRIENDS_NOISE: Curve = Curve(&[
    (0, 600),
    (250_000, 800),
    (500_000, 950),
    (750_000, 1_150),
    (950_000, 1_500),
    (1_000_000, 1_900),
]);

/// How activity, in thousandths, shows in the level of the friends' investments, in thousandths.
const LEVEL: Curve = Curve(&[
    (0, 570),
    (1_000, 1_000),
    (3_000, 1_550),
    (12_000, 2_000),
    (40_000, 2_400),
]);

/// Noise around one, in thousandths, shared by all friends of one recommender.
const LEVEL_NOISE: Curve = Curve(&[
    (0, 400),
    (160_000, 680),
    (500_000, 1_000),
    (840_000, 1_450),
    (1_000_000, 2_500),
]);

/// Noise around one, in thousandths, of one investment: close to lognormal, cut at the far end.
const AMOUNT_NOISE: Curve = Curve(&[
    (0, 120),
    (50_000, 260),
    (160_000, 430),
    (500_000, 1_000),
    (840_000, 2_300),
    (950_000, 4_000),
    (990_000, 7_000),
    (999_000, 12_000),
    (1_000_000, 20_000),
]);

/// The chance, in thousandths, that a friend comes late in the year rather than soon after his
/// recommender joined, by activity in thousandths.
const KEENNESS: Curve = Curve(&[
    (0, 150),
    (400, 300),
    (2_000, 850),
    (6_000, 970),
    (40_000, 1_000),
]);

/// The middle investment of a friend at level one: 12,000 yuan in fen.
const MIDDLE_AMOUNT: i64 = 1_200_000;

/// How many of a hundred people live in each city.
const CITIES: [(&str, i64); 8] = [
    ("Beijing", 18),
    ("Shanghai", 20),
    ("Shenzhen", 14),
    ("Guangzhou", 12),
    ("Hangzhou", 12),
    ("Chengdu", 9),
    ("Wuhan", 8),
    ("Nanjing", 7),
];

/// Rounds an amount in fen as people do, to 100 yuan, or to 1,000 yuan from 10,000 yuan on; never
/// below 100 yuan.
pub(super) fn as_people_round(amount_minor: i64) -> i64 {
    let step = if amount_minor >= 1_000_000 {
        100_000
    } else {
        10_000
    };
    ((amount_minor + step / 2) / step * step).max(10_000)
}

/// The member's id in the simulated service: `m` and the place in order of joining, from 1.
#[must_use]
pub fn external_id(person: usize) -> String {
    format!("m{:06}", person + 1)
}

/// The instant at which the simulated history ends, 2017-06-28T00:00:00+08:00.
#[must_use]
pub fn history_ends() -> DateTime<FixedOffset> {
    moment(INVESTED)
}

/// How large a simulated population is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// How many recommenders, members at least one of whose friends has invested, to aim at. What
    /// comes out differs by about one in a hundred, because whether a friend invests is drawn.
    pub recommenders: u32,
    /// How many members there are in all. The population is larger if the recommenders and the
    /// friends they brought, about three and a half persons a recommender, need more places; at
    /// most 9,999,999, the telephone numbers there are.
    pub members: u32,
}

impl Default for Size {
    fn default() -> Self {
        Self {
            recommenders: 25_000,
            members: 120_000,
        }
    }
}

/// One simulated member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// `m000001` and so on, in order of joining.
    pub external_id: String,
    /// When the member registered, on China's clock, from 2016-06-01 to 2017-06-20.
    pub joined_at: DateTime<FixedOffset>,
    /// The index of the member who brought this one; always smaller than this one's own.
    pub referrer: Option<usize>,
    /// A unique number of E.164's form that no subscriber has: `+861000` and seven digits.
    pub phone: String,
    /// A unique address under `example.test`, to which no mail can be sent.
    pub email: String,
    /// Whether the member agreed to receive text messages; about 92 in a hundred did.
    pub consent_sms: bool,
    /// Whether the member's identity is verified by the end of the history; most are.
    pub verified: bool,
    /// The member's city.
    pub city: &'static str,
}

/// What happened in an [`Event`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The person registered.
    Registered,
    /// The person's identity was verified.
    Verified,
    /// The person invested.
    Invested {
        /// The principal in fen, hundredths of a yuan; at least 10,000.
        amount_minor: i64,
        /// The term in days: 30, 60, 90, 180 or 360.
        term_days: u16,
        /// `fixed`, `plus`, `newbie` or `transfer`.
        product: &'static str,
        /// Names this investment among all others.
        reference: String,
    },
    /// The person took an investment's principal back, some time before its term was over.
    Redeemed {
        /// The [`Kind::Invested`] reference.
        reference: String,
    },
}

/// One thing that happened to one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The person's index in [`Population::people`].
    pub person: usize,
    /// When it happened, on China's clock.
    pub at: DateTime<FixedOffset>,
    /// What happened.
    pub kind: Kind,
}

/// What happened before the offer, in order of time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// In order of time; events of one instant in order of the persons.
    pub events: Vec<Event>,
}

/// The simulated members and their history from 2016-06-01 to 2017-06-27.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Population {
    /// In order of joining.
    pub people: Vec<Person>,
    /// What they did.
    pub history: History,
}

/// How the friends of one person behave.
#[derive(Clone, Copy)]
struct Habit {
    /// The middle amount of their investments, in fen.
    amount_minor: i64,
    /// The chance, in thousandths, that they come and invest late rather than soon.
    keen: i64,
}

/// Somebody of whom the place in the order of joining is still open.
#[derive(Clone, Copy)]
struct Draft {
    joined: i64,
    /// The index among the drafts.
    referrer: Option<usize>,
    /// How this person invests, if at all.
    invests: Option<Habit>,
}

/// Makes everybody who brings friends, and returns one draft for each friend that comes.
fn bring(dice: &mut Dice, size: Size) -> (Vec<Draft>, Vec<Draft>) {
    let (mut people, mut friends) = (Vec::new(), Vec::new());
    // About one in fifteen brings only friends who never invest, and is no recommender.
    for _ in 0..size.recommenders.saturating_add(size.recommenders / 14) {
        let activity = dice.draw(ACTIVITY);
        let level = LEVEL.at(activity) * dice.draw(LEVEL_NOISE) / 1_000;
        let habit = Habit {
            amount_minor: MIDDLE_AMOUNT * level / 1_000,
            keen: KEENNESS.at(activity),
        };
        let joined = dice.below(RECOMMENDERS_JOINED);
        let more = activity * dice.draw(FRIENDS_NOISE) / 1_000;
        for _ in 0..=dice.whole(more) {
            let at = between(dice, joined + 600, JOINED, habit.keen);
            let invests = dice.chance(900).then_some(habit);
            friends.push(Draft {
                joined: at,
                referrer: Some(people.len()),
                invests,
            });
        }
        let invests = dice.chance(200).then_some(ALONE);
        people.push(Draft {
            joined,
            referrer: None,
            invests,
        });
    }
    (people, friends)
}

/// How people invest whom nobody brought.
const ALONE: Habit = Habit {
    amount_minor: 500_000,
    keen: 300,
};

/// Gives the places of the friends to people: some of those who bring friends were brought
/// themselves, which makes the tree deep; all other friends are new people.
///
/// A recommender who takes a friend's place joins when that friend did, always earlier
/// than drafted, so everybody still joins after the one who brought him and before those he brings.
fn seat(dice: &mut Dice, people: &mut Vec<Draft>, mut friends: Vec<Draft>) {
    friends.sort_by_key(|friend| friend.joined);
    let mut by_joining: Vec<&mut Draft> = people.iter_mut().filter(|_| dice.chance(450)).collect();
    by_joining.sort_by_key(|person| person.joined);
    let mut coming = friends.into_iter().peekable();
    let mut open = Vec::new();
    for person in by_joining {
        while let Some(friend) = coming.next_if(|friend| friend.joined < person.joined) {
            open.push(friend);
        }
        if let Some(friend) = open.pop() {
            *person = friend;
        }
    }
    people.extend(open);
    people.extend(coming);
}

/// Fills the population up with people whom nobody brought and who bring nobody.
fn fill_up(dice: &mut Dice, people: &mut Vec<Draft>, size: Size) {
    while u32::try_from(people.len()).is_ok_and(|count| count < size.members) {
        let invests = dice.chance(80).then_some(ALONE);
        people.push(Draft {
            joined: between(dice, 0, JOINED, 500),
            referrer: None,
            invests,
        });
    }
}

/// Puts the drafts in order of joining and makes the referrers follow.
fn in_order(people: &[Draft]) -> Vec<Draft> {
    let mut order: Vec<(usize, Draft)> = people.iter().copied().enumerate().collect();
    order.sort_by_key(|&(_, draft)| draft.joined);
    let places: BTreeMap<usize, usize> = order
        .iter()
        .enumerate()
        .map(|(place, &(draft, _))| (draft, place))
        .collect();
    let seated = |draft: usize| places.get(&draft).copied();
    order
        .into_iter()
        .map(|(_, draft)| Draft {
            referrer: draft.referrer.and_then(seated),
            ..draft
        })
        .collect()
}

/// Appends one person's investments from the second `from` on, and what he redeemed of them.
fn invest(dice: &mut Dice, person: usize, habit: Habit, from: i64, events: &mut Vec<Event>) {
    let mut seconds = vec![from];
    while seconds.len() < 4 && dice.chance(60 + habit.keen / 5) {
        seconds.push(between(dice, from + 3_600, INVESTED, habit.keen));
    }
    seconds.sort_unstable();
    for (number, second) in (1_u8..).zip(seconds) {
        let amount_minor = as_people_round(habit.amount_minor * dice.draw(AMOUNT_NOISE) / 1_000);
        let (product, term_days) = place(dice, number == 1, amount_minor);
        let reference = format!("inv-{}-{number}", external_id(person));
        let redeemed = second + DAY + dice.below((i64::from(term_days) - 2) * DAY);
        let early = redeemed < INVESTED && term_days > 30 && dice.chance(100);
        let kind = Kind::Invested {
            amount_minor,
            term_days,
            product,
            reference: reference.clone(),
        };
        events.push(Event {
            person,
            at: instant(second),
            kind,
        });
        if early {
            let kind = Kind::Redeemed { reference };
            events.push(Event {
                person,
                at: instant(redeemed),
                kind,
            });
        }
    }
}

/// Chooses the product and the term in days; only a small first investment may be a `newbie`'s.
pub(super) fn place(dice: &mut Dice, first: bool, amount_minor: i64) -> (&'static str, u16) {
    if first && amount_minor <= 1_000_000 && dice.chance(600) {
        return ("newbie", 30);
    }
    let term_days = dice.one_of(&[(30_u16, 18), (60, 14), (90, 28), (180, 25), (360, 15)]);
    (
        dice.one_of(&[("fixed", 62), ("plus", 26), ("transfer", 12)]),
        term_days,
    )
}

impl Population {
    /// Makes the simulated history of `seed`; the same seed and size give the same history.
    #[must_use]
    pub fn generate(seed: u64, size: Size) -> Self {
        let mut dice = Dice::new(seed, 0);
        let (mut drafts, friends) = bring(&mut dice, size);
        seat(&mut dice, &mut drafts, friends);
        fill_up(&mut dice, &mut drafts, size);
        let drafts = in_order(&drafts);
        let mut people = Vec::with_capacity(drafts.len());
        let mut events = Vec::with_capacity(drafts.len() * 3);
        for (index, draft) in drafts.into_iter().enumerate() {
            let verified = draft.invests.is_some() || dice.chance(420);
            people.push(person(&mut dice, index, draft, verified));
            live(&mut dice, index, draft, verified, &mut events);
        }
        events.sort_by_key(|event: &Event| (event.at, event.person));
        Self {
            people,
            history: History { events },
        }
    }

    /// The verified friends of each person, by index, who can therefore invest.
    #[must_use]
    pub fn verified_friends(&self) -> Vec<Vec<usize>> {
        let mut friends = vec![Vec::new(); self.people.len()];
        for (index, person) in self.people.iter().enumerate() {
            if let Some(brought) = person
                .referrer
                .and_then(|referrer| friends.get_mut(referrer))
                && person.verified
            {
                brought.push(index);
            }
        }
        friends
    }
}

/// The member a draft becomes.
fn person(dice: &mut Dice, index: usize, draft: Draft, verified: bool) -> Person {
    let external_id = external_id(index);
    Person {
        joined_at: instant(draft.joined),
        referrer: draft.referrer,
        phone: format!("+861000{:07}", index + 1),
        email: format!("{external_id}@example.test"),
        consent_sms: dice.chance(920),
        verified,
        city: dice.one_of(&CITIES),
        external_id,
    }
}

/// Appends everything that happens to one person.
fn live(dice: &mut Dice, person: usize, draft: Draft, verified: bool, events: &mut Vec<Event>) {
    let mut record = |second, kind| {
        events.push(Event {
            person,
            at: instant(second),
            kind,
        })
    };
    record(draft.joined, Kind::Registered);
    if verified {
        let second = draft.joined + 120 + dice.below(7_200);
        record(second, Kind::Verified);
        if let Some(habit) = draft.invests {
            let first = second + 300 + dice.below(4 * DAY).min(dice.below(4 * DAY));
            invest(dice, person, habit, first, events);
        }
    }
}

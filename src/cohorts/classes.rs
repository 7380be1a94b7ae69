//! The eight classes of recommenders: three indicators, each high or low at a threshold.
//!
//! The model takes any three whole-number indicators of a member. The default reading is of
//! recommenders (how many friends invested, how much they invested, how long ago the last one
//! did); a member's own purchases serve as well. All arithmetic is exact: a threshold is a
//! fraction, and a value is compared with it without dividing.
//!
//! | first high | second high | third high | code | English | Chinese |
//! |---|---|---|---|---|---|
//! | yes | yes | yes | `forward` | Forward recommender | 前锋推荐人 |
//! | yes | yes | no | `dormant_forward` | Dormant forward recommender | 沉睡前锋推荐人 |
//! | yes | no | yes | `connector` | Connecting recommender | 人脉推荐人 |
//! | yes | no | no | `dormant_connector` | Dormant connecting recommender | 沉睡人脉推荐人 |
//! | no | yes | yes | `big_ticket` | Big-ticket recommender | 大额推荐人 |
//! | no | yes | no | `dormant_big_ticket` | Dormant big-ticket recommender | 沉睡大额推荐人 |
//! | no | no | yes | `promising` | Promising recommender | 潜力推荐人 |
//! | no | no | no | `quiet` | Quiet recommender | 沉寂推荐人 |
//!
//! "High" always means the good side. Of the days since the last investment the good side is the
//! small one, so such an indicator is [`Direction::LowIsGood`] and "high" reads "recent".

mod class;
mod threshold;

use std::cmp::Ordering;

use serde::Serialize;

pub use class::Class;
pub use threshold::{Direction, Indicator, Threshold, ThresholdValue};

/// Why a threshold could not be read or a group of members could not be classified.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClassesError {
    /// There is nobody to classify, so no threshold exists.
    #[error("there are no members to classify; widen the period or the conditions of the group")]
    Empty,
    /// A member's amount is below zero, which would make the shares of the amount meaningless.
    #[error(
        "member {member} has the amount {amount_minor} in minor units; an amount is zero or more: \
         leave refunds out, or leave out members whose refunds exceed their investments"
    )]
    NegativeAmount {
        /// The member at fault.
        member: i64,
        /// The amount found, in minor units.
        amount_minor: i64,
    },
    /// A member was given twice and would be counted twice.
    #[error("member {member} is given more than once; give each member one row of indicators")]
    DuplicateMember {
        /// The member at fault.
        member: i64,
    },
    /// The amounts of all members together do not fit into 64 bits.
    #[error(
        "the members' amounts sum to {total_minor} minor units, above the limit of {}; \
         classify a smaller group",
        i64::MAX
    )]
    AmountOverflow {
        /// The sum found, in minor units.
        total_minor: i128,
    },
    /// A quantile lies outside the open interval between 0 and 1.
    #[error("the quantile {permille}/1000 is out of range; it is from 0.001 to 0.999")]
    QuantileOutOfRange {
        /// The quantile found, in thousandths.
        permille: u32,
    },
    /// A threshold's text is none of the known forms.
    #[error(
        "the threshold `{found}` is not known; write `mean`, `median`, `q0.8` or `quantile:0.8` \
         (from 0.001 to 0.999, at most three decimals) or `fixed:12345` (a whole number in the \
         indicator's own unit)"
    )]
    UnknownThreshold {
        /// The text found.
        found: String,
    },
}

/// A member with the values of the three indicators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The member's id, unique within one call.
    pub member: i64,
    /// The indicators' values, in the order of the indicators; negative values are allowed.
    pub values: [i64; 3],
    /// The amount that counts towards the shares of the amount, in minor units, zero or more.
    /// It is often, and need not be, the second indicator.
    pub amount_minor: i64,
}

/// One line of the table of classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ClassRow {
    /// The class.
    pub class: Class,
    /// How many members are in it.
    pub members: u64,
    /// The sum of their amounts, in minor units.
    pub amount_minor: i64,
    /// Its share of all members in hundredths of a percent, rounded half to even. The eight
    /// rounded shares may miss 10,000 by up to 4.
    pub members_share_bp: u32,
    /// Its share of the whole amount, likewise; zero if the whole amount is zero.
    pub amount_share_bp: u32,
}

impl ClassRow {
    /// The amount per member in minor units, rounded half to even; nothing for an empty class.
    #[must_use]
    pub fn amount_per_head_minor(&self) -> Option<i64> {
        let per_head = div_half_even(i128::from(self.amount_minor), i128::from(self.members))?;
        i64::try_from(per_head).ok()
    }
}

/// Every member in one of the eight classes, and the table of the classes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Model {
    /// The exact thresholds, in the order of the indicators.
    pub thresholds: [ThresholdValue; 3],
    /// The table, in the order of [`Class::ALL`].
    pub rows: [ClassRow; 8],
    /// How many members there are.
    pub total_members: u64,
    /// The sum of all amounts, in minor units.
    pub total_amount_minor: i64,
    /// Each member's class, in ascending order of the member's id.
    pub assignments: Vec<(i64, Class)>,
}

/// Puts every subject into one of the eight classes; the order of the subjects does not matter.
///
/// # Errors
/// [`ClassesError::Empty`], [`ClassesError::NegativeAmount`], [`ClassesError::DuplicateMember`],
/// [`ClassesError::AmountOverflow`] and, for a quantile outside 1 to 999 thousandths,
/// [`ClassesError::QuantileOutOfRange`].
pub fn classify(indicators: &[Indicator; 3], subjects: &[Subject]) -> Result<Model, ClassesError> {
    let total_amount_minor = checked_total(subjects)?;
    let [first, second, third] = indicators;
    let values = |pick: fn([i64; 3]) -> i64| subjects.iter().map(|s| pick(s.values)).collect();
    let thresholds = [
        first.threshold.value_among(values(|[value, _, _]| value))?,
        second
            .threshold
            .value_among(values(|[_, value, _]| value))?,
        third.threshold.value_among(values(|[_, _, value]| value))?,
    ];
    let [first_at, second_at, third_at] = thresholds;

    let mut assignments = Vec::with_capacity(subjects.len());
    let mut tallies = Class::ALL.map(|class| (class, 0_u64, 0_i64));
    for subject in subjects {
        let [count, amount, recency] = subject.values;
        let class = Class::from_bits(
            first_at.is_high(count, first.direction),
            second_at.is_high(amount, second.direction),
            third_at.is_high(recency, third.direction),
        );
        assignments.push((subject.member, class));
        if let Some((_, members, amount_minor)) =
            tallies.iter_mut().find(|(listed, ..)| *listed == class)
        {
            // The amounts are not negative, so no partial sum exceeds the checked total.
            *members += 1;
            *amount_minor += subject.amount_minor;
        }
    }
    assignments.sort_unstable();

    let total_members: u64 = tallies.iter().map(|(_, members, _)| members).sum();
    let rows = tallies.map(|(class, members, amount_minor)| ClassRow {
        class,
        members,
        amount_minor,
        members_share_bp: share_bp(members.into(), i128::from(total_members)),
        amount_share_bp: share_bp(amount_minor.into(), total_amount_minor.into()),
    });
    Ok(Model {
        thresholds,
        rows,
        total_members,
        total_amount_minor,
        assignments,
    })
}

/// The curve of how much of the amount the best members bring: twenty points, the first for the
/// best twentieth of the members by amount (rounded up to whole members), the last for all.
///
/// A point is the share of the members it really holds and their share of the amount, both in
/// hundredths of a percent rounded half to even. Fewer than twenty members repeat points. An
/// amount of zero in all gives shares of zero.
///
/// # Errors
/// [`ClassesError::Empty`], [`ClassesError::NegativeAmount`], [`ClassesError::DuplicateMember`]
/// and [`ClassesError::AmountOverflow`].
pub fn pareto(subjects: &[Subject]) -> Result<Vec<(u32, u32)>, ClassesError> {
    let total_minor = i128::from(checked_total(subjects)?);
    let mut amounts: Vec<i64> = subjects.iter().map(|s| s.amount_minor).collect();
    amounts.sort_unstable_by(|a, b| b.cmp(a));
    let members: i128 = amounts.iter().map(|_| 1_i128).sum();

    let mut points = Vec::with_capacity(20);
    let mut twentieths = (1_i128..=20).peekable();
    let mut amount_minor = 0_i128;
    for (amount, rank) in amounts.into_iter().zip(1_i128..) {
        amount_minor += i128::from(amount);
        while twentieths
            .next_if(|twentieth| rank * 20 >= twentieth * members)
            .is_some()
        {
            points.push((share_bp(rank, members), share_bp(amount_minor, total_minor)));
        }
    }
    Ok(points)
}

/// The sum of the subjects' amounts, once they are known to be a proper group.
fn checked_total(subjects: &[Subject]) -> Result<i64, ClassesError> {
    if subjects.is_empty() {
        return Err(ClassesError::Empty);
    }
    if let Some(subject) = subjects.iter().find(|s| s.amount_minor < 0) {
        return Err(ClassesError::NegativeAmount {
            member: subject.member,
            amount_minor: subject.amount_minor,
        });
    }
    let mut members: Vec<i64> = subjects.iter().map(|s| s.member).collect();
    members.sort_unstable();
    for (member, next) in members.iter().zip(members.iter().skip(1)) {
        if member == next {
            return Err(ClassesError::DuplicateMember { member: *member });
        }
    }
    let total_minor: i128 = subjects.iter().map(|s| i128::from(s.amount_minor)).sum();
    i64::try_from(total_minor)
        .ok()
        .ok_or(ClassesError::AmountOverflow { total_minor })
}

/// The share of `part`, from zero to `whole`, in hundredths of a percent; zero of nothing.
fn share_bp(part: i128, whole: i128) -> u32 {
    div_half_even(part * 10_000, whole)
        .and_then(|share| u32::try_from(share).ok())
        .unwrap_or(0)
}

/// The quotient rounded half to even; nothing for a denominator that is not above zero.
fn div_half_even(numerator: i128, denominator: i128) -> Option<i128> {
    if denominator <= 0 {
        return None;
    }
    let quotient = numerator.div_euclid(denominator);
    let up = match (numerator.rem_euclid(denominator) * 2).cmp(&denominator) {
        Ordering::Less => false,
        Ordering::Equal => quotient.rem_euclid(2) == 1,
        Ordering::Greater => true,
    };
    Some(quotient + i128::from(up))
}

#[cfg(test)]
mod tests;

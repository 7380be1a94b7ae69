//! A reward, its states, and what can happen to it.

use crate::types::{Exact, Instant, MemberId, Text};
use serde::{Deserialize, Serialize};

/// Where a reward stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RewardState {
    /// The rule looked and paid nothing.
    Refused,
    /// Granted, not yet released.
    Pending,
    /// Released, not yet paid out.
    Available,
    /// Paid out.
    Paid,
    /// Ended while pending.
    Cancelled,
    /// Lapsed while pending.
    Expired,
    /// Taken back whole.
    ClawedBack,
    /// A refusal whose reason went away.
    Withdrawn,
}

impl RewardState {
    /// Every state.
    pub const ALL: [Self; 8] = [
        Self::Refused,
        Self::Pending,
        Self::Available,
        Self::Paid,
        Self::Cancelled,
        Self::Expired,
        Self::ClawedBack,
        Self::Withdrawn,
    ];

    /// The stable word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Pending => "pending",
            Self::Available => "available",
            Self::Paid => "paid",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::ClawedBack => "clawed_back",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Reads [`Self::word`].
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.word() == word)
    }

    /// Whether nothing can happen to it any more.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(
            self,
            Self::Cancelled | Self::Expired | Self::ClawedBack | Self::Withdrawn
        )
    }
}

/// A reward or a refusal.
#[derive(Clone, Debug, PartialEq)]
pub struct Reward {
    /// Its number, in order of decision.
    pub id: i64,
    /// The activated program version that decided it.
    pub program_no: i64,
    /// Position of the rule in the program.
    pub rule: usize,
    /// Position of the payment in the rule.
    pub pay: usize,
    /// What it stands for: unique.
    pub key: Text,
    /// The beneficiary.
    pub who: MemberId,
    /// The member whose act is its origin.
    pub origin: MemberId,
    /// Steps from the origin up to the beneficiary: 0 to 2.
    pub distance: u8,
    /// How finance classes it.
    pub form: Text,
    /// The program's word for it.
    pub kind: Text,
    /// Currency or commodity.
    pub currency: Text,
    /// The exact amount before rounding.
    pub exact: Exact,
    /// The rounded amount, in minor units.
    pub amount_minor: i64,
    /// How much of it was taken back, in minor units.
    pub clawed_minor: i64,
    /// Where it stands.
    pub state: RewardState,
    /// Why it stands there.
    pub reason: Text,
    /// When it is to be released.
    pub due: Option<Instant>,
    /// The fact that started it.
    pub fact_seq: i64,
    /// The `each` item.
    pub item_seq: Option<i64>,
    /// When it was decided, in the time of the facts.
    pub granted_at: Instant,
    /// When its `until` came true.
    pub released_at: Option<Instant>,
    /// Whether only a person can release it.
    pub held: bool,
    /// What it used of limits: counter, count, minor units.
    pub uses: Vec<(Text, i64, i64)>,
    /// What it holds of the budget, in minor units.
    pub budget_minor: i64,
}

/// What happened to a reward.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Decided; pending.
    Granted,
    /// The amount changed while pending, by so many minor units.
    Adjusted,
    /// Pending to available.
    Released,
    /// Pending to nothing.
    Cancelled,
    /// Pending to nothing, by time.
    Expired,
    /// Available back to the program.
    ClawedBack,
    /// Paid, now owed by the member.
    ClawedBackAfterPayment,
    /// Available to paid.
    Paid,
    /// Looked and paid nothing.
    Refused,
    /// A refusal withdrawn.
    Withdrawn,
}

impl Action {
    /// The stable word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::Adjusted => "adjusted",
            Self::Released => "released",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::ClawedBack => "clawed_back",
            Self::ClawedBackAfterPayment => "clawed_back_after_payment",
            Self::Paid => "paid",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// One thing that happened to one reward.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Whose.
    pub reward: i64,
    /// What.
    pub action: Action,
    /// By how many minor units; signed for [`Action::Adjusted`].
    pub minor: i64,
    /// Why.
    pub reason: Text,
    /// The explanation, as JSON, where the decision has one.
    pub explanation: Option<String>,
}

/// Something to be looked at when its time comes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timer {
    /// When.
    pub at: Instant,
    /// What.
    pub kind: TimerKind,
}

/// What a timer looks at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TimerKind {
    /// A rule with `after`: program, rule, starting fact.
    Look(i64, usize, i64),
    /// A reward's release.
    Release(i64),
    /// A reward's lapse.
    Expire(i64),
    /// An experience fund's maturity.
    Mature(i64),
}

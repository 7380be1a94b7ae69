//! The chart of accounts. Pure: the number of an account follows from what it is, so no look-up is
//! needed to book.

use crate::types::MemberId;

/// Whose account it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Owner {
    /// A member, by number.
    Member(MemberId),
    /// An activated program version, by number.
    Program(i64),
}

/// What an account holds. Credits add, debits take away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccountKind {
    /// A program's funding: minus what it granted. May be negative.
    Funding,
    /// What a program took back after release.
    ClawedBack,
    /// A member's pending rewards.
    Pending,
    /// A member's available rewards.
    Available,
    /// What a member was paid.
    Paid,
    /// Minus what a member owes after a clawback of paid rewards. May be negative.
    Receivable,
}

impl AccountKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::Funding,
        Self::ClawedBack,
        Self::Pending,
        Self::Available,
        Self::Paid,
        Self::Receivable,
    ];

    /// The stable word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Funding => "funding",
            Self::ClawedBack => "clawed_back",
            Self::Pending => "pending",
            Self::Available => "available",
            Self::Paid => "paid",
            Self::Receivable => "receivable",
        }
    }

    const fn number(self) -> i64 {
        match self {
            Self::Funding => 0,
            Self::ClawedBack => 1,
            Self::Pending => 2,
            Self::Available => 3,
            Self::Paid => 4,
            Self::Receivable => 5,
        }
    }

    /// Whether the balance may fall below zero.
    #[must_use]
    pub const fn may_be_negative(self) -> bool {
        matches!(self, Self::Funding | Self::Receivable)
    }
}

/// An account of one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Account {
    /// Whose.
    pub owner: Owner,
    /// What it holds.
    pub kind: AccountKind,
    /// Number of the currency.
    pub currency: i64,
}

/// Numbers that one owner's accounts take: 4,096 currencies times 8 kinds.
const SPAN: i64 = 1 << 15;

impl Owner {
    /// A positive number for a member, a negative one for a program.
    #[must_use]
    pub const fn number(self) -> i64 {
        match self {
            Self::Member(id) => id,
            Self::Program(no) => -no,
        }
    }
}

impl Account {
    /// The account's number.
    #[must_use]
    pub const fn number(self) -> i64 {
        self.owner.number() * SPAN + self.currency * 8 + self.kind.number()
    }
}

/// The first number of an owner's accounts, and the first beyond them.
#[must_use]
pub const fn numbers_of(owner: i64) -> (i64, i64) {
    (owner * SPAN, owner * SPAN + SPAN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_two_accounts_share_a_number_and_an_owners_lie_together() {
        let mut numbers = BTreeSet::new();
        for owner in [
            Owner::Member(1),
            Owner::Member(2),
            Owner::Program(1),
            Owner::Program(2),
        ] {
            let (from, until) = numbers_of(owner.number());
            for currency in [1, 2, 4_095] {
                for kind in AccountKind::ALL {
                    let number = Account {
                        owner,
                        kind,
                        currency,
                    }
                    .number();
                    assert!((from..until).contains(&number));
                    assert!(numbers.insert(number));
                }
            }
        }
    }
}

//! What is booked when something happens to a reward. Pure.

use super::chart::{AccountKind, Owner};
use crate::rewards::{Action, Reward};

/// One transfer: a debit and a credit side of one commodity, so it balances by its shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// Loses.
    pub debit: (Owner, AccountKind),
    /// Gains.
    pub credit: (Owner, AccountKind),
    /// Above zero.
    pub minor: i64,
}

/// The transfer that an action makes; none for refusals and for changes of nothing.
#[must_use]
pub const fn book(reward: &Reward, action: Action, minor: i64) -> Option<Transfer> {
    let member = Owner::Member(reward.who);
    let program = Owner::Program(reward.program_no);
    let funding = (program, AccountKind::Funding);
    let pending = (member, AccountKind::Pending);
    let available = (member, AccountKind::Available);
    let (debit, credit, minor) = match action {
        Action::Refused | Action::Withdrawn => return None,
        Action::Granted => (funding, pending, minor),
        Action::Adjusted => {
            let side = match reward.state {
                crate::rewards::RewardState::Available => available,
                _ => pending,
            };
            if minor >= 0 {
                (funding, side, minor)
            } else {
                (side, funding, -minor)
            }
        }
        Action::Released => (pending, available, minor),
        Action::Cancelled | Action::Expired => (pending, funding, minor),
        Action::ClawedBack => (available, (program, AccountKind::ClawedBack), minor),
        Action::ClawedBackAfterPayment => (
            (member, AccountKind::Receivable),
            (program, AccountKind::ClawedBack),
            minor,
        ),
        Action::Paid => (available, (member, AccountKind::Paid), minor),
    };
    if minor > 0 {
        Some(Transfer {
            debit,
            credit,
            minor,
        })
    } else {
        None
    }
}

//! Vouchsafe: a referral rewards and campaign engine whose every payout is explained to the cent.

pub mod cohorts;
pub mod facts;
pub mod rewards;
pub mod rules;
pub mod types;

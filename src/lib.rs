//! Vouchsafe: a referral rewards and campaign engine whose every payout is explained to the cent.

pub mod access;
pub mod bench;
pub mod campaigns;
pub mod clock;
pub mod cohorts;
pub mod demo;
pub mod dispatch;
pub mod effects;
pub mod engine;
pub mod facts;
pub mod ids;
pub mod ledger;
pub mod members;
pub mod programs;
pub mod rewards;
pub mod rules;
pub mod scheduler;
pub mod storage;
pub mod types;
pub mod web;

//! Campaigns: a limited offer to a frozen cohort, with a holdout, by message.

pub mod assignment;
pub mod service;
pub mod state;

//! Campaigns: an offer to a cohort, with a holdout.

pub mod assignment;

//! Cohorts: who is meant.

pub mod classes;

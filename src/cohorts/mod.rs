//! Cohorts: who is meant.

pub mod classes;
pub mod service;

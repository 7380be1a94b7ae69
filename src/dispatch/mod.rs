//! Dispatch: one message per person, sent once, and never again by itself.

pub mod message;
pub mod providers;
pub mod worker;

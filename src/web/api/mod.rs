//! The HTTP interface for programs, under `/v1`.
//!
//! Amounts are decimal texts beside their currency, instants are RFC 3339 in UTC, lists are paged
//! by the last key seen. Every POST honours the header `Idempotency-Key`.

pub mod campaigns;
pub mod clock;
pub mod cohorts;
pub mod effect;
pub mod events;
pub mod explanation;
pub mod ledger;
pub mod members;
pub mod programs;
pub mod rewards;
pub mod view;

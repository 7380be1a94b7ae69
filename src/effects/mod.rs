//! What a campaign did: the effect report and the statistics under it.
//!
//! A report compares arms by the assignment frozen at launch (intention to treat), never by who
//! received, opened or clicked.

pub mod report;
pub mod statistics;

//! Members, their codes, and the referral tree.

pub mod codes;
pub mod intake;
pub mod service;

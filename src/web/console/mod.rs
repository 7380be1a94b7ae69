//! The console of operations and finance: sign-in, and every page behind it.

pub(super) mod books;
pub(super) mod campaign;
pub(super) mod docs;
pub(super) mod home;
pub(super) mod log;
pub(super) mod programs;
pub(super) mod recommenders;
pub(super) mod reward;
pub(super) mod sign_in;

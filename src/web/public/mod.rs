//! What everybody may ask for without a key.

pub(super) mod health;

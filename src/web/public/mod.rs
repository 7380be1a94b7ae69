//! What everybody may ask for without a key, and the pages of members and their friends.

pub(super) mod delivery;
pub(super) mod files;
pub(super) mod health;
pub(super) mod landing;
pub(super) mod links;
pub(super) mod member;
pub(super) mod offers;

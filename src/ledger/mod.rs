//! The books: double entry, append only, balanced by shape.

pub mod arithmetic;
pub mod chart;
pub mod verify;

//! Facts: checked against the tracking plan, numbered, made durable, and decided about.

pub mod intake;
pub mod queue;
pub mod service;

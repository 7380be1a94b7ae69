//! The integration tests: one binary.

mod cdnow;
mod corpus;
mod engine;
mod kannel;
mod smtp;
mod support;

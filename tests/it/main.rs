//! The integration tests: one binary.

mod cdnow;
mod corpus;

//! The integration tests: one binary.

mod attacks;
mod campaigns;
mod cdnow;
mod corpus;
mod demo;
mod engine;
mod kannel;
mod smtp;
mod support;

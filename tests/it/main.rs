//! The integration tests: one binary.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "what fails in a test must fail the test"
)]

mod api;
mod attacks;
mod authorisation;
mod browser;
mod campaigns;
mod cdnow;
mod cli;
mod corpus;
mod crash;
mod demo;
mod engine;
mod engine_language;
mod kannel;
mod language;
mod laws;
mod migrations;
mod pages;
mod smtp;
mod support;
mod tidy;

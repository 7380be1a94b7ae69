//! Benchmarks that ship with the program: ratios from one run, never bounds.

pub mod ingest;

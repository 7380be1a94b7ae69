//! The rule language: what a program may say, checked when it is loaded. Pure.

pub mod calendar;
pub mod check;
pub mod error;
pub mod eval;
pub mod expr;
pub mod functions;
pub mod load;
pub mod plan;
pub mod program;
pub mod syntax;

pub use error::RuleError;
pub use plan::Plan;
pub use program::Program;

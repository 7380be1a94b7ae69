//! The demonstration: a simulated June 2017, played on the real machinery.

pub mod document;
pub mod history;
pub mod play;
pub mod population;
pub mod response;

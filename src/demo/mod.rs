//! The demonstration: a simulated June 2017, played on the real machinery.

pub mod population;
pub mod response;

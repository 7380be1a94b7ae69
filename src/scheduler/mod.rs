//! What happens by the clock.

pub mod background;
pub mod crontab;

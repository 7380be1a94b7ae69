//! Rewards: what the rules make of facts. Pure: `decide(catalog, state, input)` gives the changes,
//! and the server, the simulator, the replayer and the tests call the same function.

pub mod cases;
pub mod catalog;
pub mod decide;
pub mod explain;
mod gather;
mod grant;
mod key;
mod lifecycle;
mod limits;
mod refuse;
pub mod reward;
pub mod state;

pub use catalog::{Active, Catalog};
pub use decide::{Input, What, decide};
pub use explain::Explanation;
pub use reward::{Action, Entry, Reward, RewardState, Timer, TimerKind};
pub use state::{Changes, Need, Snapshot};

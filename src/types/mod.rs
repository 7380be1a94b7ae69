//! The words that every layer shares: exact numbers, instants and zones, currencies, values,
//! members and facts. Pure: no database, clock, web or randomness.

pub mod currency;
pub mod exact;
pub mod fact;
pub mod time;
pub mod value;

pub use currency::Currencies;
pub use exact::{Exact, RoundingMode};
pub use fact::{Fact, Member, MemberId, Tie};
pub use time::{Instant, Span, Zone};
pub use value::Value;

/// The shared, cheaply cloned text of names and values.
pub type Text = std::sync::Arc<str>;

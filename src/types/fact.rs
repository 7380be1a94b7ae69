//! Facts and members as the rules see them.

use super::{Instant, Text, Value};
use std::collections::BTreeMap;

/// The internal number of a member. External ids are the company's own.
pub type MemberId = i64;

/// Something that happened, accepted and numbered.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// Its place in the one order of decisions.
    pub seq: i64,
    /// The sender's id of the event.
    pub id: Text,
    /// The type, from the tracking plan.
    pub kind: Text,
    /// Who acted; none for facts about a thing or the platform.
    pub member: Option<MemberId>,
    /// When it happened, by the sender.
    pub at: Instant,
    /// Fields that were given, by name.
    pub fields: Vec<(Text, Value)>,
}

impl Fact {
    /// A field, or [`Value::Absent`].
    #[must_use]
    pub fn field(&self, name: &str) -> Value {
        self.fields
            .iter()
            .find(|(n, _)| &**n == name)
            .map_or(Value::Absent, |(_, v)| v.clone())
    }
}

/// A member as the rules see him. Contact data is elsewhere.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// Internal number.
    pub id: MemberId,
    /// The company's id.
    pub external: Text,
    /// Who referred him.
    pub referrer: Option<MemberId>,
    /// When he registered, once known.
    pub registered: Option<Instant>,
    /// Attributes of the tracking plan.
    pub attributes: BTreeMap<Text, Value>,
}

/// What ties facts together: the member who acted, or the value of a key field.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tie {
    /// Facts of this member.
    Member(MemberId),
    /// Facts whose key field has this value.
    Field(Text, Text),
}

//! The functions of the expression language.

use super::calendar::Calendar;
use super::expr::{Type, Unit};
use crate::types::time::{day_of_month, next_month};
use crate::types::{Exact, RoundingMode, Value, Zone};
use chrono::NaiveDate;

/// A function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Func {
    /// The smaller.
    Min,
    /// The larger.
    Max,
    /// Down to a whole number.
    Floor,
    /// Up to a whole number.
    Ceil,
    /// Without its sign.
    Abs,
    /// Half-even to a number of places.
    Round,
    /// Calendar days between two moments.
    Days,
    /// The day of a moment.
    Date,
    /// The first moment of its day.
    StartOfDay,
    /// The first moment of its month.
    StartOfMonth,
    /// A day of the month after.
    DayOfNextMonth,
    /// So many working days later.
    AddBusinessDays,
    /// Itself if a working day, else so many later.
    ShiftBusiness,
    /// The last working day of its month.
    LastBusinessDayOfMonth,
    /// The last working day of the month after.
    LastBusinessDayOfNextMonth,
    /// Whether a word is in a comma-separated text.
    Listed,
    /// Whether a value is there.
    Given,
}

/// Every function by name with its number of arguments.
pub const FUNCTIONS: &[(&str, Func, usize)] = &[
    ("min", Func::Min, 2),
    ("max", Func::Max, 2),
    ("floor", Func::Floor, 1),
    ("ceil", Func::Ceil, 1),
    ("abs", Func::Abs, 1),
    ("round", Func::Round, 2),
    ("days", Func::Days, 2),
    ("date", Func::Date, 1),
    ("start_of_day", Func::StartOfDay, 1),
    ("start_of_month", Func::StartOfMonth, 1),
    ("day_of_next_month", Func::DayOfNextMonth, 2),
    ("add_business_days", Func::AddBusinessDays, 2),
    ("shift_business", Func::ShiftBusiness, 2),
    (
        "last_business_day_of_month",
        Func::LastBusinessDayOfMonth,
        1,
    ),
    (
        "last_business_day_of_next_month",
        Func::LastBusinessDayOfNextMonth,
        1,
    ),
    ("listed", Func::Listed, 2),
    ("given", Func::Given, 1),
];

/// A kind of argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want {
    /// A number of any unit.
    Number,
    /// A plain number.
    Plain,
    /// A moment or a day.
    Time,
    /// A text.
    Text,
    /// Anything.
    Any,
}

impl Func {
    /// What each argument must be.
    #[must_use]
    pub const fn wants(self) -> [Want; 2] {
        match self {
            Self::Min | Self::Max => [Want::Number, Want::Number],
            Self::Floor | Self::Ceil | Self::Abs => [Want::Number, Want::Any],
            Self::Round => [Want::Number, Want::Plain],
            Self::Days => [Want::Time, Want::Time],
            Self::Date | Self::StartOfDay | Self::StartOfMonth => [Want::Time, Want::Any],
            Self::LastBusinessDayOfMonth | Self::LastBusinessDayOfNextMonth => {
                [Want::Time, Want::Any]
            }
            Self::DayOfNextMonth | Self::AddBusinessDays | Self::ShiftBusiness => {
                [Want::Time, Want::Plain]
            }
            Self::Listed => [Want::Text, Want::Text],
            Self::Given => [Want::Any, Want::Any],
        }
    }

    /// The type of the result, given the first argument's.
    #[must_use]
    pub const fn result(self, first: Type) -> Type {
        match self {
            Self::Min | Self::Max | Self::Floor | Self::Ceil | Self::Abs | Self::Round => first,
            Self::Days => Type::Num(Unit::Days),
            Self::StartOfDay | Self::StartOfMonth => Type::Instant,
            Self::Date
            | Self::DayOfNextMonth
            | Self::AddBusinessDays
            | Self::ShiftBusiness
            | Self::LastBusinessDayOfMonth
            | Self::LastBusinessDayOfNextMonth => Type::Date,
            Self::Listed | Self::Given => Type::Bool,
        }
    }

    /// Computes the function. Absent arguments give absent, but for `given`, and `min` and `max`
    /// of two.
    #[must_use]
    pub fn apply(self, a: &Value, b: &Value, zone: Zone, calendar: &Calendar) -> Value {
        match (self, a, b) {
            (Self::Given, _, _) => Value::Bool(a.is_given()),
            (Self::Min, Value::Num(x), Value::Num(y)) => Value::Num(x.min(y).clone()),
            (Self::Max, Value::Num(x), Value::Num(y)) => Value::Num(x.max(y).clone()),
            (Self::Floor, Value::Num(x), _) => Value::Num(x.floor()),
            (Self::Ceil, Value::Num(x), _) => Value::Num(x.ceil()),
            (Self::Abs, Value::Num(x), _) => {
                Value::Num(if x.is_negative() { x.neg() } else { x.clone() })
            }
            (Self::Round, Value::Num(x), Value::Num(p)) => {
                let places = p
                    .to_int()
                    .and_then(|p| u8::try_from(p).ok())
                    .unwrap_or(0)
                    .min(18);
                Value::Num(x.round(places, RoundingMode::HalfEven))
            }
            (Self::Listed, Value::Text(list), Value::Text(word)) => {
                Value::Bool(list.split(',').any(|w| w.trim() == &**word))
            }
            _ => self.apply_to_time(a, b, zone, calendar),
        }
    }

    fn apply_to_time(self, a: &Value, b: &Value, zone: Zone, calendar: &Calendar) -> Value {
        let Some(day) = day_of(a, zone) else {
            return Value::Absent;
        };
        let count = match b {
            Value::Num(n) => n
                .to_int()
                .and_then(|n| u32::try_from(n).ok())
                .map(|n| n.min(3_660)),
            _ => None,
        };
        match (self, count) {
            (Self::Days, _) => match day_of(b, zone) {
                Some(other) => Value::Num(Exact::int((other - day).num_days())),
                None => Value::Absent,
            },
            (Self::Date, _) => Value::Date(day),
            (Self::StartOfDay, _) => Value::Instant(zone.start_of_day(day)),
            (Self::StartOfMonth, _) => Value::Instant(zone.start_of_day(day_of_month(day, 1))),
            (Self::DayOfNextMonth, Some(n)) => Value::Date(day_of_month(next_month(day), n)),
            (Self::AddBusinessDays, Some(n)) => Value::Date(calendar.add(day, n)),
            (Self::ShiftBusiness, _) if calendar.is_working(day) => Value::Date(day),
            (Self::ShiftBusiness, Some(n)) => Value::Date(calendar.add(day, n)),
            (Self::LastBusinessDayOfMonth, _) => Value::Date(calendar.last_working(day)),
            (Self::LastBusinessDayOfNextMonth, _) => {
                Value::Date(calendar.last_working(next_month(day)))
            }
            _ => Value::Absent,
        }
    }
}

/// The day of a moment or a day.
#[must_use]
pub fn day_of(value: &Value, zone: Zone) -> Option<NaiveDate> {
    match value {
        Value::Instant(at) => Some(zone.date(*at)),
        Value::Date(day) => Some(*day),
        Value::Absent | Value::Bool(_) | Value::Num(_) | Value::Text(_) | Value::Span(_) => None,
    }
}

/// The first day after `day` whose number in its month is one of `days`; a number that the month
/// lacks is its last day.
#[must_use]
pub fn next_day_of_month(day: NaiveDate, days: &[u32]) -> Option<NaiveDate> {
    let in_month = |first: NaiveDate| days.iter().map(move |d| day_of_month(first, *d));
    in_month(day)
        .chain(in_month(next_month(day)))
        .filter(|d| *d > day)
        .min()
}

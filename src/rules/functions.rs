//! The functions of the expression language.

use super::calendar::Calendar;
use super::expr::{Type, Unit};
use crate::types::time::{day_of_month, next_month};
use crate::types::{Exact, RoundingMode, Value, Zone};
use chrono::{Datelike, Days, NaiveDate};

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
    /// Towards zero to a number of places.
    RoundDown,
    /// Half-up to a number of places.
    RoundHalfUp,
    /// How many whole times the second number fits into the first.
    Steps,
    /// A power with a whole exponent.
    Pow,
    /// Calendar days between two moments.
    Days,
    /// The day of a moment.
    Date,
    /// The first moment of its day.
    StartOfDay,
    /// The first moment of its month.
    StartOfMonth,
    /// The first moment of its week, a Monday.
    StartOfWeek,
    /// The first moment of its year.
    StartOfYear,
    /// The number of its month.
    Month,
    /// So many days later.
    AddDays,
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
    ("round_down", Func::RoundDown, 2),
    ("round_half_up", Func::RoundHalfUp, 2),
    ("steps", Func::Steps, 2),
    ("pow", Func::Pow, 2),
    ("days", Func::Days, 2),
    ("date", Func::Date, 1),
    ("start_of_day", Func::StartOfDay, 1),
    ("start_of_month", Func::StartOfMonth, 1),
    ("start_of_week", Func::StartOfWeek, 1),
    ("start_of_year", Func::StartOfYear, 1),
    ("month", Func::Month, 1),
    ("add_days", Func::AddDays, 2),
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
            Self::Min | Self::Max | Self::Steps => [Want::Number, Want::Number],
            Self::Floor | Self::Ceil | Self::Abs => [Want::Number, Want::Any],
            Self::Round | Self::RoundDown | Self::RoundHalfUp => [Want::Number, Want::Plain],
            Self::Pow => [Want::Plain, Want::Plain],
            Self::Days => [Want::Time, Want::Time],
            Self::Date
            | Self::StartOfDay
            | Self::StartOfWeek
            | Self::StartOfMonth
            | Self::StartOfYear
            | Self::Month => [Want::Time, Want::Any],
            Self::LastBusinessDayOfMonth | Self::LastBusinessDayOfNextMonth => {
                [Want::Time, Want::Any]
            }
            Self::AddDays | Self::DayOfNextMonth | Self::AddBusinessDays | Self::ShiftBusiness => {
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
            Self::Min
            | Self::Max
            | Self::Floor
            | Self::Ceil
            | Self::Abs
            | Self::Round
            | Self::RoundDown
            | Self::RoundHalfUp => first,
            Self::Steps | Self::Pow | Self::Month => Type::Num(Unit::Plain),
            Self::Days => Type::Num(Unit::Days),
            Self::StartOfDay | Self::StartOfWeek | Self::StartOfMonth | Self::StartOfYear => {
                Type::Instant
            }
            Self::Date
            | Self::AddDays
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
            (Self::Round, Value::Num(x), Value::Num(p)) => rounded(x, p, RoundingMode::HalfEven),
            (Self::RoundDown, Value::Num(x), Value::Num(p)) => rounded(x, p, RoundingMode::Down),
            (Self::RoundHalfUp, Value::Num(x), Value::Num(p)) => {
                rounded(x, p, RoundingMode::HalfUp)
            }
            (Self::Steps, Value::Num(x), Value::Num(size)) => x
                .div(size)
                .map_or(Value::Absent, |times| Value::Num(times.floor())),
            (Self::Pow, Value::Num(x), Value::Num(n)) => power(x, n),
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
            (Self::StartOfWeek, _) => {
                let back = u64::from(day.weekday().num_days_from_monday());
                day.checked_sub_days(Days::new(back))
                    .map_or(Value::Absent, |d| Value::Instant(zone.start_of_day(d)))
            }
            (Self::StartOfYear, _) => NaiveDate::from_ymd_opt(day.year(), 1, 1)
                .map_or(Value::Absent, |d| Value::Instant(zone.start_of_day(d))),
            (Self::Month, _) => Value::Num(Exact::int(i64::from(day.month()))),
            (Self::AddDays, Some(n)) => day
                .checked_add_days(Days::new(u64::from(n)))
                .map_or(Value::Absent, Value::Date),
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

/// Largest exponent of `pow`.
const EXPONENT_MAX: i64 = 1_000;

fn rounded(x: &Exact, places: &Exact, mode: RoundingMode) -> Value {
    let places = places.to_int().and_then(|p| u8::try_from(p).ok());
    Value::Num(x.round(places.unwrap_or(0).min(18), mode))
}

/// A power by repeated squaring; absent unless the exponent is whole and from 0 to
/// [`EXPONENT_MAX`].
fn power(x: &Exact, exponent: &Exact) -> Value {
    let Some(mut left) = exponent.to_int().filter(|n| (0..=EXPONENT_MAX).contains(n)) else {
        return Value::Absent;
    };
    let (mut found, mut square) = (Exact::int(1), x.clone());
    while left > 0 {
        if left % 2 == 1 {
            found = found.mul(&square);
        }
        left /= 2;
        if left > 0 {
            square = square.mul(&square);
        }
    }
    Value::Num(found)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Instant;

    fn num(text: &str) -> Value {
        Value::Num(Exact::parse(text).unwrap())
    }

    fn call(name: &str, a: &Value, b: &Value) -> Value {
        let (_, func, _) = FUNCTIONS.iter().find(|(n, ..)| *n == name).unwrap();
        let zone = Zone::named("Asia/Shanghai").unwrap();
        func.apply(a, b, zone, &Calendar::default())
    }

    fn at(text: &str) -> Value {
        Value::Instant(Instant::parse(text).unwrap())
    }

    fn day(text: &str) -> Value {
        Value::Date(text.parse().unwrap())
    }

    #[test]
    fn whole_steps_are_counted_and_a_step_of_nothing_is_absent() {
        assert_eq!(call("steps", &num("149999.99"), &num("50000")), num("2"));
        assert_eq!(call("steps", &num("150000"), &num("50000")), num("3"));
        assert_eq!(call("steps", &num("1"), &num("0")), Value::Absent);
    }

    #[test]
    fn a_formula_may_cut_or_round_half_up_inside() {
        assert_eq!(call("round_down", &num("2.999"), &num("2")), num("2.99"));
        assert_eq!(call("round_half_up", &num("0.125"), &num("2")), num("0.13"));
        assert_eq!(call("round", &num("0.125"), &num("2")), num("0.12"));
    }

    #[test]
    fn a_power_is_exact_and_its_exponent_whole_and_bounded() {
        assert_eq!(call("pow", &num("0.9"), &num("3")), num("0.729"));
        assert_eq!(call("pow", &num("7"), &num("0")), num("1"));
        assert_eq!(call("pow", &num("2"), &num("10")), num("1024"));
        for exponent in ["-1", "0.5", "1001"] {
            assert_eq!(call("pow", &num("2"), &num(exponent)), Value::Absent);
        }
    }

    #[test]
    fn days_weeks_months_and_years_are_those_of_the_zone() {
        // Sunday evening in UTC is Monday morning in Shanghai.
        let moment = at("2017-12-31T16:30:00Z");
        assert_eq!(call("month", &moment, &Value::Absent), num("1"));
        assert_eq!(
            call("start_of_year", &moment, &Value::Absent),
            at("2018-01-01T00:00:00+08:00")
        );
        assert_eq!(
            call("start_of_week", &day("2018-01-07"), &Value::Absent),
            at("2018-01-01T00:00:00+08:00")
        );
        assert_eq!(call("add_days", &moment, &num("31")), day("2018-02-01"));
        assert_eq!(call("add_days", &moment, &Value::Absent), Value::Absent);
    }
}

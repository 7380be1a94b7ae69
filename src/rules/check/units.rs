//! Which types go together. Pure.

use crate::rules::expr::{Type, Unit};

/// A type in words.
#[must_use]
pub const fn name(found: Type) -> &'static str {
    match found {
        Type::Bool => "a condition",
        Type::Num(Unit::Money) => "an amount of money",
        Type::Num(Unit::Days) => "a number of days",
        Type::Num(Unit::Plain | Unit::Any) => "a plain number",
        Type::Text => "a text",
        Type::Instant => "an instant",
        Type::Date => "a date",
        Type::Span => "a duration",
    }
}

pub(super) const fn is_time(t: Type) -> bool {
    matches!(t, Type::Instant | Type::Date)
}

/// The unit of two numbers that must agree.
pub(super) const fn unify(a: Unit, b: Unit) -> Option<Unit> {
    match (a, b) {
        (Unit::Any, x) | (x, Unit::Any) => Some(x),
        (Unit::Plain, Unit::Plain) => Some(Unit::Plain),
        (Unit::Money, Unit::Money) => Some(Unit::Money),
        (Unit::Days, Unit::Days) => Some(Unit::Days),
        _ => None,
    }
}

/// The unit of a product: money times days is money that still waits for its day count.
pub(super) const fn product(a: Unit, b: Unit) -> Option<Unit> {
    match (a, b) {
        (Unit::Money, Unit::Money) => None,
        (Unit::Money, _) | (_, Unit::Money) => Some(Unit::Money),
        (Unit::Days, Unit::Days) => None,
        (Unit::Days, _) | (_, Unit::Days) => Some(Unit::Days),
        (Unit::Any, Unit::Any) => Some(Unit::Any),
        _ => Some(Unit::Plain),
    }
}

pub(super) const fn quotient(a: Unit, b: Unit) -> Option<Unit> {
    match (a, b) {
        (Unit::Money, Unit::Money) | (Unit::Days, _) => Some(Unit::Plain),
        (Unit::Money, _) => Some(Unit::Money),
        (Unit::Any, Unit::Any) => Some(Unit::Any),
        (_, Unit::Money | Unit::Days) => None,
        _ => Some(Unit::Plain),
    }
}

/// The common type of two values, literals taking the unit of their neighbour.
pub(super) const fn same_type(a: Type, b: Type) -> Option<Type> {
    match (a, b) {
        (Type::Num(m), Type::Num(n)) => match unify(m, n) {
            Some(u) => Some(Type::Num(u)),
            None => None,
        },
        (Type::Bool, Type::Bool) => Some(Type::Bool),
        (Type::Text, Type::Text) => Some(Type::Text),
        (Type::Instant, Type::Instant) => Some(Type::Instant),
        (Type::Date, Type::Date) => Some(Type::Date),
        (Type::Instant, Type::Date) | (Type::Date, Type::Instant) => Some(Type::Instant),
        (Type::Span, Type::Span) => Some(Type::Span),
        _ => None,
    }
}

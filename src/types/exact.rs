//! Exact rational numbers: the only arithmetic that money passes through.
//!
//! Small values live in two `i128`; what outgrows them moves to big integers, so no operation
//! loses a digit and none can overflow.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Signed, ToPrimitive, Zero};
use std::cmp::Ordering;
use std::fmt;

/// An exact rational number.
#[derive(Clone, Debug)]
pub struct Exact(Repr);

#[derive(Clone, Debug)]
enum Repr {
    /// Numerator and a denominator above zero, not always in lowest terms.
    Small(i128, i128),
    Big(Box<BigRational>),
}

/// How a value between two units is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoundingMode {
    /// To the nearest unit, ties to the even one.
    HalfEven,
    /// To the nearest unit, ties away from zero.
    HalfUp,
    /// Towards zero: cut off.
    Down,
    /// Away from zero.
    Up,
}

/// A value that does not fit the units it was to be expressed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the number is too large to be expressed in minor units of 64 bits")]
pub struct TooLarge;

/// A text that is not a plain decimal number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a decimal number: write digits with at most one point, such as 1234.50")]
pub struct NotADecimal(pub String);

const MAX_DIGITS: usize = 40;

fn gcd(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// Ten to the power of `exponent`, which must be at most 38.
fn ten_to(exponent: u32) -> i128 {
    10_i128.checked_pow(exponent).unwrap_or(i128::MAX)
}

impl Exact {
    /// Zero.
    pub const ZERO: Self = Self(Repr::Small(0, 1));
    /// One.
    pub const ONE: Self = Self(Repr::Small(1, 1));

    /// The whole number `n`.
    #[must_use]
    pub fn int(n: i64) -> Self {
        Self(Repr::Small(i128::from(n), 1))
    }

    /// `minor` units of a currency with `exponent` decimals.
    #[must_use]
    pub fn from_minor(minor: i64, exponent: u8) -> Self {
        Self(Repr::Small(
            i128::from(minor),
            ten_to(u32::from(exponent).min(38)),
        ))
    }

    /// The fraction `numerator / denominator`, or `None` when the denominator is zero.
    #[must_use]
    pub fn ratio(numerator: i64, denominator: i64) -> Option<Self> {
        Self::int(numerator).div(&Self::int(denominator))
    }

    /// Reads a plain decimal such as `-1234.50`; underscores may group digits.
    ///
    /// # Errors
    /// [`NotADecimal`] for anything else: exponents, two points, no digits, more than 40 digits.
    pub fn parse(text: &str) -> Result<Self, NotADecimal> {
        let bad = || NotADecimal(text.chars().take(60).collect());
        let (negative, body) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let mut digits = String::new();
        let mut scale: Option<u32> = None;
        for c in body.chars() {
            match c {
                '0'..='9' => {
                    digits.push(c);
                    scale = scale.map(|s| s.saturating_add(1));
                }
                '.' if scale.is_none() && !digits.is_empty() => scale = Some(0),
                '_' if !digits.is_empty() => {}
                _ => return Err(bad()),
            }
        }
        if digits.is_empty() || digits.len() > MAX_DIGITS || scale == Some(0) {
            return Err(bad());
        }
        let numerator: BigInt = digits
            .parse()
            .map_err(|_ignored: num_bigint::ParseBigIntError| bad())?;
        let numerator = if negative { -numerator } else { numerator };
        let denominator = BigInt::from(10).pow(scale.unwrap_or(0));
        Ok(Self::shrink(BigRational::new(numerator, denominator)))
    }

    fn shrink(value: BigRational) -> Self {
        match (value.numer().to_i128(), value.denom().to_i128()) {
            (Some(n), Some(d)) => Self(Repr::Small(n, d)),
            _ => Self(Repr::Big(Box::new(value))),
        }
    }

    fn big(&self) -> BigRational {
        match &self.0 {
            Repr::Small(n, d) => BigRational::new(BigInt::from(*n), BigInt::from(*d)),
            Repr::Big(value) => (**value).clone(),
        }
    }

    /// The same value in lowest terms: applied where denominators would grow without need.
    #[must_use]
    fn reduced(n: i128, d: i128) -> Self {
        let common = gcd(n.unsigned_abs(), d.unsigned_abs());
        match i128::try_from(common) {
            Ok(c) if c > 1 => Self(Repr::Small(n / c, d / c)),
            _ => Self(Repr::Small(n, d)),
        }
    }

    fn small(n: i128, d: i128) -> Self {
        if d > 1_000_000_000_000_000_000 {
            Self::reduced(n, d)
        } else {
            Self(Repr::Small(n, d))
        }
    }

    /// `self + other`.
    #[must_use]
    pub fn add(&self, other: &Self) -> Self {
        if let (Repr::Small(a, b), Repr::Small(c, d)) = (&self.0, &other.0) {
            if b == d {
                if let Some(n) = a.checked_add(*c) {
                    return Self::small(n, *b);
                }
            } else if let (Some(x), Some(y), Some(z)) =
                (a.checked_mul(*d), c.checked_mul(*b), b.checked_mul(*d))
                && let Some(n) = x.checked_add(y)
            {
                return Self::small(n, z);
            }
        }
        Self::shrink(self.big() + other.big())
    }

    /// `-self`.
    #[must_use]
    pub fn neg(&self) -> Self {
        match &self.0 {
            Repr::Small(n, d) if *n != i128::MIN => Self(Repr::Small(-n, *d)),
            _ => Self::shrink(-self.big()),
        }
    }

    /// `self - other`.
    #[must_use]
    pub fn sub(&self, other: &Self) -> Self {
        self.add(&other.neg())
    }

    /// `self × other`.
    #[must_use]
    pub fn mul(&self, other: &Self) -> Self {
        if let (Repr::Small(a, b), Repr::Small(c, d)) = (&self.0, &other.0)
            && let (Some(n), Some(m)) = (a.checked_mul(*c), b.checked_mul(*d))
        {
            return Self::small(n, m);
        }
        Self::shrink(self.big() * other.big())
    }

    /// `self ÷ other`, or `None` when `other` is zero.
    #[must_use]
    pub fn div(&self, other: &Self) -> Option<Self> {
        if other.is_zero() {
            return None;
        }
        if let (Repr::Small(a, b), Repr::Small(c, d)) = (&self.0, &other.0)
            && let (Some(n), Some(m)) = (a.checked_mul(*d), b.checked_mul(*c))
            && n != i128::MIN
            && m != i128::MIN
        {
            return Some(if m < 0 {
                Self::small(-n, -m)
            } else {
                Self::small(n, m)
            });
        }
        Some(Self::shrink(self.big() / other.big()))
    }

    /// Whether the value is exactly zero.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        match &self.0 {
            Repr::Small(n, _) => *n == 0,
            Repr::Big(value) => value.is_zero(),
        }
    }

    /// Whether the value is below zero.
    #[must_use]
    pub fn is_negative(&self) -> bool {
        match &self.0 {
            Repr::Small(n, _) => *n < 0,
            Repr::Big(value) => value.is_negative(),
        }
    }

    /// The value as a whole number, when it is one and fits.
    #[must_use]
    pub fn to_int(&self) -> Option<i64> {
        match &self.0 {
            Repr::Small(n, d) if n % d == 0 => i64::try_from(n / d).ok(),
            Repr::Small(..) => None,
            Repr::Big(value) if value.is_integer() => value.to_integer().to_i64(),
            Repr::Big(_) => None,
        }
    }

    /// The value rounded to a whole number of `10^-places`, as that whole number.
    fn round_units(&self, places: u8, mode: RoundingMode) -> BigInt {
        let scaled =
            self.big() * BigRational::from_integer(BigInt::from(10).pow(u32::from(places)));
        let whole = scaled.trunc().to_integer();
        let rest = (&scaled - scaled.trunc()).abs();
        let half = BigRational::new(BigInt::from(1), BigInt::from(2));
        let away = match mode {
            RoundingMode::Down => false,
            RoundingMode::Up => !rest.is_zero(),
            RoundingMode::HalfUp => rest >= half,
            RoundingMode::HalfEven => {
                rest > half || (rest == half && !(&whole % BigInt::from(2)).is_zero())
            }
        };
        match (away, scaled.is_negative()) {
            (false, _) => whole,
            (true, false) => whole + 1,
            (true, true) => whole - 1,
        }
    }

    /// The fast path of [`Self::round_units`] while everything fits in 128 bits.
    fn round_small(&self, places: u8, mode: RoundingMode) -> Option<i128> {
        let Repr::Small(n, d) = &self.0 else {
            return None;
        };
        let scaled = n.checked_mul(ten_to(u32::from(places)))?;
        let (whole, rest) = (scaled / d, (scaled % d).abs());
        let twice = rest.checked_mul(2)?;
        let away = match mode {
            RoundingMode::Down => false,
            RoundingMode::Up => rest != 0,
            RoundingMode::HalfUp => twice >= *d,
            RoundingMode::HalfEven => twice > *d || (twice == *d && whole % 2 != 0),
        };
        Some(if away { whole + scaled.signum() } else { whole })
    }

    /// Rounds to `places` decimals.
    #[must_use]
    pub fn round(&self, places: u8, mode: RoundingMode) -> Self {
        if places <= 18
            && let Some(units) = self.round_small(places, mode)
        {
            return Self(Repr::Small(units, ten_to(u32::from(places))));
        }
        Self::shrink(BigRational::new(
            self.round_units(places, mode),
            BigInt::from(10).pow(u32::from(places)),
        ))
    }

    /// The largest whole number not above the value.
    #[must_use]
    pub fn floor(&self) -> Self {
        Self::shrink(self.big().floor())
    }

    /// The smallest whole number not below the value.
    #[must_use]
    pub fn ceil(&self) -> Self {
        Self::shrink(self.big().ceil())
    }

    /// The value in minor units of a currency with `exponent` decimals; digits beyond are cut
    /// off, so round first.
    ///
    /// # Errors
    /// [`TooLarge`] when the result needs more than 64 bits.
    pub fn to_minor(&self, exponent: u8) -> Result<i64, TooLarge> {
        if let Some(units) = self.round_small(exponent, RoundingMode::Down) {
            return i64::try_from(units).map_err(|_ignored| TooLarge);
        }
        self.round_units(exponent, RoundingMode::Down)
            .to_i64()
            .ok_or(TooLarge)
    }

    /// Whether the value has at most `places` decimals.
    #[must_use]
    pub fn fits(&self, places: u8) -> bool {
        self.round(places, RoundingMode::Down) == *self
    }

    /// The exact fraction, `n/d` in lowest terms or `n` alone.
    #[must_use]
    pub fn fraction(&self) -> String {
        let Repr::Small(n, d) = &self.0 else {
            return self.big().to_string();
        };
        let Ok(common) = i128::try_from(gcd(n.unsigned_abs(), d.unsigned_abs())) else {
            return self.big().to_string();
        };
        match (n / common, d / common) {
            (whole, 1) => whole.to_string(),
            (n, d) => format!("{n}/{d}"),
        }
    }

    /// Reads what [`Self::fraction`] wrote.
    ///
    /// # Errors
    /// [`NotADecimal`] for anything else.
    pub fn from_fraction(text: &str) -> Result<Self, NotADecimal> {
        text.parse::<BigRational>()
            .map(Self::shrink)
            .map_err(|_ignored| NotADecimal(text.to_owned()))
    }
}

impl PartialEq for Exact {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Exact {}

impl PartialOrd for Exact {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Exact {
    fn cmp(&self, other: &Self) -> Ordering {
        if let (Repr::Small(a, b), Repr::Small(c, d)) = (&self.0, &other.0) {
            if b == d {
                return a.cmp(c);
            }
            if let (Some(x), Some(y)) = (a.checked_mul(*d), c.checked_mul(*b)) {
                return x.cmp(&y);
            }
        }
        self.big().cmp(&other.big())
    }
}

/// The shortest decimal when the value has one within 12 places, else the fraction with an
/// approximation, such as `73.9726… (27000/365)`.
impl fmt::Display for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exact = self.fits(12);
        let places = if exact { 12 } else { 4 };
        let digits = match self.round_small(places, RoundingMode::Down) {
            Some(units) => units.unsigned_abs().to_string(),
            None => self
                .round_units(places, RoundingMode::Down)
                .abs()
                .to_string(),
        };
        let places = usize::from(places);
        let digits = format!("{digits:0>width$}", width = places + 1);
        let (whole, part) = digits.split_at(digits.len().saturating_sub(places));
        let part = part.trim_end_matches(|c| exact && c == '0');
        let sign = if self.is_negative() { "-" } else { "" };
        write!(f, "{sign}{whole}")?;
        if !part.is_empty() {
            write!(f, ".{part}")?;
        }
        if !exact {
            write!(f, "… ({})", self.fraction())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn exact(text: &str) -> Exact {
        Exact::parse(text).unwrap()
    }

    #[test]
    fn a_division_that_a_28_digit_decimal_gets_wrong_stays_exact() {
        let years = exact("10000").mul(&exact("30")).div(&exact("365")).unwrap();
        let rebate = years.mul(&exact("0.073"));
        assert_eq!(rebate.round(2, RoundingMode::Down).to_minor(2), Ok(6000));
    }

    #[test]
    fn rounding_modes_differ_only_where_they_should() {
        for (text, even, up, down, away) in [
            ("0.125", 12, 13, 12, 13),
            ("0.135", 14, 14, 13, 14),
            ("-0.125", -12, -13, -12, -13),
            ("0.1201", 12, 12, 12, 13),
        ] {
            let minor = |mode| exact(text).round(2, mode).to_minor(2).unwrap();
            assert_eq!(minor(RoundingMode::HalfEven), even, "{text}");
            assert_eq!(minor(RoundingMode::HalfUp), up, "{text}");
            assert_eq!(minor(RoundingMode::Down), down, "{text}");
            assert_eq!(minor(RoundingMode::Up), away, "{text}");
        }
    }

    #[test]
    fn texts_that_are_not_plain_decimals_are_refused() {
        for text in [
            "",
            "-",
            ".5",
            "5.",
            "1e3",
            "1.2.3",
            "12a",
            "NaN",
            &"9".repeat(41),
        ] {
            assert!(Exact::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_value_is_shown_as_the_shortest_decimal_or_as_a_fraction() {
        assert_eq!(exact("1234.5000").to_string(), "1234.5");
        assert_eq!(exact("-0.05").to_string(), "-0.05");
        assert_eq!(Exact::ratio(1, 3).unwrap().to_string(), "0.3333… (1/3)");
    }

    proptest! {
        #[test]
        fn small_and_big_paths_agree(a in any::<i64>(), b in 1..i64::MAX, c in any::<i64>(), d in 1..i64::MAX) {
            let (x, y) = (Exact::ratio(a, b).unwrap(), Exact::ratio(c, d).unwrap());
            prop_assert_eq!(x.add(&y).big(), x.big() + y.big());
            prop_assert_eq!(x.mul(&y).big(), x.big() * y.big());
            prop_assert_eq!(x.cmp(&y), x.big().cmp(&y.big()));
            for mode in [RoundingMode::HalfEven, RoundingMode::HalfUp, RoundingMode::Down, RoundingMode::Up] {
                let slow = BigRational::new(x.round_units(2, mode), BigInt::from(100));
                prop_assert_eq!(x.round(2, mode).big(), slow);
            }
            prop_assert_eq!(Exact::from_fraction(&x.fraction()).unwrap(), x);
        }
    }
}

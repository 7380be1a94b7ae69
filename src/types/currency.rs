//! Currencies and commodities with their number of decimals.

use super::Text;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// ISO 4217 active codes with other than two decimals, and the two-decimal codes in use here.
/// Source: ISO 4217 list one.
const ISO: &[(&str, u8)] = &[
    ("AED", 2),
    ("ARS", 2),
    ("AUD", 2),
    ("BDT", 2),
    ("BGN", 2),
    ("BHD", 3),
    ("BRL", 2),
    ("CAD", 2),
    ("CHF", 2),
    ("CLP", 0),
    ("CNY", 2),
    ("COP", 2),
    ("CZK", 2),
    ("DKK", 2),
    ("EGP", 2),
    ("EUR", 2),
    ("GBP", 2),
    ("GEL", 2),
    ("HKD", 2),
    ("HUF", 2),
    ("IDR", 2),
    ("ILS", 2),
    ("INR", 2),
    ("IQD", 3),
    ("ISK", 0),
    ("JOD", 3),
    ("JPY", 0),
    ("KES", 2),
    ("KRW", 0),
    ("KWD", 3),
    ("KZT", 2),
    ("LKR", 2),
    ("LYD", 3),
    ("MAD", 2),
    ("MOP", 2),
    ("MXN", 2),
    ("MYR", 2),
    ("NGN", 2),
    ("NOK", 2),
    ("NZD", 2),
    ("OMR", 3),
    ("PEN", 2),
    ("PHP", 2),
    ("PKR", 2),
    ("PLN", 2),
    ("PYG", 0),
    ("QAR", 2),
    ("RON", 2),
    ("RSD", 2),
    ("RUB", 2),
    ("SAR", 2),
    ("SEK", 2),
    ("SGD", 2),
    ("THB", 2),
    ("TND", 3),
    ("TRY", 2),
    ("TWD", 2),
    ("UAH", 2),
    ("UGX", 0),
    ("USD", 2),
    ("UYU", 2),
    ("VND", 0),
    ("XAF", 0),
    ("XOF", 0),
    ("XPF", 0),
    ("ZAR", 2),
];

/// The currencies and commodities known to a book.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Currencies {
    registered: BTreeMap<Text, u8>,
}

impl Currencies {
    /// Decimals of a code, or `None` when nobody registered it.
    #[must_use]
    pub fn exponent(&self, code: &str) -> Option<u8> {
        ISO.iter()
            .find(|(c, _)| *c == code)
            .map(|(_, e)| *e)
            .or_else(|| self.registered.get(code).copied())
    }

    /// Every code that is known.
    pub fn codes(&self) -> impl Iterator<Item = &str> {
        ISO.iter()
            .map(|(c, _)| *c)
            .chain(self.registered.keys().map(|k| &**k))
    }

    /// Registers a commodity such as points or a coin; a second registration must agree.
    #[must_use]
    pub fn register(&mut self, code: &str, exponent: u8) -> bool {
        match self.exponent(code) {
            Some(known) => known == exponent,
            None => {
                self.registered.insert(code.into(), exponent);
                true
            }
        }
    }
}

/// `minor` units as a decimal text with all decimals, such as `1234.50`.
#[must_use]
pub fn show_minor(minor: i64, exponent: u8) -> String {
    // More than 28 decimals cannot be written; no currency has more than 12.
    Decimal::try_new(minor, u32::from(exponent))
        .map_or_else(|_| minor.to_string(), |d| d.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minor_units_are_shown_with_all_their_decimals() {
        let shown = [
            (123_450, 2),
            (-5, 2),
            (0, 2),
            (7, 0),
            (i64::MIN, 3),
            (1, 12),
        ]
        .map(|(m, e)| show_minor(m, e));
        assert_eq!(
            shown,
            [
                "1234.50",
                "-0.05",
                "0.00",
                "7",
                "-9223372036854775.808",
                "0.000000000001"
            ]
        );
    }
}

//! Numbers, amounts and times as pages show them.

use std::num::NonZeroU64;

use chrono::Offset;

use super::pages::{Moment, Window};
use crate::types::currency::show_minor;
use crate::types::{Exact, Instant, Zone};

/// The sign that a currency's amounts begin with; other codes stand behind the amount.
fn sign_of(currency: &str) -> Option<&'static str> {
    match currency {
        "CNY" => Some("¥"),
        "USD" => Some("$"),
        "EUR" => Some("€"),
        "GBP" => Some("£"),
        _ => None,
    }
}

/// What stands before the numbers of a chart's axis.
pub(super) fn symbol(currency: &str) -> String {
    sign_of(currency).map_or_else(|| format!("{currency} "), str::to_owned)
}

/// The digits of a whole number in groups of three.
fn grouped(digits: &str) -> String {
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count, such as `12,004`.
pub(super) fn count(number: impl TryInto<u64>) -> String {
    grouped(&number.try_into().unwrap_or(0).to_string())
}

/// An amount, such as `¥1,460.00`, `−¥0.05` or `8,888.00 TRIAL`.
pub(super) fn money(minor: i64, exponent: u8, currency: &str) -> String {
    let text = show_minor(minor, exponent);
    let (minus, size) = text
        .strip_prefix('-')
        .map_or(("", text.as_str()), |size| ("−", size));
    let (whole, part) = size
        .split_once('.')
        .map_or((size, String::new()), |(w, p)| (w, format!(".{p}")));
    let number = format!("{}{part}", grouped(whole));
    match sign_of(currency) {
        Some(sign) => format!("{minus}{sign}{number}"),
        None => format!("{minus}{number} {currency}"),
    }
}

/// An amount that stands as a decimal text in a stored explanation.
pub(super) fn stored_money(text: &str, exponent: u8, currency: &str) -> String {
    match Exact::parse(text)
        .ok()
        .and_then(|exact| exact.to_minor(exponent).ok())
    {
        Some(minor) => money(minor, exponent, currency),
        None => text.to_owned(),
    }
}

/// `part` of `whole` in units of which `scale` make the whole, rounded down; 0 of nothing.
pub(super) fn share(part: u64, whole: u64, scale: u64) -> u64 {
    let Some(whole) = NonZeroU64::new(whole) else {
        return 0;
    };
    let parts = u128::from(part) * u128::from(scale) / u128::from(whole.get());
    u64::try_from(parts).unwrap_or(u64::MAX)
}

/// `part` of `whole` from 0 to 1000, for a bar.
pub(super) fn per_mille(part: u64, whole: u64) -> u16 {
    u16::try_from(share(part, whole, 1_000).min(1_000)).unwrap_or(1_000)
}

/// `part` of `whole` in parts per million, for a chart.
pub(super) fn ppm(part: u64, whole: u64) -> i64 {
    i64::try_from(share(part, whole, 1_000_000)).unwrap_or(i64::MAX)
}

/// `part` of `whole` as a percentage with `decimals`, rounded half up as charts do, such as `4.13%`.
pub(super) fn percent(part: u64, whole: u64, decimals: u32) -> String {
    let unit = 10_u64.pow(decimals.min(6));
    // Twice as fine, plus one half: dividing by two then rounds half up.
    let parts = share(part, whole, 200 * unit).div_ceil(2);
    let width = usize::try_from(decimals).unwrap_or(0);
    match decimals {
        0 => format!("{parts}%"),
        _ => format!("{}.{:0width$}%", parts / unit, parts % unit),
    }
}

/// Hundredths of a percent as a percentage with one decimal.
pub(super) fn basis_points(bp: u32) -> String {
    percent(u64::from(bp), 10_000, 1)
}

/// A moment on the clock of a zone.
pub(super) fn moment(zone: Zone, at: Instant) -> Moment {
    Moment {
        local: zone.local(at).format("%Y-%m-%d %H:%M").to_string(),
        utc: at.to_string(),
    }
}

/// A day of a zone, ISO.
pub(super) fn day(zone: Zone, at: Instant) -> String {
    zone.date(at).to_string()
}

/// From when until when, by day; an open end is `…`.
pub(super) fn window(zone: Zone, from: Option<Instant>, until: Option<Instant>) -> Window {
    let open = || "…".to_owned();
    // The end is the first moment outside, so the last day is that of the moment before.
    let last = until.map(|at| day(zone, at.plus_seconds(-1)));
    Window {
        from: from.map_or_else(open, |at| day(zone, at)),
        until: last.unwrap_or_else(open),
    }
}

/// A zone as the foot of a page names it, such as `UTC+8 (Asia/Shanghai)`.
pub(super) fn zone_name(zone: Zone, at: Instant) -> String {
    let seconds = at
        .utc()
        .with_timezone(&zone.tz())
        .offset()
        .fix()
        .local_minus_utc();
    let (sign, minutes) = (
        if seconds < 0 { '-' } else { '+' },
        seconds.unsigned_abs() / 60,
    );
    let rest = match minutes % 60 {
        0 => String::new(),
        rest => format!(":{rest:02}"),
    };
    format!("UTC{sign}{}{rest} ({})", minutes / 60, zone.name())
}

/// A name that only its bearer recognises: `李*明`, `A***`.
pub(super) fn masked(name: &str) -> Option<String> {
    let letters: Vec<char> = name.trim().chars().collect();
    let (first, last) = (letters.first()?, letters.last()?);
    if first.is_ascii() {
        return Some(format!("{first}***"));
    }
    Some(match letters.len() {
        1 => format!("{first}*"),
        2 => format!("{first}*"),
        length => format!("{first}{}{last}", "*".repeat(length - 2)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_grouped_and_carry_their_sign_or_code() {
        assert_eq!(money(146_000, 2, "CNY"), "¥1,460.00");
        assert_eq!(money(-5, 2, "USD"), "−$0.05");
        assert_eq!(money(888_800, 2, "TRIAL"), "8,888.00 TRIAL");
        assert_eq!(money(1_234_567, 0, "JPY"), "1,234,567 JPY");
        assert_eq!(stored_money("73.97", 2, "CNY"), "¥73.97");
        assert_eq!(stored_money("no number", 2, "CNY"), "no number");
    }

    #[test]
    fn counts_are_grouped_from_the_right() {
        let shown = [0_u64, 7, 999, 1_000, 12_004, 1_234_567].map(count);
        assert_eq!(shown, ["0", "7", "999", "1,000", "12,004", "1,234,567"]);
        assert_eq!(count(-1_i64), "0");
    }

    #[test]
    fn shares_are_rounded_and_nothing_has_no_share() {
        assert_eq!(percent(1_992, 48_224, 2), "4.13%");
        assert_eq!(percent(1, 3, 1), "33.3%");
        assert_eq!(percent(19, 28, 2), "67.86%");
        assert_eq!(percent(1, 8, 0), "13%");
        assert_eq!(percent(1, 0, 2), "0.00%");
        assert_eq!(percent(2, 1, 0), "200%");
        assert_eq!(per_mille(2, 1), 1_000);
        assert_eq!(ppm(1, 3), 333_333);
        assert_eq!(basis_points(6_122), "61.2%");
    }

    #[test]
    fn a_window_ends_on_the_last_day_inside() {
        let zone = Zone::named("Asia/Shanghai").unwrap();
        let at = |text: &str| Some(Instant::parse(text).unwrap());
        let shown = window(
            zone,
            at("2017-06-28T00:00:00+08:00"),
            at("2017-07-01T00:00:00+08:00"),
        );
        assert_eq!(
            (shown.from.as_str(), shown.until.as_str()),
            ("2017-06-28", "2017-06-30")
        );
        assert_eq!(window(zone, None, None).until, "…");
    }

    #[test]
    fn a_zone_is_named_with_its_offset_at_that_moment() {
        let at = Instant::parse("2024-07-01T00:00:00Z").unwrap();
        let shown = |name| zone_name(Zone::named(name).unwrap(), at);
        assert_eq!(shown("Asia/Shanghai"), "UTC+8 (Asia/Shanghai)");
        assert_eq!(shown("Asia/Kolkata"), "UTC+5:30 (Asia/Kolkata)");
        assert_eq!(shown("America/New_York"), "UTC-4 (America/New_York)");
        assert_eq!(shown("UTC"), "UTC+0 (UTC)");
    }

    #[test]
    fn a_masked_name_keeps_its_ends_at_most() {
        let shown = ["李小明", "王敏", "李", "Alice Smith", " 欧阳小明 ", ""].map(masked);
        let shown: Vec<_> = shown
            .iter()
            .map(|s| s.as_deref().unwrap_or("none"))
            .collect();
        assert_eq!(shown, ["李*明", "王*", "李*", "A***", "欧**明", "none"]);
    }
}

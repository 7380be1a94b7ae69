//! Instants, calendar spans and zones.

use chrono::{
    DateTime, Datelike, Days, Duration, LocalResult, Months, NaiveDate, NaiveDateTime, TimeZone,
    Utc,
};
use chrono_tz::Tz;
use std::fmt;

/// A moment in microseconds since 1970-01-01T00:00:00Z: the precision both databases keep.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct Instant(i64);

/// A text that is not an instant with an offset.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not an instant: write RFC 3339 with an offset, such as 2017-06-28T09:00:00+08:00"
)]
pub struct NotAnInstant(pub String);

impl Instant {
    /// The moment `micros` microseconds after 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// The instant of a chrono time; digits below a microsecond are cut off.
    #[must_use]
    pub fn from_utc(at: DateTime<Utc>) -> Self {
        Self(at.timestamp_micros())
    }

    /// The same moment as a chrono time in UTC.
    #[must_use]
    pub fn utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0).unwrap_or(DateTime::UNIX_EPOCH)
    }

    /// Reads RFC 3339 with an offset.
    ///
    /// # Errors
    /// [`NotAnInstant`] for anything else, and for years outside 1900 to 2999.
    pub fn parse(text: &str) -> Result<Self, NotAnInstant> {
        let bad = || NotAnInstant(text.chars().take(60).collect());
        let at = DateTime::parse_from_rfc3339(text).map_err(|_ignored| bad())?;
        if !(1900..3000).contains(&at.year()) {
            return Err(bad());
        }
        Ok(Self::from_utc(at.with_timezone(&Utc)))
    }

    /// This moment plus `seconds`, saturating at the ends of time.
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1_000_000)))
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}",
            self.utc()
                .to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)
        )
    }
}

/// A calendar distance: months and days keep the wall clock of the zone, microseconds do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Span {
    /// Calendar months.
    pub months: i32,
    /// Calendar days.
    pub days: i32,
    /// Microseconds.
    pub micros: i64,
}

/// A zone of the IANA database: what "day" and "month" mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Zone(Tz);

impl Zone {
    /// Coordinated universal time.
    pub const UTC: Self = Self(Tz::UTC);

    /// The zone of an IANA name such as `Asia/Shanghai`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        name.parse().ok().map(Self)
    }

    /// The chrono zone.
    #[must_use]
    pub const fn tz(self) -> Tz {
        self.0
    }

    /// The IANA name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// The wall clock of the zone at `at`.
    #[must_use]
    pub fn local(self, at: Instant) -> NaiveDateTime {
        at.utc().with_timezone(&self.0).naive_local()
    }

    /// The day that `at` belongs to.
    #[must_use]
    pub fn date(self, at: Instant) -> NaiveDate {
        self.local(at).date()
    }

    /// The moment of a wall clock reading; the earlier one where a clock change repeats it,
    /// the first existing one where a clock change skips it.
    #[must_use]
    pub fn at(self, local: NaiveDateTime) -> Instant {
        let mut candidate = local;
        for _quarter in 0..16 {
            match self.0.from_local_datetime(&candidate) {
                LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => {
                    return Instant::from_utc(at.with_timezone(&Utc));
                }
                LocalResult::None => candidate += Duration::minutes(15),
            }
        }
        Instant::from_utc(local.and_utc())
    }

    /// The first moment of a day.
    #[must_use]
    pub fn start_of_day(self, date: NaiveDate) -> Instant {
        self.at(date.and_time(chrono::NaiveTime::MIN))
    }

    /// `at` plus a calendar span; a day that a month does not have becomes its last.
    #[must_use]
    pub fn add(self, at: Instant, span: Span) -> Instant {
        let moved = if span.months == 0 && span.days == 0 {
            at
        } else {
            self.at(shift(self.local(at), span.months, span.days))
        };
        Instant(moved.0.saturating_add(span.micros))
    }

    /// RFC 3339 with the zone's offset, for people.
    #[must_use]
    pub fn show(self, at: Instant) -> String {
        at.utc()
            .with_timezone(&self.0)
            .to_rfc3339_opts(chrono::SecondsFormat::Secs, false)
    }
}

fn shift(local: NaiveDateTime, months: i32, days: i32) -> NaiveDateTime {
    let by_months = Months::new(months.unsigned_abs());
    let moved = if months >= 0 {
        local.checked_add_months(by_months)
    } else {
        local.checked_sub_months(by_months)
    };
    let moved = moved.unwrap_or(local);
    let by_days = Days::new(u64::from(days.unsigned_abs()));
    let moved_days = if days >= 0 {
        moved.checked_add_days(by_days)
    } else {
        moved.checked_sub_days(by_days)
    };
    moved_days.unwrap_or(moved)
}

/// The day `day` of the month of `date`, or the month's last when it has fewer.
#[must_use]
pub fn day_of_month(date: NaiveDate, day: u32) -> NaiveDate {
    (1..=day.clamp(1, 31))
        .rev()
        .find_map(|d| date.with_day(d))
        .unwrap_or(date)
}

/// The first day of the month after the month of `date`.
#[must_use]
pub fn next_month(date: NaiveDate) -> NaiveDate {
    day_of_month(date, 1)
        .checked_add_months(Months::new(1))
        .unwrap_or(date)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calendar_days_keep_the_wall_clock_over_a_clock_change() {
        let zone = Zone::named("Europe/Berlin").unwrap();
        let before = Instant::parse("2024-03-30T10:00:00+01:00").unwrap();
        let after = zone.add(
            before,
            Span {
                days: 1,
                ..Span::default()
            },
        );
        assert_eq!(after, Instant::parse("2024-03-31T10:00:00+02:00").unwrap());
        let hours = zone.add(
            before,
            Span {
                micros: 24 * 3_600_000_000,
                ..Span::default()
            },
        );
        assert_eq!(hours, Instant::parse("2024-03-31T11:00:00+02:00").unwrap());
    }

    #[test]
    fn a_month_after_the_31st_is_the_last_of_the_month() {
        let zone = Zone::named("Asia/Shanghai").unwrap();
        let at = Instant::parse("2024-01-31T10:00:00+08:00").unwrap();
        assert_eq!(
            zone.show(zone.add(
                at,
                Span {
                    months: 1,
                    ..Span::default()
                }
            )),
            "2024-02-29T10:00:00+08:00"
        );
    }

    #[test]
    fn an_instant_without_an_offset_is_refused() {
        assert!(Instant::parse("2024-01-31T10:00:00").is_err());
    }
}

//! Five-field crontabs in a time zone.
//!
//! The search through the calendar is done by the `cron` crate; this module keeps its readers from
//! everything in which that crate differs from a crontab. It reads the fields itself (Sunday is 0
//! or 7, a range may run past Sunday, there are no seconds and no years), gives the crate nothing
//! but lists of numbers, joins day of month and day of week as crontab does, and lets the crate see
//! the wall clock only, so that the change of clocks is decided here:
//!
//! - A clock set back: a time shown twice is due twice, in the order in which it comes.
//! - A clock set forward: a time that is skipped is due once, at the first moment after the skip.
//!   When every hour is asked for, skipped times are dropped, for the next hour is near.
//!
//! These are the rules of croniter, whose answers are the test vectors. The crate `croner` counts
//! as crontab does, but leaves out a list of times in a skipped hour, and takes a name in any field
//! and an empty place in a list without complaint.

use chrono::{DateTime, Datelike, LocalResult, NaiveDateTime, TimeZone, Utc};
use chrono_tz::{GapInfo, Tz};
use cron::Schedule;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// The years the calendar of the `cron` crate holds.
const YEARS: RangeInclusive<i32> = 1970..=2100;

/// Why a text is not a crontab.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CrontabError {
    /// Too few or too many fields.
    #[error(
        "`{expression}` has {found} fields; a crontab has five: minute, hour, day of month, month \
         and day of week, such as `0 9 * * 1-5`"
    )]
    FieldCount {
        /// The whole text.
        expression: String,
        /// How many fields it has.
        found: usize,
    },
    /// A field holds something else than its values.
    #[error(
        "the {field} holds `{found}`; write {allowed}, a range of two of them such as `a-b`, `*` \
         for all, or a list of these separated by commas"
    )]
    Value {
        /// The field.
        field: &'static str,
        /// The part that is not understood.
        found: String,
        /// The values of the field.
        allowed: &'static str,
    },
    /// A step that is no number or leaves the field.
    #[error("the {field} has the step `{found}`; a step is a number from 1 to {largest}")]
    Step {
        /// The field.
        field: &'static str,
        /// The step.
        found: String,
        /// The largest step of the field.
        largest: u32,
    },
    /// No day fits, such as the 30th of February.
    #[error("`{expression}` is never due, for no month it names has such a day")]
    NeverDue {
        /// The whole text.
        expression: String,
    },
    /// The calendar refuses lists of numbers that this module has checked; a defect of the program.
    #[error("the calendar refuses `{expression}`: {reason}")]
    Calendar {
        /// The whole text.
        expression: String,
        /// What the calendar says.
        reason: String,
    },
}

/// What a field may hold.
struct Field {
    name: &'static str,
    allowed: &'static str,
    values: RangeInclusive<u32>,
    /// How many values there are before they begin again: seven days of the week, though Sunday may
    /// be written 0 or 7.
    cycle: u32,
    /// Names that stand for the values, from the first on.
    names: &'static [&'static str],
}

const MINUTE: Field = Field::new("minute", "a number from 0 to 59", 0..=59, 60, &[]);
const HOUR: Field = Field::new("hour", "a number from 0 to 23", 0..=23, 24, &[]);
const DAY_OF_MONTH: Field = Field::new("day of month", "a number from 1 to 31", 1..=31, 31, &[]);
const MONTH: Field = Field::new(
    "month",
    "a number from 1 to 12 or a name from JAN to DEC",
    1..=12,
    12,
    &[
        "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
    ],
);
const DAY_OF_WEEK: Field = Field::new(
    "day of week",
    "a number from 0 to 7 (Sunday is 0 or 7) or a name from SUN to SAT",
    0..=7,
    7,
    &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
);

impl Field {
    const fn new(
        name: &'static str,
        allowed: &'static str,
        values: RangeInclusive<u32>,
        cycle: u32,
        names: &'static [&'static str],
    ) -> Self {
        Self {
            name,
            allowed,
            values,
            cycle,
            names,
        }
    }

    /// All values that `text` stands for.
    fn values(&self, text: &str) -> Result<BTreeSet<u32>, CrontabError> {
        let first = *self.values.start();
        let end = first + self.cycle - 1;
        let mut values = BTreeSet::new();
        for item in text.split(',') {
            let (range, step) = match item.split_once('/') {
                Some((range, step)) => (range, Some(self.step(step)?)),
                None => (item, None),
            };
            let (low, high) = match range.split_once('-') {
                Some((low, high)) => (self.value(low)?, self.value(high)?),
                None if range == "*" => (first, end),
                None if step.is_some() => (self.value(range)?, end),
                None => (self.value(range)?, self.value(range)?),
            };
            // A range that ends before it starts runs over the end, as FRI-MON does.
            let high = if high < low { high + self.cycle } else { high };
            let steps = (low..=high).step_by(step.unwrap_or(1));
            values.extend(steps.map(|value| first + (value - first) % self.cycle));
        }
        Ok(values)
    }

    /// The value of one number or name.
    fn value(&self, text: &str) -> Result<u32, CrontabError> {
        let mut named = self.names.iter().zip(*self.values.start()..);
        named
            .find(|(name, _)| name.eq_ignore_ascii_case(text))
            .map(|(_, value)| value)
            .or_else(|| number(text))
            .filter(|value| self.values.contains(value))
            .ok_or_else(|| CrontabError::Value {
                field: self.name,
                found: text.to_owned(),
                allowed: self.allowed,
            })
    }

    /// The width of a step.
    fn step(&self, text: &str) -> Result<usize, CrontabError> {
        number(text)
            .filter(|step| (1..=self.cycle).contains(step))
            .and_then(|step| usize::try_from(step).ok())
            .ok_or_else(|| CrontabError::Step {
                field: self.name,
                found: text.to_owned(),
                largest: self.cycle,
            })
    }
}

/// A number written in digits alone, which the parser of the standard library does not insist on.
fn number(text: &str) -> Option<u32> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

/// When something is due, by the wall clock of a time zone.
#[derive(Clone, Debug)]
pub struct Crontab {
    zone: Tz,
    /// The wall clock times that are due: those of any of the schedules.
    schedules: Vec<Schedule>,
    every_hour: bool,
}

impl Crontab {
    /// Reads the five fields minute, hour, day of month, month and day of week.
    ///
    /// When both day fields are restricted (hold no `*` of their own), either of them suffices, as
    /// in every crontab.
    ///
    /// # Errors
    /// [`CrontabError`] says which field holds what, and what it may hold; an expression that is
    /// never due is an error too.
    pub fn parse(expression: &str, zone: Tz) -> Result<Self, CrontabError> {
        let fields: Vec<&str> = expression.split_whitespace().collect();
        let &[minute, hour, day, month, weekday] = fields.as_slice() else {
            return Err(CrontabError::FieldCount {
                expression: expression.to_owned(),
                found: fields.len(),
            });
        };
        let minutes = list(MINUTE.values(minute)?);
        let hours = HOUR.values(hour)?;
        let every_hour = hours.len() == 24;
        let hours = list(hours);
        let days = list(DAY_OF_MONTH.values(day)?);
        let months = list(MONTH.values(month)?);
        // The crate counts the days of the week from 1, which is Sunday.
        let weekdays = list(DAY_OF_WEEK.values(weekday)?.into_iter().map(|d| d + 1));
        let restricted = |field: &str| !field.split(',').any(|item| item == "*");
        let day_pairs = if restricted(day) && restricted(weekday) {
            vec![(days.as_str(), "*"), ("*", weekdays.as_str())]
        } else {
            vec![(days.as_str(), weekdays.as_str())]
        };
        let schedules = day_pairs
            .into_iter()
            .map(|(days, weekdays)| {
                Schedule::from_str(&format!("0 {minutes} {hours} {days} {months} {weekdays}"))
            })
            .collect::<Result<_, _>>()
            .map_err(|error| CrontabError::Calendar {
                expression: expression.to_owned(),
                reason: error.to_string(),
            })?;
        let crontab = Self {
            zone,
            schedules,
            every_hour,
        };
        if crontab
            .wall_after(DateTime::UNIX_EPOCH.naive_utc())
            .is_none()
        {
            return Err(CrontabError::NeverDue {
                expression: expression.to_owned(),
            });
        }
        Ok(crontab)
    }

    /// The first moment after `instant` at which the crontab is due.
    ///
    /// `None` outside the years 1970 to 2100, which are all that the calendar knows.
    #[must_use]
    pub fn next_after(&self, instant: DateTime<Utc>) -> Option<DateTime<Utc>> {
        if !YEARS.contains(&instant.year()) {
            return None;
        }
        let wall = instant.with_timezone(&self.zone).naive_local();
        // While a clock that was set back shows a time for the first or the second time, the times
        // before it are shown again too, so the search begins that much earlier.
        let mut due_wall = match self.zone.from_local_datetime(&wall) {
            LocalResult::Ambiguous(first, second) => wall - (second - first),
            LocalResult::Single(_) | LocalResult::None => wall,
        };
        let mut soonest: Option<DateTime<Utc>> = None;
        loop {
            let Some(next) = self.wall_after(due_wall) else {
                return soonest;
            };
            due_wall = next;
            let due = self.due_at(due_wall, instant);
            soonest = soonest.into_iter().chain(due).min();
            if due_wall > wall && due.is_some() {
                return soonest;
            }
        }
    }

    /// The first due time of the wall clock after `wall`.
    fn wall_after(&self, wall: NaiveDateTime) -> Option<NaiveDateTime> {
        // The crate is given the wall clock as if it were universal time, which has no changes.
        let after = wall.and_utc();
        let nexts = self
            .schedules
            .iter()
            .filter_map(|schedule| schedule.after(&after).next());
        nexts.map(|next| next.naive_utc()).min()
    }

    /// The first moment after `instant` at which the clock shows `wall` or skips it.
    fn due_at(&self, wall: NaiveDateTime, instant: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let due = match self.zone.from_local_datetime(&wall) {
            LocalResult::Single(only) => Some(only),
            LocalResult::Ambiguous(first, second) => {
                Some(if first > instant { first } else { second })
            }
            LocalResult::None if self.every_hour => None,
            LocalResult::None => GapInfo::new(&wall, &self.zone).and_then(|gap| gap.end),
        };
        due.map(|due| due.to_utc()).filter(|due| *due > instant)
    }
}

/// Numbers separated by commas.
fn list(values: impl IntoIterator<Item = u32>) -> String {
    let numbers: Vec<String> = values.into_iter().map(|value| value.to_string()).collect();
    numbers.join(",")
}

#[cfg(test)]
mod tests;

//! Working days: weekends, holidays and extra working days, from a data file.

use super::error::{Problem, RuleError};
use chrono::{Datelike, NaiveDate, Weekday};
use serde::Deserialize;
use std::collections::BTreeSet;

/// Which days are working days.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calendar {
    holidays: BTreeSet<NaiveDate>,
    workdays: BTreeSet<NaiveDate>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CalendarFile {
    #[serde(default)]
    holidays: Vec<toml::value::Datetime>,
    #[serde(default)]
    workdays: Vec<toml::value::Datetime>,
}

impl Calendar {
    /// Reads a calendar file: `holidays = [2018-05-01]`, `workdays = [2018-04-28]`.
    ///
    /// # Errors
    /// [`RuleError`] for anything else.
    pub fn load(file: &str, text: &str) -> Result<Self, RuleError> {
        let parsed: CalendarFile = toml::from_str(text).map_err(|e| {
            RuleError::locate(
                file,
                text,
                Problem::new(e.span().unwrap_or(0..1), e.message()),
            )
        })?;
        let days = |list: Vec<toml::value::Datetime>| -> Result<BTreeSet<NaiveDate>, RuleError> {
            list.into_iter()
                .map(|d| {
                    d.to_string()
                        .parse()
                        .map_err(|_ignored: chrono::ParseError| {
                            RuleError::locate(
                                file,
                                text,
                                Problem::new(
                                    0..1,
                                    format!("`{d}` is not a plain day such as 2018-05-01"),
                                ),
                            )
                        })
                })
                .collect()
        };
        Ok(Self {
            holidays: days(parsed.holidays)?,
            workdays: days(parsed.workdays)?,
        })
    }

    /// Whether people work on `day`.
    #[must_use]
    pub fn is_working(&self, day: NaiveDate) -> bool {
        if self.workdays.contains(&day) {
            return true;
        }
        !matches!(day.weekday(), Weekday::Sat | Weekday::Sun) && !self.holidays.contains(&day)
    }

    /// The working day `n` working days after `day`.
    #[must_use]
    pub fn add(&self, day: NaiveDate, n: u32) -> NaiveDate {
        let mut day = day;
        let mut left = n;
        while left > 0 {
            let Some(next) = day.succ_opt() else {
                return day;
            };
            day = next;
            left -= u32::from(self.is_working(day));
        }
        day
    }

    /// The last working day of the month of `day`.
    #[must_use]
    pub fn last_working(&self, day: NaiveDate) -> NaiveDate {
        let mut last = crate::types::time::day_of_month(day, 31);
        while !self.is_working(last) {
            match last.pred_opt() {
                Some(earlier) => last = earlier,
                None => return last,
            }
        }
        last
    }
}

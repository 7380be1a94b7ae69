//! Times as people write them in files. Pure.

use chrono::{NaiveDate, NaiveDateTime};
use vouchsafe::types::{Instant, Zone};

/// Wall clock forms that are understood, besides RFC 3339 and a plain day.
const FORMS: [&str; 4] = [
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%d %H:%M",
];

/// A time as RFC 3339 with an offset. A wall clock reading or a plain day is read in `zone`; any other
/// text stays as it is, for the intake to refuse.
pub(super) fn with_offset(text: &str, zone: Zone) -> String {
    if Instant::parse(text).is_ok() {
        return text.to_owned();
    }
    let wall = FORMS
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    let day = || {
        text.parse::<NaiveDate>()
            .ok()
            .map(|day| zone.start_of_day(day))
    };
    wall.map(|wall| zone.at(wall))
        .or_else(day)
        .map_or_else(|| text.to_owned(), |at| at.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_without_an_offset_is_read_in_the_zone_and_nonsense_is_left_alone() {
        let shanghai = Zone::named("Asia/Shanghai").unwrap();
        for (text, read) in [
            ("2017-06-28", "2017-06-27T16:00:00Z"),
            ("2017-06-28 09:00", "2017-06-28T01:00:00Z"),
            ("2017-06-28T09:00:00.25", "2017-06-28T01:00:00.250Z"),
            ("2017-06-28T09:00:00+00:00", "2017-06-28T09:00:00+00:00"),
            ("28.6.2017", "28.6.2017"),
        ] {
            assert_eq!(with_offset(text, shanghai), read);
        }
    }
}

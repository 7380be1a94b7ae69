//! Small parts of a rule file: ids, zones, windows, rounding, budgets, tables.

use super::reader::{Fields, Item, choice, instant, list, number, text, whole};
use crate::rules::error::Problem;
use crate::rules::program::{Budget, Round, TierTable};
use crate::types::{Exact, RoundingMode, Text, Zone};

/// The version of the language, which must be 1.
pub(super) fn schema(head: &mut Fields<'_>) -> Result<(), Problem> {
    let schema = head.need("schema")?;
    if whole(schema, 1_000)? != 1 {
        return Err(Problem::new(schema.span(), "only `schema = 1` is known"));
    }
    Ok(())
}

pub(super) fn identifier(item: Item<'_>) -> Result<Text, Problem> {
    let word = text(item)?;
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    if word.is_empty() || word.len() > 80 || !word.chars().all(fits) {
        return Err(Problem::new(
            item.span(),
            "an id is 1 to 80 of a-z, 0-9, `-` and `_`",
        ));
    }
    Ok(word.into())
}

pub(super) fn zone(item: Item<'_>) -> Result<Zone, Problem> {
    let name = text(item)?;
    Zone::named(name).ok_or_else(|| {
        Problem::new(
            item.span(),
            format!("`{name}` is not a zone of the IANA database"),
        )
        .help("such as `Asia/Shanghai`")
    })
}

pub(super) type Ends = (Option<crate::types::Instant>, Option<crate::types::Instant>);

pub(super) fn window(head: &mut Fields<'_>) -> Result<Ends, Problem> {
    let Some(item) = head.take("window") else {
        return Ok((None, None));
    };
    let mut table = Fields::of("`window`", item)?;
    let from = table.take("from").map(instant).transpose()?;
    let until = table.take("until").map(instant).transpose()?;
    table.finish()?;
    if let (Some(a), Some(b)) = (from, until)
        && a >= b
    {
        return Err(Problem::new(
            item.span(),
            "the window ends before it begins",
        ));
    }
    Ok((from, until))
}

/// Reads `{ to = 2, mode = "half_even" }`.
pub(crate) fn round(item: Item<'_>) -> Result<Round, Problem> {
    let mut table = Fields::of("`round`", item)?;
    let places = u8::try_from(whole(table.need("to")?, 12)?).unwrap_or(2);
    let mode = choice(
        table.need("mode")?,
        &[
            ("half_even", RoundingMode::HalfEven),
            ("half_up", RoundingMode::HalfUp),
            ("down", RoundingMode::Down),
            ("up", RoundingMode::Up),
        ],
    )?;
    table.finish()?;
    Ok(Round { places, mode })
}

pub(super) fn budget(item: Item<'_>, exponent: u8) -> Result<Budget, Problem> {
    let mut table = Fields::of("`budget`", item)?;
    let total = table.need("total")?;
    let total_minor = minor(total, exponent)?;
    let reduce = table.take("on_exhausted").map_or(Ok(false), |i| {
        choice(i, &[("refuse", false), ("reduce", true)])
    })?;
    table.finish()?;
    Ok(Budget {
        total_minor,
        reduce,
    })
}

/// An amount in minor units, refused when it has more decimals than its currency.
pub(crate) fn minor(item: Item<'_>, exponent: u8) -> Result<i64, Problem> {
    let amount = number(item)?;
    if amount.is_negative() || !amount.fits(exponent) {
        return Err(Problem::new(
            item.span(),
            format!("an amount of at least 0 with at most {exponent} decimals is expected"),
        ));
    }
    amount
        .to_minor(exponent)
        .map_err(|e| Problem::new(item.span(), e.to_string()))
}

pub(super) fn tier_table(name: &str, item: Item<'_>) -> Result<TierTable, Problem> {
    let mut table = Fields::of(format!("table `{name}`"), item)?;
    let until = table.take("until").map(number).transpose()?;
    let mut rows: Vec<(Exact, Exact)> = Vec::new();
    let mut words: Vec<(Text, Exact)> = Vec::new();
    let list_item = table.need("rows")?;
    for row in list(list_item)? {
        let mut fields = Fields::of("a row", row)?;
        if let Some(word) = fields.text("is")? {
            let value = number(fields.need("value")?)?;
            fields.finish()?;
            if words.iter().any(|(w, _)| &**w == word) {
                return Err(Problem::new(
                    row.span(),
                    format!("two rows are for `{word}`"),
                ));
            }
            words.push((word.into(), value));
            continue;
        }
        let from = number(fields.need("from")?)?;
        let value = number(fields.need("value")?)?;
        fields.finish()?;
        if rows.last().is_some_and(|(last, _)| *last >= from) {
            return Err(Problem::new(
                row.span(),
                "each row must begin above the one before it",
            ));
        }
        rows.push((from, value));
    }
    table.finish()?;
    if !words.is_empty() && (!rows.is_empty() || until.is_some()) {
        return Err(Problem::new(
            list_item.span(),
            "a table is looked up by words (`is`) or by numbers (`from`, `until`), not by both",
        ));
    }
    match (rows.last(), &until) {
        (None, _) if !words.is_empty() => Ok(TierTable {
            name: name.into(),
            rows,
            until,
            words,
        }),
        (None, _) => Err(Problem::new(
            list_item.span(),
            "a table needs at least one row",
        )),
        (Some((last, _)), Some(end)) if end <= last => Err(Problem::new(
            list_item.span(),
            "`until` ends the table before its last row",
        )),
        _ => Ok(TierTable {
            name: name.into(),
            rows,
            until,
            words,
        }),
    }
}

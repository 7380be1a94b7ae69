//! Reads the payments of a rule.

use super::parts::{identifier, round};
use super::reader::{Fields, Item, choice, number, text, texts, whole};
use super::{Place, Reader, is_amount};
use crate::rules::error::{Problem, suggest};
use crate::rules::expr::Type;
use crate::rules::program::{
    Beneficiary, Limit, LimitPer, Mode, Pay, PayAmount, PayCurrency, Per, Period, Round,
};
use crate::types::Text;
use std::ops::Range;

/// How finance classes a reward.
const FORMS: [(&str, &str); 6] = [
    ("fixed", "fixed"),
    ("rebate", "rebate"),
    ("commission", "commission"),
    ("experience_fund", "experience_fund"),
    ("milestone", "milestone"),
    ("other", "other"),
];

/// What payments of one slot agree on.
pub(super) type Terms = (Mode, PayCurrency, Round);

/// Most payments that one list of `amounts` stands for.
const AMOUNTS_MAX: usize = 50;

const PERIODS: [(&str, Period); 5] = [
    ("day", Period::Day),
    ("week", Period::Week),
    ("month", Period::Month),
    ("year", Period::Year),
    ("lifetime", Period::Lifetime),
];

impl<'a> Reader<'a> {
    /// Reads a payment; a list of `amounts` makes as many payments that are equal otherwise.
    pub(super) fn pay(
        &mut self,
        item: Item<'a>,
        rule: Place<'_>,
        currency: &Text,
    ) -> Result<Vec<Pay>, Problem> {
        let mut table = Fields::of("a payment", item)?;
        let place = Place { who: true, ..rule };
        let reward = Place {
            reward: true,
            // What happens to a reward later knows no period.
            period: false,
            group: None,
            ..place
        };
        let to = texts(table.need("to")?)?
            .into_iter()
            .map(beneficiary)
            .collect::<Result<Vec<_>, _>>()?;
        let form = table
            .take("form")
            .map_or(Ok("other"), |i| choice(i, &FORMS))?
            .into();
        let kind: Text = table.text("kind")?.unwrap_or("cash").into();
        let (amount, more) = self.amounts(&mut table, place, item.span())?;
        let currency = self.pay_currency(&mut table, place, currency)?;
        let require = self.requires(table.take("require"), place)?;
        let own_round = table.take("round").map(round).transpose()?;
        let round = self.rounding(own_round, &amount, item.span())?;
        let cap = self.optional(table.take("cap"), place, is_amount, "an amount")?;
        let per = self.per(table.take("per"), place)?;
        let mode = mode(&mut table)?;
        let slot = table.take("slot").map(identifier).transpose()?;
        let limits = self.limits(table.take("limit"), place)?;
        let beyond = table.take("beyond").map_or(Ok(false), |i| {
            choice(i, &[("refuse", true), ("ignore", false)])
        })?;
        let release = self.release(table.take("release"), reward)?;
        let cancel = self.ending("`cancel`", table.take("cancel"), reward)?;
        let clawback = self.ending("`clawback`", table.take("clawback"), reward)?;
        let expire = self.expire(table.take("expire"), reward)?;
        let fund = table
            .take("fund")
            .map(|i| self.fund(i, reward))
            .transpose()?;
        table.finish()?;
        let first = Pay {
            to,
            form,
            kind,
            slot,
            amount,
            currency,
            require,
            round,
            cap,
            per,
            mode,
            limits,
            beyond,
            release,
            cancel,
            clawback,
            expire,
            fund,
        };
        self.consistent(&first, item.span())?;
        let more = more.into_iter().map(|amount| Pay {
            amount,
            ..first.clone()
        });
        let more: Vec<Pay> = more.collect();
        Ok(std::iter::once(first).chain(more).collect())
    }

    /// What no single key of a payment shows.
    fn consistent(&mut self, pay: &Pay, span: Range<usize>) -> Result<(), Problem> {
        if pay.mode != Mode::Once && !pay.limits.is_empty() {
            return Err(
                Problem::new(span, "`limit` works with `mode = \"once\"` only")
                    .help("cap the sum with `cap`"),
            );
        }
        let Some(slot) = &pay.slot else { return Ok(()) };
        // Payments that feed one reward must agree on what it is made of.
        let terms = (pay.mode, pay.currency.clone(), pay.round);
        if *self.slots.entry(slot.clone()).or_insert(terms.clone()) == terms {
            return Ok(());
        }
        Err(Problem::new(
            span,
            format!("payments of the slot `{slot}` need the same `mode`, currency and `round`"),
        ))
    }

    /// One amount, or the first of a list and the others.
    fn amounts(
        &self,
        table: &mut Fields<'a>,
        place: Place<'_>,
        span: Range<usize>,
    ) -> Result<(PayAmount, Vec<PayAmount>), Problem> {
        let Some(item) = table.take("amounts") else {
            return Ok((self.amount(table, place, span)?, Vec::new()));
        };
        let otherwise: Option<Text> = table.text("else")?.map(Into::into);
        let mut amounts = Vec::new();
        for entry in super::list(item)? {
            let formula = self.formula(entry, place, is_amount, "an amount")?;
            amounts.push(PayAmount::Amount(formula, otherwise.clone()));
        }
        if amounts.is_empty() || amounts.len() > AMOUNTS_MAX {
            return Err(Problem::new(
                item.span(),
                format!("`amounts` lists 1 to {AMOUNTS_MAX} amounts"),
            ));
        }
        let first = amounts.remove(0);
        Ok((first, amounts))
    }

    fn amount(
        &self,
        table: &mut Fields<'a>,
        place: Place<'_>,
        span: Range<usize>,
    ) -> Result<PayAmount, Problem> {
        match (
            table.take("amount"),
            table.take("refuse"),
            table.text("else")?,
        ) {
            (Some(item), None, otherwise) => Ok(PayAmount::Amount(
                self.formula(item, place, is_amount, "an amount")?,
                otherwise.map(Into::into),
            )),
            (None, Some(item), None) => Ok(PayAmount::Refuse(text(item)?.into())),
            (Some(_), Some(item), _) => Err(Problem::new(
                item.span(),
                "a payment has either `amount` or `refuse`",
            )),
            (None, ..) => Err(Problem::new(span, "a payment needs `amount` (or `refuse`)")),
        }
    }

    fn pay_currency(
        &self,
        table: &mut Fields<'a>,
        place: Place<'_>,
        default: &Text,
    ) -> Result<PayCurrency, Problem> {
        match (table.take("currency"), table.take("currency_of")) {
            (None, None) => Ok(PayCurrency::Code(default.clone())),
            (Some(item), None) => Ok(PayCurrency::Code(self.currency(item)?)),
            (None, Some(item)) => Ok(PayCurrency::Of(self.formula(
                item,
                place,
                |t| t == Type::Text,
                "a text",
            )?)),
            (Some(_), Some(item)) => Err(Problem::new(
                item.span(),
                "a payment has either `currency` or `currency_of`",
            )),
        }
    }

    fn rounding(
        &self,
        own: Option<Round>,
        amount: &PayAmount,
        span: Range<usize>,
    ) -> Result<Round, Problem> {
        match (own.or(self.round), amount) {
            (Some(round), _) => Ok(round),
            (None, PayAmount::Refuse(_)) => Ok(Round { places: 0, mode: crate::types::RoundingMode::Down }),
            (None, PayAmount::Amount(..)) => Err(Problem::new(span, "how is this amount rounded?")
                .help("write `round = { to = 2, mode = \"half_even\" }` here or at the head of the file")),
        }
    }

    pub(super) fn per(
        &self,
        item: Option<Item<'a>>,
        place: Place<'_>,
    ) -> Result<Vec<Per>, Problem> {
        let Some(item) = item else {
            return Ok(vec![if place.item.is_some() && place.group.is_none() {
                Per::Item
            } else {
                Per::Fact
            }]);
        };
        super::list(item)?
            .into_iter()
            .map(|entry| {
                let word = text(entry)?;
                Ok(match word {
                    "fact" => Per::Fact,
                    "item" if place.item.is_some() => Per::Item,
                    "friend" | "member" => Per::Friend,
                    "referrer" => Per::Upline(1),
                    "level2" => Per::Upline(2),
                    "currency" => Per::Currency,
                    _ => match PERIODS.iter().find(|(w, _)| *w == word) {
                        Some((_, period)) => Per::Period(*period),
                        None if word.contains('.') || word.contains('(') => {
                            Per::Value(self.formula(entry, place, |_| true, "a value")?)
                        }
                        None => {
                            let known = [
                                "fact", "item", "friend", "referrer", "level2", "day", "week",
                                "month", "year", "currency", "lifetime",
                            ];
                            return Err(Problem::new(
                                entry.span(),
                                format!("a reward cannot stand for `{word}`"),
                            )
                            .help(suggest(word, known)));
                        }
                    },
                })
            })
            .collect()
    }

    /// Whose a limit is: a word, or a list of words and expressions.
    fn limit_per(&self, item: Item<'a>, place: Place<'_>) -> Result<Vec<LimitPer>, Problem> {
        let entries = match item.get_ref().as_str() {
            Some(_) => vec![item],
            None => super::list(item)?.into_iter().collect(),
        };
        let words = [
            ("who", LimitPer::Who),
            ("friend", LimitPer::Friend),
            ("pair", LimitPer::Pair),
            ("program", LimitPer::Program),
        ];
        let mut per = Vec::new();
        for entry in entries {
            let word = text(entry)?;
            per.push(if word.contains(['.', '(']) {
                LimitPer::Value(self.formula(entry, place, |_| true, "a value")?)
            } else {
                choice(entry, &words)?
            });
        }
        if per.is_empty() {
            return Err(Problem::new(item.span(), "whose limit is this?"));
        }
        Ok(per)
    }

    fn limits(&self, item: Option<Item<'a>>, place: Place<'_>) -> Result<Vec<Limit>, Problem> {
        let Some(item) = item else {
            return Ok(Vec::new());
        };
        super::list(item)?
            .into_iter()
            .map(|entry| {
                let mut table = Fields::of("a limit", entry)?;
                let per = self.limit_per(table.need("per")?, place)?;
                let period = choice(table.need("period")?, &PERIODS)?;
                let count = table
                    .take("count")
                    .map(|i| whole(i, 1_000_000_000))
                    .transpose()?;
                let amount = table.take("amount").map(number).transpose()?;
                let cut = table
                    .take("excess")
                    .map_or(Ok(true), |i| choice(i, &[("cut", true), ("refuse", false)]))?;
                let used = self.optional(
                    table.take("used"),
                    place,
                    |t| matches!(t, Type::Num(_)),
                    "a number",
                )?;
                let shared = table
                    .take("across")
                    .is_some_and(|i| i.get_ref().as_str() == Some("program"));
                let otherwise = table.text("else")?.map(Into::into);
                table.finish()?;
                if count.is_none() && amount.is_none() {
                    return Err(Problem::new(
                        entry.span(),
                        "a limit needs `count` or `amount`",
                    ));
                }
                Ok(Limit {
                    per,
                    period,
                    count,
                    amount,
                    cut,
                    used,
                    shared,
                    otherwise,
                })
            })
            .collect()
    }
}

fn mode(table: &mut Fields<'_>) -> Result<Mode, Problem> {
    let modes = [
        ("once", Mode::Once),
        ("sum", Mode::Sum),
        ("target", Mode::Target),
    ];
    table
        .take("mode")
        .map_or(Ok(Mode::Once), |i| choice(i, &modes))
}

/// Who earns. A third level is refused whatever it is called.
fn beneficiary((word, span): (&str, Range<usize>)) -> Result<Beneficiary, Problem> {
    match word {
        "friend" | "member" => Ok(Beneficiary::Friend),
        "referrer" | "level1" => Ok(Beneficiary::Referrer),
        "level2" => Ok(Beneficiary::Level2),
        deeper if deeper.strip_prefix("level").is_some_and(|n| n.parse::<u32>().is_ok_and(|n| n > 2)) => {
            Err(Problem::new(span, format!("`{deeper}` would pay more than two upline levels"))
                .help("at most two levels of the referral tree may earn: paying a third is pyramid selling by this product's rule; remove the payment"))
        }
        other => Err(Problem::new(span, format!("`{other}` is not a beneficiary"))
            .help(suggest(other, ["friend", "member", "referrer", "level2"]))),
    }
}

//! What a program says, in sentences: with its expressions as written for those who run it, and
//! without them for members.

use super::either;
use crate::rules::expr::{Expr, ExprKind};
use crate::rules::program::{
    Beneficiary, Limit, LimitPer, Mode, Pay, PayAmount, PayCurrency, Period, Program, Rule,
};
use crate::types::{Exact, RoundingMode, Value};
use crate::web::format;
use crate::web::i18n::Lang;

fn beneficiary(lang: Lang, who: Beneficiary) -> &'static str {
    match who {
        Beneficiary::Friend => either(lang, "whoever acts", "行动者本人"),
        Beneficiary::Referrer => either(lang, "who referred them", "直接推荐人"),
        Beneficiary::Level2 => either(lang, "who referred the referrer", "间接推荐人"),
    }
}

fn rounding(lang: Lang, mode: RoundingMode) -> &'static str {
    match mode {
        RoundingMode::HalfEven => either(lang, "half to even", "四舍六入五成双"),
        RoundingMode::HalfUp => either(lang, "half up", "四舍五入"),
        RoundingMode::Down => either(lang, "cut off", "直接舍去"),
        RoundingMode::Up => either(lang, "up", "向上取整"),
    }
}

fn period(lang: Lang, period: Period) -> &'static str {
    match period {
        Period::Day => either(lang, "a day", "每日"),
        Period::Week => either(lang, "a week", "每周"),
        Period::Month => either(lang, "a month", "每月"),
        Period::Year => either(lang, "a year", "每年"),
        Period::Lifetime => either(lang, "for ever", "永久"),
    }
}

fn limited(lang: Lang, per: &[LimitPer]) -> String {
    let words: Vec<String> = per
        .iter()
        .map(|per| match per {
            LimitPer::Who => either(lang, "for each beneficiary", "每位受益人").to_owned(),
            LimitPer::Friend => either(lang, "for each acting member", "每位行动者").to_owned(),
            LimitPer::Pair => {
                either(lang, "for each pair of the two", "每对受益人与行动者").to_owned()
            }
            LimitPer::Program => either(lang, "in all", "全部合计").to_owned(),
            LimitPer::Value(formula) => {
                format!("{} {}", either(lang, "for each", "每"), formula.text)
            }
        })
        .collect();
    words.join(either(lang, " and ", "且"))
}

/// A rule in sentences, its expressions as written.
pub(in crate::web) fn rule(lang: Lang, rule: &Rule) -> Vec<String> {
    let mut said = Vec::new();
    let kinds = rule.on.iter().map(|k| &**k).collect::<Vec<_>>().join(", ");
    said.push(format!(
        "{}: {kinds}",
        either(lang, "Starts with", "触发事件")
    ));
    if let Some(after) = &rule.after {
        said.push(format!(
            "{}: {}",
            either(lang, "Looked at", "评估时间"),
            after.text
        ));
    }
    if let Some(when) = &rule.when {
        said.push(format!(
            "{}: {}",
            either(lang, "Applies when", "适用条件"),
            when.text
        ));
    }
    for require in &rule.require {
        let label = either(lang, "Needs", "要求");
        let otherwise = either(lang, "otherwise", "否则");
        said.push(format!(
            "{label}: {}; {otherwise}: {}",
            require.that.text, require.otherwise
        ));
    }
    for one in &rule.pays {
        pay(lang, one, &mut said);
    }
    said
}

fn pay(lang: Lang, pay: &Pay, said: &mut Vec<String>) {
    let who = pay
        .to
        .iter()
        .map(|b| beneficiary(lang, *b))
        .collect::<Vec<_>>()
        .join(either(lang, " and ", "、"));
    match &pay.amount {
        PayAmount::Refuse(reason) => {
            said.push(format!(
                "{} {who} ({}): {reason}",
                either(lang, "Refuses", "不奖励"),
                pay.kind
            ));
            return;
        }
        PayAmount::Amount(formula, _) => {
            let round = rounding(lang, pay.round.mode);
            let (pays, decimals) = (
                either(lang, "Pays", "奖励"),
                either(lang, "decimals", "位小数"),
            );
            said.push(format!(
                "{pays} {who} ({}): {} ({} {decimals}, {round})",
                pay.kind, formula.text, pay.round.places
            ));
        }
    }
    match pay.mode {
        Mode::Once => {}
        Mode::Sum => {
            said.push(either(lang, "Further facts add to it.", "后续事件累加。").to_owned())
        }
        Mode::Target => {
            said.push(either(lang, "Further facts set it anew.", "后续事件重新计算。").to_owned())
        }
    }
    if let Some(cap) = &pay.cap {
        said.push(format!(
            "{}: {}",
            either(lang, "At most", "单笔封顶"),
            cap.text
        ));
    }
    said.extend(pay.limits.iter().map(|l| limit(lang, l)));
    release(lang, pay, said);
    endings(lang, pay, said);
}

/// When a reward is released.
fn release(lang: Lang, pay: &Pay, said: &mut Vec<String>) {
    if let Some(until) = &pay.release.until {
        said.push(format!(
            "{}: {}",
            either(lang, "Waits until", "等待条件"),
            until.text
        ));
    }
    if let Some(at) = &pay.release.at {
        said.push(format!(
            "{}: {}",
            either(lang, "Released", "到账时间"),
            at.text
        ));
    }
    if let Some(hold) = &pay.release.hold {
        said.push(format!(
            "{}: {}",
            either(lang, "Held for a person when", "须人工审核"),
            hold.text
        ));
    }
}

/// What ends a reward.
fn endings(lang: Lang, pay: &Pay, said: &mut Vec<String>) {
    let endings = [
        (&pay.cancel, "Cancelled when", "取消条件"),
        (&pay.clawback, "Taken back when", "收回条件"),
    ];
    for (ending, english, chinese) in endings {
        if let Some(ending) = ending {
            said.push(format!(
                "{}: {} ({})",
                either(lang, english, chinese),
                ending.when.text,
                ending.reason
            ));
        }
    }
    if let Some((at, reason)) = &pay.expire {
        said.push(format!(
            "{}: {} ({reason})",
            either(lang, "Lapses", "过期"),
            at.text
        ));
    }
    if let Some(fund) = &pay.fund {
        let label = either(
            lang,
            "Virtual principal; only its yield is paid",
            "体验金本金为虚拟，仅支付收益",
        );
        said.push(format!("{label}: {}", fund.yields.text));
    }
}

fn limit(lang: Lang, limit: &Limit) -> String {
    let count = limit
        .count
        .map(|n| format!("{n} {}", either(lang, "rewards", "笔")));
    let amount = limit.amount.as_ref().map(ToString::to_string);
    let most = count
        .into_iter()
        .chain(amount)
        .collect::<Vec<_>>()
        .join(", ");
    format!(
        "{}: {most} {} {}",
        either(lang, "Limit", "限额"),
        period(lang, limit.period),
        limited(lang, &limit.per)
    )
}

/// What a payment comes to, for people who read no formulas: an amount, a rate, or a plain word.
pub(in crate::web) fn worth(lang: Lang, program: &Program, pay: &Pay) -> Option<String> {
    let PayAmount::Amount(formula, _) = &pay.amount else {
        return None;
    };
    let currency = match &pay.currency {
        PayCurrency::Code(code) => code,
        PayCurrency::Of(_) => &program.currency,
    };
    let exponent = program.currencies.exponent(currency).unwrap_or(2);
    if let ExprKind::Lit(Value::Num(amount)) = &formula.expr.kind {
        return amount
            .to_minor(exponent)
            .ok()
            .map(|minor| format::money(minor, exponent, currency));
    }
    if let Some(best) = best_rate(program, &formula.expr) {
        let percent = best.mul(&Exact::int(100));
        return Some(match lang {
            Lang::En => format!("up to {percent}%"),
            Lang::Zh => format!("最高 {percent}%"),
        });
    }
    let rate = formula.text.split_once('%').and_then(|(before, _)| {
        let digits = before
            .rsplit(|c: char| !c.is_ascii_digit() && c != '.')
            .next()?;
        (!digits.is_empty()).then(|| format!("{digits}%"))
    });
    Some(
        rate.unwrap_or_else(|| {
            either(lang, "a reward by the rules", "按规则计算的奖励").to_owned()
        }),
    )
}

/// The largest value of the tables that an expression looks up, when all lie below one.
fn best_rate(program: &Program, expr: &Expr) -> Option<Exact> {
    let mut best: Option<Exact> = None;
    expr.walk(&mut |e| {
        if let ExprKind::Tier { table, .. } = &e.kind {
            let table = program.tiers.get(*table);
            let rows = table
                .into_iter()
                .flat_map(|t| t.rows.iter().map(|(_, v)| v));
            let words = table
                .into_iter()
                .flat_map(|t| t.words.iter().map(|(_, v)| v));
            best = rows.chain(words).cloned().chain(best.take()).max();
        }
    });
    best.filter(|value| *value < Exact::ONE && !value.is_zero())
}

/// When an offer is earned.
pub(in crate::web) fn occasion(lang: Lang, kind: &str) -> String {
    match (kind, lang) {
        ("registered", Lang::En) => "When your friend signs up".to_owned(),
        ("registered", Lang::Zh) => "好友注册时".to_owned(),
        ("verified", Lang::En) => "When your friend proves who they are".to_owned(),
        ("verified", Lang::Zh) => "好友完成实名认证时".to_owned(),
        ("invested", Lang::En) => "When your friend invests".to_owned(),
        ("invested", Lang::Zh) => "好友投资时".to_owned(),
        ("purchase", Lang::En) => "When your friend buys".to_owned(),
        ("purchase", Lang::Zh) => "好友购买时".to_owned(),
        (other, Lang::En) => format!("With your friend's {other}"),
        (other, Lang::Zh) => format!("好友触发 {other} 时"),
    }
}

/// What the other side of an invitation gets when a program gives it nothing.
pub(in crate::web) const fn no_reward(lang: Lang) -> &'static str {
    either(lang, "no reward", "无奖励")
}

/// The rules of a program for members: its title, and its reasons as their author wrote them.
pub(in crate::web) fn for_members(lang: Lang, program: &Program) -> Vec<String> {
    let mut said = vec![program.title.to_string()];
    let mut add = |english, chinese, text: &str| {
        said.push(format!("{}: {text}", either(lang, english, chinese)))
    };
    for rule in &program.rules {
        for require in rule
            .require
            .iter()
            .chain(rule.pays.iter().flat_map(|p| &p.require))
        {
            add("No reward if", "以下情况无奖励", &require.otherwise);
        }
        for pay in &rule.pays {
            for reason in pay.limits.iter().filter_map(|l| l.otherwise.as_deref()) {
                add("No further reward when", "达到上限后不再奖励", reason);
            }
            if let Some(waiting) = &pay.release.waiting {
                add("Release", "到账", waiting);
            }
            for ending in pay.cancel.iter().chain(&pay.clawback) {
                add("Taken back if", "以下情况收回", &ending.reason);
            }
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    said.retain(|sentence| seen.insert(sentence.clone()));
    said
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::programs::Draft;

    fn shipped(name: &str) -> Program {
        let read = |path: &str| {
            std::fs::read_to_string(format!("{}/rules/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
        };
        let source = read(&format!("programs/{name}.toml"));
        let plan = read("plans/standard.toml");
        Draft {
            file: name.to_owned(),
            source,
            calendar: String::new(),
            plan,
        }
        .check()
        .unwrap()
    }

    fn first_pay(lang: Lang, name: &str) -> Option<String> {
        let program = shipped(name);
        worth(lang, &program, &program.rules[0].pays[0])
    }

    #[test]
    fn an_offer_is_shown_as_an_amount_a_rate_or_the_best_of_a_table() {
        assert_eq!(
            first_pay(Lang::En, "welcome-fund").as_deref(),
            Some("8,888.00 TRIAL")
        );
        assert_eq!(
            first_pay(Lang::En, "three-day-offer").as_deref(),
            Some("0.30%")
        );
        assert_eq!(
            first_pay(Lang::En, "everyday-commission").as_deref(),
            Some("up to 0.3%")
        );
        assert_eq!(
            first_pay(Lang::Zh, "everyday-commission").as_deref(),
            Some("最高 0.3%")
        );
    }

    #[test]
    fn a_rule_is_told_with_its_conditions_limits_and_endings() {
        let said = rule(Lang::En, &shipped("everyday-commission").rules[0]).join("\n");
        for part in [
            "Starts with: invested",
            "Applies when: fact.product in",
            "otherwise: the investment is below 1,000",
            "Pays who referred them (commission)",
            "(2 decimals, half to even)",
            "Limit: 5000 a month for each beneficiary",
            "Cancelled when:",
        ] {
            assert!(said.contains(part), "{part} is missing in\n{said}");
        }
        let chinese = rule(Lang::Zh, &shipped("everyday-commission").rules[0]).join("\n");
        assert!(
            chinese.contains("触发事件: invested") && chinese.contains("直接推荐人"),
            "{chinese}"
        );
    }

    #[test]
    fn members_read_each_reason_once() {
        let said = for_members(Lang::En, &shipped("everyday-commission"));
        let taken: Vec<&String> = said
            .iter()
            .filter(|s| s.contains("redeemed within 30 days"))
            .collect();
        assert_eq!(taken.len(), 1, "{said:?}");
    }
}

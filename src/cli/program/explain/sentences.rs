//! The sentences that explain a program.

use super::super::super::table::money;
use super::Lang;
use super::words::{Words, number};
use vouchsafe::rules::program::{
    Close, Ending, Gather, Limit, LimitPer, Mode, Pay, PayAmount, PayCurrency, Per, Period,
    Program, Require, Round, Rule,
};
use vouchsafe::types::RoundingMode;

/// Lines that explain a program; those that begin with a blank belong to the line before.
pub(super) fn of(program: &Program, lang: Lang) -> Vec<String> {
    let words = Words {
        lang,
        tiers: &program.tiers,
    };
    let mut lines = vec![lang.pick(
        format!(
            "{} version {}: {}",
            program.id, program.version, program.title
        ),
        format!("{} 第{}版：{}", program.id, program.version, program.title),
    )];
    let (currency, zone) = (&program.currency, program.zone.name());
    lines.push(lang.pick(format!("  Amounts are in {currency} unless said otherwise; days and months are those of {zone}."), format!("  金额除另有说明外以{currency}计；日与月按{zone}时区。")));
    lines.extend(window(program, lang));
    if let Some(budget) = &program.budget {
        let total = money(
            budget.total_minor,
            program.currencies.exponent(currency).unwrap_or(2),
        );
        let (english, chinese) = if budget.reduce {
            ("the last reward is cut to what is left", "最后一笔减至余额")
        } else {
            ("a reward that does not fit is refused", "超出者拒发")
        };
        lines.push(lang.pick(
            format!("  It may cost at most {total} {currency}; {english}."),
            format!("  总预算{total} {currency}；{chinese}。"),
        ));
    }
    for rule in &program.rules {
        lines.extend(self::rule(rule, words, program));
    }
    for table in &program.tiers {
        let rows: Vec<String> = table
            .rows
            .iter()
            .map(|(from, value)| {
                lang.pick(
                    format!("from {}: {}", number(from), number(value)),
                    format!("{}起：{}", number(from), number(value)),
                )
            })
            .chain(table.words.iter().map(|(word, value)| {
                lang.pick(
                    format!("`{word}`: {}", number(value)),
                    format!("“{word}”：{}", number(value)),
                )
            }))
            .collect();
        let end = table.until.as_ref().map_or_else(String::new, |u| {
            lang.pick(
                format!("; nothing from {} on", number(u)),
                format!("；{}起无", number(u)),
            )
        });
        lines.push(lang.pick(
            format!("Table `{}`", table.name),
            format!("表“{}”", table.name),
        ));
        lines.push(format!("  {}{end}", rows.join(lang.pick("; ", "；"))));
    }
    lines
}

fn window(program: &Program, lang: Lang) -> Option<String> {
    let show = |at| program.zone.show(at);
    Some(match (program.from.map(show), program.until.map(show)) {
        (None, None) => return None,
        (Some(from), None) => lang.pick(
            format!("  Facts from {from} on count."),
            format!("  自{from}起的事实计入。"),
        ),
        (None, Some(until)) => lang.pick(
            format!("  Facts before {until} count."),
            format!("  {until}之前的事实计入。"),
        ),
        (Some(from), Some(until)) => lang.pick(
            format!("  Facts from {from} until just before {until} count."),
            format!("  自{from}起至{until}之前的事实计入。"),
        ),
    })
}

fn rule(rule: &Rule, words: Words<'_>, program: &Program) -> Vec<String> {
    let lang = words.lang;
    let kinds: Vec<String> = rule.on.iter().map(|k| words.fact(k)).collect();
    let kinds = words.list(&kinds, lang.pick(" or ", "或"));
    let mut lines = vec![lang.pick(format!("Rule `{}`", rule.id), format!("规则“{}”", rule.id))];
    lines.push(lang.pick(
        format!("  It looks at every {kinds} fact."),
        format!("  触发：每笔{kinds}。"),
    ));
    if let Some(each) = &rule.each {
        let kind = words.fact(&each.kind);
        lines.push(lang.pick(
            format!("  It runs once for each earlier {kind} fact that fits."),
            format!("  对此前每笔符合条件的{kind}各判一次。"),
        ));
    }
    lines.extend(rule.group.as_ref().map(|group| {
        let kind = words.fact(&group.of.kind);
        lang.pick(
            format!("  It runs once for each member behind the {kind} facts that fit, the highest total first."),
            format!("  对符合条件的{kind}所涉及的每位会员各判一次，合计高者在先。"),
        )
    }));
    lines.extend(rule.gather.as_ref().map(|g| gathered(g, words)));
    if let Some(after) = &rule.after {
        let at = words.formula(after);
        lines.push(lang.pick(
            format!("  It is decided at {at}."),
            format!("  在{at}判定。"),
        ));
    }
    if let Some(when) = &rule.when {
        let when = words.formula(when);
        lines.push(lang.pick(
            format!("  It applies only if {when}."),
            format!("  仅当{when}时适用。"),
        ));
    }
    lines.extend(requires(&rule.require, words));
    for pay in &rule.pays {
        lines.extend(payment(pay, words, program));
    }
    lines
}

fn requires(list: &[Require], words: Words<'_>) -> Vec<String> {
    let one = |r: &Require| {
        let that = words.formula(&r.that);
        words.lang.pick(
            format!("  It is refused (“{}”) unless {that}.", r.otherwise),
            format!("  须{that}；否则拒发（“{}”）。", r.otherwise),
        )
    };
    list.iter().map(one).collect()
}

fn payment(pay: &Pay, words: Words<'_>, program: &Program) -> Vec<String> {
    let lang = words.lang;
    let who: Vec<String> = pay
        .to
        .iter()
        .map(|b| words.beneficiary(*b).to_owned())
        .collect();
    let who = words.list(&who, lang.pick(" and ", "和"));
    let mut lines = vec![lang.pick(
        format!(
            "  Who earns: {who}; `{}`, a {}.",
            pay.kind,
            form(&pay.form, lang)
        ),
        format!(
            "  受益人：{who}；“{}”（{}）。",
            pay.kind,
            form(&pay.form, lang)
        ),
    )];
    lines.push(format!("    {}", amount(pay, words)));
    lines.extend(
        requires(&pay.require, words)
            .into_iter()
            .map(|l| format!("  {l}")),
    );
    if let Some(cap) = &pay.cap {
        let cap = words.formula(cap);
        lines.push(lang.pick(
            format!("    It is at most {cap}."),
            format!("    最高{cap}。"),
        ));
    }
    if matches!(pay.amount, PayAmount::Refuse(_)) {
        return lines;
    }
    lines.push(format!("    {}", stands_for(pay, words)));
    lines.extend(
        pay.limits
            .iter()
            .map(|l| format!("    {}", limit(l, pay, words, program))),
    );
    lines.extend(release(pay, words).into_iter().map(|l| format!("    {l}")));
    let endings = [
        (&pay.cancel, "It is cancelled while pending", "待发放时取消"),
        (&pay.clawback, "It is taken back", "收回"),
    ];
    for (ending, english, chinese) in endings {
        lines.extend(ending.as_ref().map(|e| {
            format!(
                "    {}",
                self::ending(e, lang.pick(english, chinese), words)
            )
        }));
    }
    if let Some((at, reason)) = &pay.expire {
        let at = words.formula(at);
        lines.push(lang.pick(
            format!("    It lapses at {at} if still pending (“{reason}”)."),
            format!("    至{at}仍未发放则失效（“{reason}”）。"),
        ));
    }
    if let Some(fund) = &pay.fund {
        let (matures, yields) = (words.formula(&fund.matures), words.formula(&fund.yields));
        lines.push(lang.pick(
            format!("    The amount is virtual principal. At {matures} it goes back, and its yield is paid: {yields}, in {}, {}.", fund.currency, rounding(fund.round, lang)),
            format!("    该金额为体验金本金：{matures}收回，并支付收益{yields}（{}，{}）。", fund.currency, rounding(fund.round, lang)),
        ));
    }
    lines
}

fn form(form: &str, lang: Lang) -> &str {
    match form {
        "fixed" => lang.pick("fixed sum", "固定奖励"),
        "rebate" => lang.pick("rebate", "返现"),
        "commission" => lang.pick("commission", "佣金"),
        "experience_fund" => lang.pick("trial of virtual principal", "体验金"),
        "milestone" => lang.pick("reward for a milestone", "里程碑奖励"),
        _ => lang.pick("reward", "奖励"),
    }
}

fn amount(pay: &Pay, words: Words<'_>) -> String {
    let lang = words.lang;
    match &pay.amount {
        PayAmount::Refuse(reason) => lang.pick(
            format!("Nothing is paid: “{reason}”."),
            format!("不予发放：“{reason}”。"),
        ),
        PayAmount::Amount(formula, _) => {
            let amount = words.formula(formula);
            let currency = match &pay.currency {
                PayCurrency::Code(code) => code.to_string(),
                PayCurrency::Of(of) => words.formula(of),
            };
            let rounded = rounding(pay.round, lang);
            lang.pick(
                format!("Amount: {amount}, in {currency}, {rounded}."),
                format!("金额：{amount}（{currency}，{rounded}）。"),
            )
        }
    }
}

fn rounding(round: Round, lang: Lang) -> String {
    let (english, chinese) = match round.mode {
        RoundingMode::HalfEven => ("halves to the even digit", "四舍六入五成双"),
        RoundingMode::HalfUp => ("halves up", "四舍五入"),
        RoundingMode::Down => ("the rest cut off", "舍去余数"),
        RoundingMode::Up => ("always up", "进位"),
    };
    lang.pick(
        format!("rounded to {} decimals, {english}", round.places),
        format!("保留{}位小数，{chinese}", round.places),
    )
}

/// Which facts are looked at together, and when.
fn gathered(gather: &Gather, words: Words<'_>) -> String {
    let lang = words.lang;
    let parts: Vec<String> = gather.by.iter().map(|p| part(p, words)).collect();
    let of = if parts.is_empty() {
        lang.pick("All facts".to_owned(), "全部事实".to_owned())
    } else {
        let parts = words.list(&parts, lang.pick(" and ", "及"));
        lang.pick(
            format!("The facts of one {parts}"),
            format!("同一{parts}的事实"),
        )
    };
    let time = match gather.close {
        Some(Close::Period(p)) => lang.pick(
            format!(" in a {}", period(p, lang)),
            format!("按{}", period(p, lang)),
        ),
        Some(Close::Window) => lang.pick(" in the whole time", "于整个活动期").to_owned(),
        None => String::new(),
    };
    let again = if gather.repeat {
        lang.pick(
            ", again at the end of each later period",
            "，其后每期末再判定",
        )
    } else {
        ""
    };
    lang.pick(
        format!("  {of}{time} are looked at together, once it is over{again}."),
        format!("  {of}{time}期末合并判定一次{again}。"),
    )
}

fn part(per: &Per, words: Words<'_>) -> String {
    let lang = words.lang;
    match per {
        Per::Fact => lang.pick("fact", "笔事实").to_owned(),
        Per::Item => lang.pick("item", "个对象").to_owned(),
        Per::Friend => lang.pick("friend", "位好友").to_owned(),
        Per::Upline(1) => lang.pick("referrer", "位推荐人").to_owned(),
        Per::Upline(_) => lang.pick("referrer's referrer", "位二级推荐人").to_owned(),
        Per::Period(p) => period(*p, lang).to_owned(),
        Per::Currency => lang.pick("currency", "个币种").to_owned(),
        Per::Value(formula) => words.formula(formula),
    }
}

fn stands_for(pay: &Pay, words: Words<'_>) -> String {
    let lang = words.lang;
    let parts: Vec<String> = pay.per.iter().map(|p| part(p, words)).collect();
    let parts = words.list(&parts, lang.pick(" and ", "及"));
    let each = if pay.per.is_empty() {
        lang.pick(
            "There is one reward per beneficiary, for ever".to_owned(),
            "每位受益人终身一笔奖励".to_owned(),
        )
    } else {
        lang.pick(
            format!("There is one reward per beneficiary and {parts}"),
            format!("每位受益人每{parts}一笔奖励"),
        )
    };
    let again = match pay.mode {
        Mode::Once => lang.pick("", ""),
        Mode::Sum => lang.pick("; later amounts are added to it", "，后续金额累加"),
        Mode::Target => lang.pick("; its amount is computed anew each time", "，每次重新计算"),
    };
    lang.pick(format!("{each}{again}."), format!("{each}{again}。"))
}

const fn period_words(period: Period) -> (&'static str, &'static str) {
    match period {
        Period::Day => ("day", "日"),
        Period::Week => ("week", "周"),
        Period::Month => ("month", "月"),
        Period::Year => ("year", "年"),
        Period::Lifetime => ("lifetime", "终身"),
    }
}

fn period(period: Period, lang: Lang) -> &'static str {
    let (english, chinese) = period_words(period);
    lang.pick(english, chinese)
}

/// Whose a limit is.
fn whose(per: &LimitPer, words: Words<'_>) -> String {
    let (english, chinese) = match per {
        LimitPer::Who => ("beneficiary", "每位受益人"),
        LimitPer::Friend => ("friend", "每位好友"),
        LimitPer::Pair => ("pair of beneficiary and friend", "每对受益人与好友"),
        LimitPer::Program => ("program", "整个活动"),
        LimitPer::Value(formula) => return words.formula(formula),
    };
    words.lang.pick(english, chinese).to_owned()
}

fn limit(l: &Limit, pay: &Pay, words: Words<'_>, program: &Program) -> String {
    let lang = words.lang;
    let whose: Vec<String> = l.per.iter().map(|per| whose(per, words)).collect();
    let whose = words.list(&whose, lang.pick(" and ", "且"));
    let code = match &pay.currency {
        PayCurrency::Code(code) => code,
        PayCurrency::Of(_) => &program.currency,
    };
    let count = l
        .count
        .map(|n| lang.pick(format!("{n} rewards"), format!("{n}笔")));
    let amount = l.amount.as_ref().map(|a| format!("{} {code}", number(a)));
    let most: Vec<String> = [count, amount].into_iter().flatten().collect();
    let most = words.list(&most, lang.pick(" and ", "且"));
    let time = period(l.period, lang);
    let every = lang.pick(
        " and ",
        if l.period == Period::Lifetime {
            ""
        } else {
            "每"
        },
    );
    let per = format!("{whose}{every}{time}");
    let shared = if l.shared {
        lang.pick(
            ", shared with the other payments of the program",
            "，与本活动其他奖励共用",
        )
    } else {
        ""
    };
    let beyond = if l.cut && l.amount.is_some() {
        lang.pick("what exceeds it is cut", "超出部分扣减")
    } else {
        lang.pick("what exceeds it is refused", "超出拒发")
    };
    lang.pick(
        format!("At most {most} per {per}{shared}; {beyond}."),
        format!("{per}最多{most}{shared}；{beyond}。"),
    )
}

fn release(pay: &Pay, words: Words<'_>) -> Vec<String> {
    let lang = words.lang;
    let mut lines = Vec::new();
    if let Some(hold) = &pay.release.hold {
        let hold = words.formula(hold);
        lines.push(lang.pick(
            format!("It waits for a person to release it if {hold}."),
            format!("若{hold}，须人工放行。"),
        ));
    }
    let until = pay.release.until.as_ref().map(|f| words.formula(f));
    let at = pay.release.at.as_ref().map(|f| words.formula(f));
    lines.push(match (until, at) {
        (None, None) => lang.pick(
            "It is available at once.".to_owned(),
            "即时到账。".to_owned(),
        ),
        (Some(until), None) => lang.pick(
            format!("It is released as soon as {until}."),
            format!("待{until}后发放。"),
        ),
        (None, Some(at)) => lang.pick(format!("It is released at {at}."), format!("于{at}发放。")),
        (Some(until), Some(at)) => lang.pick(
            format!("It is released once {until}, and not before {at}."),
            format!("待{until}后，不早于{at}发放。"),
        ),
    });
    lines
}

fn ending(e: &Ending, what: &str, words: Words<'_>) -> String {
    let when = words.formula(&e.when);
    let reason = &e.reason;
    let part = e.amount.as_ref().map(|f| words.formula(f));
    let part = part.map_or_else(String::new, |p| {
        words
            .lang
            .pick(format!(", up to {p}"), format!("，金额为{p}"))
    });
    words.lang.pick(
        format!("{what} if {when}{part} (“{reason}”)."),
        format!("若{when}，则{what}{part}（“{reason}”）。"),
    )
}

//! Functions, tables and aggregates in plain words.

use super::words::Words;
use vouchsafe::rules::expr::{
    Aggregate, AggregateFunc, AttrRef, By, DAYS, Expr, ExprKind, FieldRef,
};
use vouchsafe::rules::functions::Func;

/// Every function in English and in Chinese; `{a}` and `{b}` are its arguments.
const FUNCTION_WORDS: [(Func, &str, &str); 25] = [
    (Func::Min, "the smaller of {a} and {b}", "{a}与{b}中较小者"),
    (Func::Max, "the larger of {a} and {b}", "{a}与{b}中较大者"),
    (
        Func::Floor,
        "{a} rounded down to a whole number",
        "{a}向下取整",
    ),
    (
        Func::Ceil,
        "{a} rounded up to a whole number",
        "{a}向上取整",
    ),
    (Func::Abs, "{a} without its sign", "{a}的绝对值"),
    (
        Func::Round,
        "{a} rounded to {b} decimals",
        "{a}保留{b}位小数",
    ),
    (
        Func::RoundDown,
        "{a} cut to {b} decimals",
        "{a}截至{b}位小数",
    ),
    (
        Func::RoundHalfUp,
        "{a} rounded to {b} decimals, halves up",
        "{a}四舍五入至{b}位小数",
    ),
    (
        Func::Steps,
        "the number of whole times that {b} fits into {a}",
        "{a}中完整{b}的个数",
    ),
    (Func::Pow, "{a} to the power of {b}", "{a}的{b}次方"),
    (Func::Days, "the days from {a} to {b}", "从{a}到{b}的天数"),
    (Func::Date, "the day of {a}", "{a}当日"),
    (
        Func::StartOfDay,
        "the start of the day of {a}",
        "{a}当日零点",
    ),
    (
        Func::StartOfWeek,
        "the start of the week of {a}",
        "{a}当周周一零点",
    ),
    (
        Func::StartOfMonth,
        "the start of the month of {a}",
        "{a}当月首日",
    ),
    (
        Func::StartOfYear,
        "the start of the year of {a}",
        "{a}当年首日",
    ),
    (Func::Month, "the number of the month of {a}", "{a}的月份数"),
    (Func::AddDays, "{b} days after {a}", "{a}之后{b}天"),
    (
        Func::DayOfNextMonth,
        "day {b} of the month after {a}",
        "{a}次月{b}日",
    ),
    (
        Func::AddBusinessDays,
        "{b} working days after {a}",
        "{a}之后{b}个工作日",
    ),
    (
        Func::ShiftBusiness,
        "{a}, or if that is no working day {b} working days later",
        "{a}（非工作日则顺延{b}个工作日）",
    ),
    (
        Func::LastBusinessDayOfMonth,
        "the last working day of the month of {a}",
        "{a}当月最后一个工作日",
    ),
    (
        Func::LastBusinessDayOfNextMonth,
        "the last working day of the month after {a}",
        "{a}次月最后一个工作日",
    ),
    (Func::Listed, "{b} is among {a}", "{a}中含有{b}"),
    (Func::Given, "{a} is known", "{a}已知"),
];

impl Words<'_> {
    /// A function in words.
    pub(super) fn call(self, func: Func, list: &[Expr]) -> String {
        let first = list.first().map(|e| &e.kind);
        if let (Func::Given, Some(ExprKind::Attr(role, AttrRef::Id))) = (func, first) {
            let role = self.role(*role);
            let english = format!("there is {}", role.replacen("the ", "a ", 1));
            return self.lang.pick(english, format!("有{role}"));
        }
        self.function(func, list)
    }

    fn function(self, func: Func, list: &[Expr]) -> String {
        let said: Vec<String> = list.iter().map(|e| self.say(e).0).collect();
        let a = said.first().map_or("", String::as_str);
        let b = said.get(1).map_or("", String::as_str);
        let words = FUNCTION_WORDS.iter().find(|(f, ..)| *f == func);
        let (_, english, chinese) = words.copied().unwrap_or((func, "", ""));
        let template = self.lang.pick(english, chinese);
        let parts: Vec<String> = template.split("{a}").map(|p| p.replace("{b}", b)).collect();
        parts.join(a)
    }

    /// A table in words.
    pub(super) fn tier(self, of: &Expr, table: usize, marginal: bool) -> String {
        let of = self.say(of).0;
        let name = self.tiers.get(table).map_or("", |t| &*t.name);
        match marginal {
            false => self.lang.pick(
                format!("the value in table `{name}` for {of}"),
                format!("按{of}查表“{name}”之值"),
            ),
            true => self.lang.pick(
                format!("the sum of each slice of {of} at its own value in table `{name}`"),
                format!("{of}按表“{name}”分段累计之和"),
            ),
        }
    }

    /// Facts summed up, in words.
    pub(super) fn aggregate(self, a: &Aggregate) -> String {
        let facts = self.facts(a);
        let field = match &a.field {
            _ if a.of.is_some() => a.of.as_ref().map_or_else(String::new, |of| self.say(of).0),
            Some(FieldRef::Named(name)) => self.name(name),
            Some(FieldRef::At) => self.lang.pick("time", "时间").to_owned(),
            Some(FieldRef::Member) => self.lang.pick("member", "会员").to_owned(),
            None => String::new(),
        };
        let (english, chinese) = match a.func {
            AggregateFunc::Count => (format!("the number of {facts}"), format!("{facts}的笔数")),
            AggregateFunc::Sum => (
                format!("the sum of the {field} of {facts}"),
                format!("{facts}的{field}合计"),
            ),
            AggregateFunc::Min => (
                format!("the smallest {field} of {facts}"),
                format!("{facts}的最小{field}"),
            ),
            AggregateFunc::Max => (
                format!("the largest {field} of {facts}"),
                format!("{facts}的最大{field}"),
            ),
            AggregateFunc::First => (
                format!("the first {field} of {facts}"),
                format!("首笔{facts}的{field}"),
            ),
            AggregateFunc::Last => (
                format!("the last {field} of {facts}"),
                format!("末笔{facts}的{field}"),
            ),
            AggregateFunc::People => (
                format!("the number of members behind {facts}"),
                format!("{facts}涉及的会员数"),
            ),
            AggregateFunc::Any => (format!("there are {facts}"), format!("存在{facts}")),
        };
        self.lang.pick(english, chinese)
    }

    /// Which facts an aggregate reads, in words.
    fn facts(self, a: &Aggregate) -> String {
        let mut facts = if *a.kind == *DAYS {
            self.lang.pick("days", "各日").to_owned()
        } else {
            self.lang
                .pick(format!("{} facts", self.fact(&a.kind)), self.fact(&a.kind))
        };
        if let Some(by) = a.by {
            let who = self.group(by);
            facts = self
                .lang
                .pick(format!("{facts} of {who}"), format!("{who}的{facts}"));
        }
        let mut limits: Vec<String> = Vec::new();
        if let Some(cond) = &a.cond {
            let cond = self.say(cond).0;
            limits.push(self.lang.pick(format!("where {cond}"), cond));
        }
        if let Some(from) = &a.from {
            let from = self.say(from).0;
            limits.push(
                self.lang
                    .pick(format!("from {from} on"), format!("自{from}起")),
            );
        }
        if let Some(until) = &a.until {
            let until = self.say(until).0;
            limits.push(
                self.lang
                    .pick(format!("before {until}"), format!("在{until}之前")),
            );
        }
        if !limits.is_empty() {
            facts = self.lang.pick(
                format!("{facts} {}", limits.join(" ")),
                format!("{facts}（{}）", limits.join("，")),
            );
        }
        facts
    }

    fn group(self, by: By) -> String {
        let role = self.role(by.role);
        match by.hops {
            0 => role.to_owned(),
            1 => self
                .lang
                .pick(format!("the friends of {role}"), format!("{role}的好友")),
            _ => self.lang.pick(
                format!("the friends' friends of {role}"),
                format!("{role}好友的好友"),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vouchsafe::rules::functions::FUNCTIONS;

    #[test]
    fn every_function_of_the_language_has_words_that_name_its_arguments() {
        for (name, func, arity) in FUNCTIONS {
            let (_, english, chinese) = FUNCTION_WORDS
                .iter()
                .find(|(f, ..)| f == func)
                .unwrap_or_else(|| panic!("`{name}` has no words"));
            for words in [english, chinese] {
                assert!(words.contains("{a}"), "{name}: {words}");
                assert_eq!(words.contains("{b}"), *arity == 2, "{name}: {words}");
            }
        }
    }
}

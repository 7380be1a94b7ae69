//! Checked expressions in plain words.

use super::Lang;
use vouchsafe::rules::expr::{
    AttrRef, BinaryOp, Expr, ExprKind, FieldRef, Formula, Local, Role, Subject,
};
use vouchsafe::rules::program::{Beneficiary, TierTable};
use vouchsafe::types::{Exact, Span, Value};

/// What well-known names of the tracking plan are called in Chinese.
const CHINESE: [(&str, &str); 36] = [
    ("amount", "金额"),
    ("term_days", "期限天数"),
    ("product", "产品"),
    ("annual_rate", "年利率"),
    ("rate_coupon", "加息券利率"),
    ("currency", "币种"),
    ("ref", "编号"),
    ("loan", "标的"),
    ("channel", "渠道"),
    ("category", "类别"),
    ("period", "期次"),
    ("code", "邀请码"),
    ("at", "时间"),
    ("registered", "注册"),
    ("verified", "实名认证"),
    ("card_bound", "绑卡"),
    ("deposited", "充值"),
    ("withdrawn", "提现"),
    ("invested", "投资"),
    ("redeemed", "赎回"),
    ("interest_paid", "付息"),
    ("fee_charged", "收费"),
    ("loan_funded", "满标"),
    ("loan_failed", "流标"),
    ("loan_released", "放款"),
    ("refunded", "退款"),
    ("purchase", "购买"),
    ("clicked", "点击"),
    ("city", "城市"),
    ("province", "省份"),
    ("level", "等级"),
    ("role", "身份"),
    ("birth_date", "出生日期"),
    ("language", "语言"),
    ("deadline", "截止时间"),
    ("residence", "居住地"),
];

/// How closely the parts of a phrase hold together; a looser phrase inside a closer one is put in
/// brackets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Bond {
    Choice,
    Or,
    And,
    Compare,
    Sum,
    Product,
    Word,
}

/// Says expressions of one program in one language.
#[derive(Clone, Copy)]
pub(super) struct Words<'a> {
    pub(super) lang: Lang,
    pub(super) tiers: &'a [TierTable],
}

impl Words<'_> {
    /// A formula in words.
    pub(super) fn formula(self, formula: &Formula) -> String {
        self.say(&formula.expr).0
    }

    /// A name of the tracking plan.
    pub(super) fn name(self, name: &str) -> String {
        let chinese = CHINESE
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, text)| (*text).to_owned());
        self.lang.pick(
            name.replace('_', " "),
            chinese.unwrap_or_else(|| name.to_owned()),
        )
    }

    /// A fact type, in quotes.
    pub(super) fn fact(self, kind: &str) -> String {
        let name = self.name(kind);
        self.lang.pick(format!("`{name}`"), format!("“{name}”"))
    }

    /// Who earns.
    pub(super) fn beneficiary(self, who: Beneficiary) -> &'static str {
        match who {
            Beneficiary::Friend => self.lang.pick("the member who acted", "行为人本人"),
            Beneficiary::Referrer => self.lang.pick("his referrer (level 1)", "其推荐人（一级）"),
            Beneficiary::Level2 => self.lang.pick(
                "his referrer's referrer (level 2)",
                "推荐人的推荐人（二级）",
            ),
        }
    }

    /// Several things in a row.
    pub(super) fn list(self, items: &[String], last: &str) -> String {
        match items.split_last() {
            Some((end, head)) if !head.is_empty() => {
                format!("{}{last}{end}", head.join(self.lang.pick(", ", "、")))
            }
            _ => items.concat(),
        }
    }

    fn within(self, expr: &Expr, bond: Bond) -> String {
        let (text, own) = self.say(expr);
        if own >= bond {
            text
        } else {
            self.lang.pick(format!("({text})"), format!("（{text}）"))
        }
    }

    /// An expression in words, and how closely they hold together.
    pub(super) fn say(self, expr: &Expr) -> (String, Bond) {
        match &expr.kind {
            ExprKind::Lit(value) => (self.value(value), Bond::Word),
            ExprKind::Field(subject, field) => (self.field(*subject, field), Bond::Word),
            ExprKind::Attr(role, attr) => (self.attribute(*role, attr), Bond::Word),
            ExprKind::Local(local) => (self.local(*local).to_owned(), Bond::Word),
            ExprKind::Not(x) => (
                self.lang.pick("not ", "并非").to_owned() + &self.within(x, Bond::Word),
                Bond::Compare,
            ),
            ExprKind::Neg(x) => (format!("−{}", self.within(x, Bond::Word)), Bond::Word),
            ExprKind::Binary(op, a, b) => self.binary(*op, a, b),
            ExprKind::In(x, list) => {
                let items: Vec<String> = list.iter().map(|e| self.say(e).0).collect();
                let items = self.list(&items, self.lang.pick(" or ", "或"));
                (
                    format!(
                        "{}{}{items}",
                        self.within(x, Bond::Sum),
                        self.lang.pick(" is ", "为")
                    ),
                    Bond::Compare,
                )
            }
            ExprKind::If(c, a, b) => {
                let (c, a, b) = (self.say(c).0, self.say(a).0, self.say(b).0);
                (
                    self.lang.pick(
                        format!("{a} if {c}, and otherwise {b}"),
                        format!("若{c}则为{a}，否则为{b}"),
                    ),
                    Bond::Choice,
                )
            }
            ExprKind::Call(func, list) => (self.call(*func, list), Bond::Word),
            ExprKind::NextDay(x, days) => {
                let days: Vec<String> = days
                    .iter()
                    .map(|d| self.lang.pick(d.to_string(), format!("{d}日")))
                    .collect();
                let days = self.list(&days, self.lang.pick(" or ", "或"));
                let x = self.say(x).0;
                (
                    self.lang.pick(
                        format!("the next day {days} of a month after {x}"),
                        format!("{x}之后最近的{days}"),
                    ),
                    Bond::Word,
                )
            }
            ExprKind::Tier {
                of,
                table,
                marginal,
            } => (self.tier(of, *table, *marginal), Bond::Word),
            ExprKind::Aggregate(aggregate) => (self.aggregate(aggregate), Bond::Word),
            ExprKind::Named(_, formula) => self.say(formula),
        }
    }

    /// A constant; a number below one is a rate and shown as a percentage.
    fn value(self, value: &Value) -> String {
        match value {
            Value::Num(n) => number(n),
            Value::Bool(b) => self
                .lang
                .pick(if *b { "yes" } else { "no" }, if *b { "是" } else { "否" })
                .to_owned(),
            Value::Span(span) => self.span(*span),
            Value::Absent | Value::Text(_) | Value::Instant(_) | Value::Date(_) => {
                value.to_string()
            }
        }
    }

    fn span(self, span: Span) -> String {
        let hour = 3_600_000_000;
        let parts = [
            (i64::from(span.months), " months", "个月"),
            (i64::from(span.days), " days", "天"),
            (span.micros / hour, " hours", "小时"),
            (span.micros % hour / 1_000_000, " seconds", "秒"),
        ];
        let said: Vec<String> = parts
            .iter()
            .filter(|(n, ..)| *n != 0)
            .map(|(n, en, zh)| format!("{n}{}", self.lang.pick(*en, *zh)))
            .collect();
        if said.is_empty() {
            "0".to_owned()
        } else {
            said.join(self.lang.pick(" ", ""))
        }
    }

    fn field(self, subject: Subject, field: &FieldRef) -> String {
        let whose = match subject {
            Subject::Fact => self.lang.pick("the fact's ", "该笔"),
            Subject::Item => self.lang.pick("the item's ", "该项"),
            Subject::It => self.lang.pick("its ", "其"),
        };
        let what = match field {
            FieldRef::At => self.lang.pick("time", "时间").to_owned(),
            FieldRef::Member => self.lang.pick("member", "会员").to_owned(),
            FieldRef::Named(name) => self.name(name),
        };
        format!("{whose}{what}")
    }

    /// A person.
    pub(super) fn role(self, role: Role) -> &'static str {
        match role {
            Role::Friend => self.lang.pick("the member who acted", "行为人"),
            Role::Referrer => self.lang.pick("the referrer", "推荐人"),
            Role::Level2 => self.lang.pick("the referrer's referrer", "二级推荐人"),
            Role::Who => self.lang.pick("the beneficiary", "受益人"),
            Role::Its => self.lang.pick("its member", "该会员"),
        }
    }

    fn attribute(self, role: Role, attr: &AttrRef) -> String {
        let what = match attr {
            AttrRef::Registered => self
                .lang
                .pick("time of registration", "注册时间")
                .to_owned(),
            AttrRef::Id => self.lang.pick("id", "编号").to_owned(),
            AttrRef::Named(name) => self.name(name),
        };
        let role = self.role(role);
        self.lang
            .pick(format!("the {what} of {role}"), format!("{role}的{what}"))
    }

    fn local(self, local: Local) -> &'static str {
        match local {
            Local::WindowFrom => self.lang.pick("the start of the program", "活动开始时"),
            Local::WindowUntil => self.lang.pick("the end of the program", "活动结束时"),
            Local::Granted => self.lang.pick("the moment of the decision", "发放时"),
            Local::Released => self
                .lang
                .pick("the moment at which that came true", "满足条件时"),
            Local::Place => self.lang.pick("the place", "名次"),
            Local::Total => self.lang.pick("the total of the member", "其合计"),
            Local::GroupTotal => self.lang.pick("the total of all", "全部合计"),
            Local::GroupSize => self.lang.pick("the number of members listed", "上榜人数"),
            Local::PeriodFrom => self.lang.pick("the start of the period", "周期开始时"),
            Local::PeriodUntil => self.lang.pick("the end of the period", "周期结束时"),
            Local::Day => self.lang.pick("the day", "当日"),
            Local::Amount => self.lang.pick("the reward's amount", "奖励金额"),
        }
    }

    fn binary(self, op: BinaryOp, a: &Expr, b: &Expr) -> (String, Bond) {
        let (english, chinese, bond) = match op {
            BinaryOp::Or => (" or ", "，或者", Bond::Or),
            BinaryOp::And => (" and ", "，并且", Bond::And),
            BinaryOp::Eq => (" is ", "为", Bond::Compare),
            BinaryOp::Ne => (" is not ", "不为", Bond::Compare),
            BinaryOp::Lt => (" is below ", "小于", Bond::Compare),
            BinaryOp::Le => (" is at most ", "不超过", Bond::Compare),
            BinaryOp::Gt => (" is above ", "大于", Bond::Compare),
            BinaryOp::Ge => (" is at least ", "不低于", Bond::Compare),
            BinaryOp::In => (" is one of ", "属于", Bond::Compare),
            BinaryOp::Default => (", or if that is not known ", "（未知时取后者）或", Bond::Or),
            BinaryOp::Add => (" + ", " + ", Bond::Sum),
            BinaryOp::Sub => (" − ", " − ", Bond::Sum),
            BinaryOp::Mul => (" × ", " × ", Bond::Product),
            BinaryOp::Div => (" ÷ ", " ÷ ", Bond::Product),
        };
        // The right side of a difference or a quotient holds closer than the operator itself.
        let right = match op {
            BinaryOp::Sub => Bond::Product,
            BinaryOp::Div => Bond::Word,
            _ if bond == Bond::Compare => Bond::Sum,
            _ => bond,
        };
        let left = if bond == Bond::Compare {
            Bond::Sum
        } else {
            bond
        };
        (
            format!(
                "{}{}{}",
                self.within(a, left),
                self.lang.pick(english, chinese),
                self.within(b, right)
            ),
            bond,
        )
    }
}

/// A number with its thousands set apart; one between zero and one as a percentage.
pub(super) fn number(n: &Exact) -> String {
    let one = Exact::int(1);
    if !n.is_negative() && *n > Exact::ZERO && *n < one && n.fits(10) {
        return format!("{}%", n.mul(&Exact::int(100)));
    }
    match n.to_int() {
        Some(whole) => super::super::super::table::money(whole, 0),
        None => n.to_string(),
    }
}

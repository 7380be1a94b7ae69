//! Words for what programs and books say by code, in the language of a page.

pub(super) mod rules;

use super::i18n::Lang;

/// One of two texts.
const fn either(lang: Lang, english: &'static str, chinese: &'static str) -> &'static str {
    match lang {
        Lang::En => english,
        Lang::Zh => chinese,
    }
}

/// What a booking is.
pub(super) fn booking(lang: Lang, kind: &str) -> &str {
    match kind {
        "granted" => either(lang, "Reward granted", "奖励计提"),
        "adjusted" => either(lang, "Reward adjusted", "奖励调整"),
        "released" => either(lang, "Reward released", "奖励到账"),
        "cancelled" => either(lang, "Reward cancelled", "奖励取消"),
        "expired" => either(lang, "Reward expired", "奖励过期"),
        "clawed_back" => either(lang, "Reward clawed back", "奖励收回"),
        "clawed_back_after_payment" => either(lang, "Paid reward clawed back", "已付奖励追回"),
        "paid" => either(lang, "Reward paid", "奖励支付"),
        other => other,
    }
}

/// What an account holds.
pub(super) fn account(lang: Lang, kind: &str) -> &str {
    match kind {
        "funding" => either(lang, "what programs granted", "活动拨付"),
        "clawed_back" => either(lang, "what programs took back", "活动收回"),
        "pending" => either(lang, "members' pending rewards", "会员待到账奖励"),
        "available" => either(lang, "members' available rewards", "会员可用奖励"),
        "paid" => either(lang, "paid to members", "已付会员"),
        "receivable" => either(lang, "owed by members", "应收会员"),
        other => other,
    }
}

/// How far money has come towards a goal.
pub(super) const fn goal(lang: Lang) -> &'static str {
    either(
        lang,
        "Amount by the friends of the treated",
        "参与组好友金额",
    )
}

/// A friend whose name nobody gave.
pub(super) fn friend(lang: Lang, number: usize) -> String {
    format!("{} {number}", either(lang, "Friend", "好友"))
}

/// When the next pending reward is released.
pub(super) fn next_release(lang: Lang, day: &str) -> String {
    match lang {
        Lang::En => format!("The next part is released on {day}."),
        Lang::Zh => format!("下一笔将于 {day} 到账。"),
    }
}

/// That pending rewards wait for something that has no day yet.
pub(super) const fn waits(lang: Lang) -> &'static str {
    either(
        lang,
        "It waits for a condition of the program.",
        "等待活动条件满足。",
    )
}

/// The step of an explanation.
pub(super) const fn step(lang: Lang, step: ExplainStep) -> &'static str {
    match step {
        ExplainStep::Formula => either(lang, "Formula", "公式"),
        ExplainStep::Cap => either(lang, "Cap", "封顶"),
        ExplainStep::Rounding => either(lang, "Rounding", "取整"),
        ExplainStep::Limit => either(lang, "Limits and budget", "限额与预算"),
    }
}

/// A step of an explanation.
#[derive(Clone, Copy)]
pub(super) enum ExplainStep {
    /// The formula's exact value.
    Formula,
    /// The cap on it.
    Cap,
    /// The one rounding.
    Rounding,
    /// What limits and the budget left.
    Limit,
}

//! A member's own page: the code, the friends by steps, the rewards without anything that would
//! tell what a friend invests.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::{HttpRequest, HttpResponse};
use qrcode::QrCode;
use qrcode::render::svg;
use url::form_urlencoded;

use super::offers;
use crate::access::sessions::SESSION_SECONDS;
use crate::access::{Permission, keys};
use crate::engine::Engine;
use crate::ledger::chart::AccountKind;
use crate::rewards::RewardState as Stored;
use crate::rules::expr::ExprKind;
use crate::rules::program::PayAmount;
use crate::storage::Tx;
use crate::storage::rows::{MemberRow, RewardRow};
use crate::types::{Instant, Zone};
use crate::web::api::rewards::names_of;
use crate::web::api::view::Names;
use crate::web::call::block;
use crate::web::console::{reward, sign_in};
use crate::web::cookies;
use crate::web::error::{ApiError, Code};
use crate::web::i18n::Lang;
use crate::web::pages::member::{
    FriendRow, FriendStep, MemberPage, MemberReward, MonthSum, RewardGroup,
};
use crate::web::pages::notice::WayOut;
use crate::web::pages::states::RewardState;
use crate::web::visit::{Door, Scene, Visit, page, see_other};
use crate::web::{format, words};

/// The page and the path of its cookie.
const PAGE: &str = "/m";
/// Friends that the page lists, the latest first.
const FRIENDS_MAX: usize = 200;
/// Rewards that the page counts, the latest first.
const REWARDS_MAX: i64 = 2_000;
/// Smallest side of the QR code, in pixels.
const QR_SIDE: u32 = 220;
/// The class of rewards whose amounts tell what a friend did.
const COMMISSION: &str = "commission";

/// `GET /m`: with `?token=` the key is taken into a cookie and out of the address.
pub(in crate::web) async fn open(req: HttpRequest) -> HttpResponse {
    let query = form_urlencoded::parse(req.query_string().as_bytes());
    if let Some((_, token)) = query.into_owned().find(|(name, _)| name == "token") {
        return enter(&req, token).await;
    }
    page(
        &req,
        Door::Member,
        Permission::SeeOwnPage,
        |engine, scene| engine.store().read(|tx| build(engine, tx, scene)),
    )
    .await
}

async fn enter(req: &HttpRequest, token: String) -> HttpResponse {
    let visit = match Visit::of(req, Door::Member) {
        Ok(visit) => visit,
        Err(answered) => return *answered,
    };
    let hash = keys::hash_of(&token);
    let found = block(&visit.app, move |engine| {
        Ok(keys::authenticate(engine, &token)?)
    })
    .await;
    let entered = found.and_then(|principal| {
        if principal.is_none_or(|p| !p.role.may(Permission::SeeOwnPage)) {
            return Err(ApiError::new(
                Code::Unauthenticated,
                "this link is not valid any more: open the page from the app again",
            ));
        }
        Ok(visit.app.signer.open(&hash, visit.now)?)
    });
    match entered {
        Ok(session) => {
            let mut response = see_other(PAGE);
            let cookie = cookies::set(
                &visit.app,
                cookies::MEMBER,
                &visit.app.signer.seal(&session),
                PAGE,
                SESSION_SECONDS,
            );
            sign_in::append_cookie(&mut response, &cookie);
            response
        }
        Err(error) => visit.problem(&error, WayOut::Nowhere),
    }
}

fn build(engine: &Engine, tx: &mut Tx<'_>, scene: Scene) -> Result<MemberPage, ApiError> {
    let missing = || ApiError::new(Code::NotFound, "the member of this key is gone");
    let id = scene.principal.member.ok_or_else(missing)?;
    let member = tx
        .members_by_id(&[id])?
        .into_iter()
        .next()
        .ok_or_else(missing)?;
    let open = offers::open_to(engine, tx, id, scene.now)?;
    let rows = tx.rewards_of_member(id, i64::MAX, REWARDS_MAX)?;
    let names = names_of(engine, tx, &rows)?;
    let (lang, zone) = (scene.shell.lang, scene.zone);
    let balances = balances(tx, id)?;
    let balance = |kind: AccountKind| sums(&names, balances.get(kind.word()));
    let link = format!("{}/i/{}", scene.base_url, member.code);
    let qr = QrCode::new(link.as_bytes()).map_err(|e| ApiError::internal(&e))?;
    Ok(MemberPage {
        offer: offers::offer(lang, &open),
        code: member.code.clone(),
        qr_svg: qr
            .render::<svg::Color<'_>>()
            .min_dimensions(QR_SIDE, QR_SIDE)
            .build(),
        link,
        available: balance(AccountKind::Available),
        pending: balance(AccountKind::Pending),
        this_month: this_month(&rows, &names, zone, scene.now),
        pending_reason: pending_reason(lang, &rows, zone),
        friends: friends(tx, lang, &member)?,
        rewards: groups(&rows, &names, zone),
        commissions: commissions(&rows, &names, zone),
        rules: offers::rules(lang, &open),
        shell: scene.shell,
    })
}

/// Minor units by currency.
type ByCurrency = BTreeMap<String, i64>;

fn balances(tx: &mut Tx<'_>, member: i64) -> Result<BTreeMap<String, ByCurrency>, ApiError> {
    let mut found: BTreeMap<String, ByCurrency> = BTreeMap::new();
    for row in tx.accounts_of(member)? {
        *found
            .entry(row.kind)
            .or_default()
            .entry(row.currency)
            .or_default() += row.balance_minor;
    }
    Ok(found)
}

/// Sums of several currencies in one text.
fn sums(names: &Names, by_currency: Option<&ByCurrency>) -> String {
    let money =
        |currency: &str, minor: i64| format::money(minor, names.exponent(currency), currency);
    let parts = by_currency
        .into_iter()
        .flatten()
        .filter(|(_, minor)| **minor != 0);
    let text = parts
        .map(|(currency, minor)| money(currency, *minor))
        .collect::<Vec<_>>()
        .join(" + ");
    if !text.is_empty() {
        return text;
    }
    // Nothing is shown as a zero of the currency that the member knows best.
    let currency = by_currency
        .and_then(|all| all.keys().next())
        .map_or("", String::as_str);
    if currency.is_empty() {
        "0".to_owned()
    } else {
        money(currency, 0)
    }
}

fn standing(row: &RewardRow) -> bool {
    matches!(
        Stored::from_word(&row.state),
        Some(Stored::Pending | Stored::Available | Stored::Paid)
    )
}

fn kept(row: &RewardRow) -> i64 {
    row.amount_minor - row.clawed_minor
}

fn month(zone: Zone, at: i64) -> String {
    zone.local(Instant::from_micros(at))
        .format("%Y-%m")
        .to_string()
}

fn this_month(rows: &[RewardRow], names: &Names, zone: Zone, now: Instant) -> String {
    let current = month(zone, now.micros());
    let mut found = ByCurrency::new();
    for row in rows.iter().filter(|r| standing(r)) {
        let counted = if month(zone, row.granted_at) == current {
            kept(row)
        } else {
            0
        };
        *found.entry(row.currency.clone()).or_default() += counted;
    }
    sums(names, Some(&found))
}

fn pending_reason(lang: Lang, rows: &[RewardRow], zone: Zone) -> Option<String> {
    let pending: Vec<&RewardRow> = rows
        .iter()
        .filter(|r| Stored::from_word(&r.state) == Some(Stored::Pending))
        .collect();
    let due = pending.iter().filter_map(|r| r.due).min();
    match (pending.is_empty(), due) {
        (true, _) => None,
        (false, Some(due)) => Some(words::next_release(
            lang,
            &format::day(zone, Instant::from_micros(due)),
        )),
        (false, None) => Some(words::waits(lang).to_owned()),
    }
}

/// Whether a reward's amount would tell what a friend did: commissions, and whatever a formula
/// makes of a friend's act.
fn tells_of_a_friend(row: &RewardRow, names: &Names) -> bool {
    if row.distance == 0 {
        return false;
    }
    let pay = names.loaded.catalog.get(row.program_no).and_then(|active| {
        let rule = active.rule(usize::try_from(row.rule_no).ok()?)?;
        rule.pays.get(usize::try_from(row.pay_no).ok()?)
    });
    let fixed = pay.is_some_and(|pay| matches!(&pay.amount, PayAmount::Amount(f, _) if matches!(f.expr.kind, ExprKind::Lit(_))));
    row.form == COMMISSION || !fixed
}

/// The state of a reward on this page. A refusal is left out: its reason may tell of a friend.
fn state(row: &RewardRow) -> Option<RewardState> {
    Some(reward::shown_state(row)).filter(|state| *state != RewardState::Refused)
}

fn groups(rows: &[RewardRow], names: &Names, zone: Zone) -> Vec<RewardGroup> {
    let order = [
        RewardState::Available,
        RewardState::Pending,
        RewardState::Withheld,
        RewardState::Paid,
        RewardState::Cancelled,
        RewardState::Expired,
        RewardState::ClawedBack,
    ];
    let of = |wanted: RewardState| {
        let own: Vec<&RewardRow> = rows
            .iter()
            .filter(|r| state(r) == Some(wanted) && !tells_of_a_friend(r, names))
            .collect();
        let mut total = ByCurrency::new();
        for row in &own {
            *total.entry(row.currency.clone()).or_default() += row.amount_minor;
        }
        let rows = own.into_iter().map(|row| MemberReward {
            what: row.kind.clone(),
            amount: format::money(
                row.amount_minor,
                names.exponent(&row.currency),
                &row.currency,
            ),
            reason: row.reason.clone(),
            on: format::day(
                zone,
                Instant::from_micros(row.due.unwrap_or(row.granted_at)),
            ),
        });
        let rows: Vec<MemberReward> = rows.collect();
        (!rows.is_empty()).then(|| RewardGroup {
            state: wanted,
            total: sums(names, Some(&total)),
            rows,
        })
    };
    order.into_iter().filter_map(of).collect()
}

/// One sum for each month and state, so that no single amount is seen.
fn commissions(rows: &[RewardRow], names: &Names, zone: Zone) -> Vec<MonthSum> {
    let mut found: BTreeMap<(String, &'static str), (RewardState, ByCurrency)> = BTreeMap::new();
    for row in rows.iter().filter(|r| tells_of_a_friend(r, names)) {
        let Some(state) = state(row) else { continue };
        let entry = found.entry((month(zone, row.granted_at), state.key()));
        let (_, sum) = entry.or_insert_with(|| (state, ByCurrency::new()));
        *sum.entry(row.currency.clone()).or_default() += row.amount_minor;
    }
    let shown = found
        .into_iter()
        .rev()
        .map(|((month, _), (state, sum))| MonthSum {
            month,
            state,
            amount: sums(names, Some(&sum)),
        });
    shown.collect()
}

fn friends(tx: &mut Tx<'_>, lang: Lang, member: &MemberRow) -> Result<Vec<FriendRow>, ApiError> {
    let all: Vec<i64> = tx
        .referees(&[member.id])?
        .into_iter()
        .map(|(_, friend)| friend)
        .collect();
    let shown: Vec<(usize, i64)> = (1..)
        .zip(all)
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
        .take(FRIENDS_MAX)
        .collect();
    let ids: Vec<i64> = shown.iter().map(|(_, id)| *id).collect();
    let known: BTreeMap<i64, String> = tx
        .contacts(&ids)?
        .into_iter()
        .filter_map(|c| Some((c.member_id, c.name?)))
        .collect();
    let mut did = |kind: &str| -> Result<BTreeSet<i64>, ApiError> {
        Ok(tx
            .facts_by_member(kind, &ids)?
            .into_iter()
            .filter_map(|f| f.member_id)
            .collect())
    };
    let (verified, invested) = (did("verified")?, did("invested")?);
    let row = |(number, id): &(usize, i64)| FriendRow {
        name: known
            .get(id)
            .and_then(|name| format::masked(name))
            .unwrap_or_else(|| words::friend(lang, *number)),
        reached: match (invested.contains(id), verified.contains(id)) {
            (true, _) => FriendStep::Invested,
            (false, true) => FriendStep::Verified,
            (false, false) => FriendStep::Registered,
        },
    };
    Ok(shown.iter().map(row).collect())
}

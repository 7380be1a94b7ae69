//! What is open to a member and to the friends he invites.

use crate::engine::Engine;
use crate::rewards::Active;
use crate::rules::program::Beneficiary;
use crate::storage::Tx;
use crate::types::{Instant, MemberId};
use crate::web::error::ApiError;
use crate::web::i18n::Lang;
use crate::web::pages::member::Offer;
use crate::web::words;

/// The programs that facts of a member's friends would start at a moment, the latest first.
pub(super) fn open_to(
    engine: &Engine,
    tx: &mut Tx<'_>,
    member: MemberId,
    now: Instant,
) -> Result<Vec<Active>, ApiError> {
    let version = tx.see_sequencer()?.catalog_version;
    let loaded = engine.loaded(tx, version)?;
    let mut open: Vec<Active> = Vec::new();
    for active in loaded
        .catalog
        .iter()
        .filter(|a| a.accepting && a.in_window(now))
    {
        let meant = match active.campaign {
            None => true,
            Some(campaign) => !tx.treated(campaign, &[member])?.is_empty(),
        };
        if meant {
            open.push(active.clone());
        }
    }
    open.reverse();
    Ok(open)
}

/// What each side gets, from the latest program that says so; nothing when no program rewards
/// whoever invites or is invited.
pub(super) fn offer(lang: Lang, open: &[Active]) -> Option<Offer> {
    let find = |who: Beneficiary| {
        open.iter().find_map(|active| {
            let program = &active.program;
            program.rules.iter().find_map(|rule| {
                let pay = rule.pays.iter().find(|p| p.to.contains(&who))?;
                Some((
                    rule.on.first()?.clone(),
                    words::rules::worth(lang, program, pay)?,
                ))
            })
        })
    };
    let (referrer, friend) = (find(Beneficiary::Referrer), find(Beneficiary::Friend));
    let kind = referrer
        .as_ref()
        .or(friend.as_ref())
        .map(|(kind, _)| kind.clone())?;
    let worths = [&referrer, &friend]
        .into_iter()
        .flatten()
        .map(|(_, worth)| worth.clone())
        .collect();
    let worth = |side: Option<(_, String)>| {
        side.map_or_else(
            || words::rules::no_reward(lang).to_owned(),
            |(_, worth)| worth,
        )
    };
    Some(Offer {
        occasion: words::rules::occasion(lang, &kind),
        worths,
        referrer: worth(referrer),
        friend: worth(friend),
    })
}

/// The rules of all open programs, as members read them.
pub(super) fn rules(lang: Lang, open: &[Active]) -> Vec<String> {
    open.iter()
        .flat_map(|active| words::rules::for_members(lang, &active.program))
        .collect()
}

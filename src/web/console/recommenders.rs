//! The recommenders in eight classes, and how few of them bring most of the amount.

use std::collections::{BTreeMap, HashMap};

use actix_web::{HttpRequest, HttpResponse};

use crate::access::Permission;
use crate::cohorts::classes::{ClassesError, Model};
use crate::cohorts::service::{self, ClassRequest, CohortError};
use crate::engine::Engine;
use crate::types::MemberId;
use crate::web::api::cohorts::Asked;
use crate::web::error::ApiError;
use crate::web::format;
use crate::web::pages::recommenders::{
    Class, ClassRow, ClassTotals, Indicator, Pareto, RecommendersPage, Threshold,
};
use crate::web::visit::{Door, Scene, page};

/// Facts fetched at a time.
const PAGE: i64 = 10_000;
/// Points of the curve.
const POINTS: usize = 100;
/// The share of recommenders that the page names: the best fifth.
const MARKED_PERCENT: usize = 20;

/// `GET /ops/recommenders`.
pub(in crate::web) async fn open(req: HttpRequest) -> HttpResponse {
    page(&req, Door::Console, Permission::ReadCohorts, build).await
}

fn build(engine: &Engine, scene: Scene) -> Result<RecommendersPage, ApiError> {
    let as_of = format::moment(scene.zone, scene.now);
    let request = Asked {
        as_of: Some(scene.now),
        ..Asked::default()
    }
    .request(engine)?;
    let model = match service::classes(engine, &request) {
        Ok(model) => model,
        Err(CohortError::Classes(ClassesError::Empty)) => {
            let (thresholds, classes) = (Vec::new(), Vec::new());
            return Ok(RecommendersPage {
                shell: scene.shell,
                as_of,
                thresholds,
                classes,
                totals: None,
                pareto: None,
            });
        }
        Err(error) => return Err(error.into()),
    };
    let money = |minor: i64| format::money(minor, request.exponent, &request.currency);
    let per_head = i64::try_from(model.total_members)
        .ok()
        .filter(|n| *n > 0)
        .map_or(0, |n| model.total_amount_minor / n);
    Ok(RecommendersPage {
        thresholds: thresholds(&model, &request),
        classes: model
            .rows
            .iter()
            .filter(|r| r.members > 0)
            .map(|r| class_row(r, &request))
            .collect(),
        totals: Some(ClassTotals {
            members: format::count(model.total_members),
            amount: money(model.total_amount_minor),
            amount_per_head: money(per_head),
        }),
        pareto: pareto(&amounts(engine, &request)?),
        shell: scene.shell,
        as_of,
    })
}

fn class_row(row: &crate::cohorts::classes::ClassRow, request: &ClassRequest) -> ClassRow {
    let [many, large, recent] = row.class.bits();
    let money = |minor: i64| format::money(minor, request.exponent, &request.currency);
    let per_mille = |bp: u32| u16::try_from(bp / 10).unwrap_or(1_000);
    ClassRow {
        class: Class {
            many,
            large,
            recent,
        },
        members: format::count(row.members),
        people_share: format::basis_points(row.members_share_bp),
        people_per_mille: per_mille(row.members_share_bp),
        amount: money(row.amount_minor),
        amount_share: format::basis_points(row.amount_share_bp),
        amount_per_mille: per_mille(row.amount_share_bp),
        amount_per_head: money(row.amount_per_head_minor().unwrap_or(0)),
    }
}

/// The means, cut to what their units show.
fn thresholds(model: &Model, request: &ClassRequest) -> Vec<Threshold> {
    let indicators = [Indicator::Friends, Indicator::Amount, Indicator::Days];
    let shown = indicators
        .into_iter()
        .zip(model.thresholds)
        .map(|(indicator, value)| {
            let whole =
                i64::try_from(value.numerator().div_euclid(value.denominator())).unwrap_or(0);
            let plain = value.to_string();
            // Two decimals say enough here; the classes are parted by the exact fraction.
            let two = plain
                .get(..plain.len().saturating_sub(2))
                .unwrap_or_default()
                .to_owned();
            let mean = match indicator {
                Indicator::Amount => format::money(whole, request.exponent, &request.currency),
                Indicator::Friends | Indicator::Days => two,
            };
            Threshold { indicator, mean }
        });
    shown.collect()
}

/// What each recommender's friends brought, the largest first.
fn amounts(engine: &Engine, request: &ClassRequest) -> Result<Vec<i64>, ApiError> {
    let sums = engine.store().read(|tx| {
        let referrers: HashMap<MemberId, MemberId> = tx.all_referrers()?.into_iter().collect();
        let mut sums: BTreeMap<MemberId, i64> = BTreeMap::new();
        let mut last = 0;
        loop {
            let page = tx.facts_of_kind_after(&request.fact_kind, last, PAGE)?;
            let Some(end) = page.last() else { break };
            last = end.seq;
            for row in page
                .iter()
                .filter(|r| r.occurred_at < request.as_of.micros())
            {
                let referrer = row.member_id.and_then(|m| referrers.get(&m));
                let Some(referrer) = referrer else { continue };
                if let Some(minor) = service::amount(&row.fields, request)? {
                    *sums.entry(*referrer).or_default() += minor;
                }
            }
        }
        Ok::<_, ApiError>(sums)
    })?;
    let mut amounts: Vec<i64> = sums.into_values().collect();
    amounts.sort_unstable_by(|a, b| b.cmp(a));
    Ok(amounts)
}

/// The curve of shares, best recommenders first; nothing when there is no amount.
fn pareto(amounts: &[i64]) -> Option<Pareto> {
    let sizes: Vec<u64> = amounts
        .iter()
        .map(|minor| u64::try_from(*minor).unwrap_or(0))
        .collect();
    let (people, total) = (sizes.len(), sizes.iter().sum::<u64>());
    if total == 0 {
        return None;
    }
    let million = |part: u64, whole: u64| {
        u32::try_from(format::share(part, whole, 1_000_000)).unwrap_or(1_000_000)
    };
    let number = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    let mut sum = 0;
    let curve = sizes.iter().enumerate().map(|(index, size)| {
        sum += size;
        (index + 1, sum)
    });
    let curve: Vec<(usize, u64)> = curve.collect();
    let step = people.div_ceil(POINTS);
    let kept = curve.iter().filter(|(n, _)| n % step == 0 || *n == people);
    let points = kept
        .map(|(n, sum)| (million(number(*n), number(people)), million(*sum, total)))
        .collect();
    let best = (people * MARKED_PERCENT).div_ceil(100).max(1);
    let (best, brought) = curve.get(best - 1).copied()?;
    Some(Pareto {
        points,
        marked: (
            million(number(best), number(people)),
            million(brought, total),
        ),
        marked_people: format::percent(number(best), number(people), 1),
        marked_amount: format::percent(brought, total, 1),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curve_rises_to_the_whole_and_names_the_best_fifth() {
        let curve = pareto(&[60, 20, 10, 5, 5]).unwrap();
        let expected = [
            (200_000, 600_000),
            (400_000, 800_000),
            (600_000, 900_000),
            (800_000, 950_000),
            (1_000_000, 1_000_000),
        ];
        assert_eq!(curve.points, expected);
        assert_eq!(curve.marked, (200_000, 600_000));
        assert_eq!(
            (curve.marked_people.as_str(), curve.marked_amount.as_str()),
            ("20.0%", "60.0%")
        );
    }

    #[test]
    fn a_long_curve_is_thinned_and_still_ends_at_the_whole() {
        let curve = pareto(&vec![1; 1_050]).unwrap();
        assert!(curve.points.len() <= POINTS + 1, "{}", curve.points.len());
        assert_eq!(curve.points.last(), Some(&(1_000_000, 1_000_000)));
    }

    #[test]
    fn without_amounts_there_is_no_curve() {
        assert!(pareto(&[]).is_none() && pareto(&[0, 0]).is_none());
    }
}

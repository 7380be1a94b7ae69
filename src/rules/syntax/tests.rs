use super::*;

#[test]
fn products_bind_tighter_than_sums_and_comparisons_tighter_than_and() {
    let node = parse("a.b + 2 * 3 >= 7 and not x in [1, 2]").unwrap();
    let NodeKind::Binary(BinaryOp::And, left, right) = node.kind else {
        panic!("{node:?}")
    };
    assert!(matches!(left.kind, NodeKind::Binary(BinaryOp::Ge, ..)));
    assert!(matches!(right.kind, NodeKind::Not(_)));
}

#[test]
fn deep_nesting_and_long_texts_are_refused_without_a_crash() {
    assert!(
        parse(&"(".repeat(3_000))
            .unwrap_err()
            .message
            .contains("deeper")
    );
    assert!(parse(&"1+".repeat(1_999)).is_err());
    assert!(parse(&"-".repeat(3_999)).is_err());
    assert!(
        parse(&"x".repeat(4_001))
            .unwrap_err()
            .message
            .contains("bytes")
    );
}

#[test]
fn an_aggregate_takes_its_clauses_in_order() {
    let node = parse("sum(invested.amount by friend where it.amount > 1 from fact.at until fact.at + 90 days) >= 50").unwrap();
    let NodeKind::Binary(BinaryOp::Ge, left, _) = node.kind else {
        panic!("not a comparison")
    };
    let NodeKind::Aggregate(agg) = left.kind else {
        panic!("not an aggregate")
    };
    assert_eq!(agg.path, ["invested", "amount"]);
    assert!(agg.by.is_some() && agg.cond.is_some() && agg.from.is_some() && agg.until.is_some());
}

#[test]
fn min_is_a_function_or_an_aggregate_by_its_clauses() {
    assert!(matches!(
        parse("min(a.b, 2)").unwrap().kind,
        NodeKind::Call(..)
    ));
    assert!(matches!(
        parse("min(a.b by friend)").unwrap().kind,
        NodeKind::Aggregate(_)
    ));
}

#[test]
fn a_chained_comparison_is_refused_with_advice() {
    assert!(parse("1 < 2 < 3").unwrap_err().message.contains("chained"));
}

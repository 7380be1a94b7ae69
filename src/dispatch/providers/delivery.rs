//! What becomes of a message after it was handed over. Pure.

/// What one delivery report says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryStatus {
    /// The carrier has taken the message and is still trying.
    Accepted,
    /// The phone has the message.
    Delivered,
    /// The carrier has given the message up.
    Failed,
    /// The carrier refused to take the message.
    Rejected,
}

/// A provider's report on one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryReport {
    /// The attempt the report is about.
    pub attempt_id: String,
    /// What has become of the message.
    pub status: DeliveryStatus,
    /// The carrier's own id of the message, where it gave one.
    pub provider_ref: Option<String>,
    /// The carrier's error code or state, where it gave one, such as `UNDELIV 034`.
    pub code: Option<String>,
}

/// What is known so far about the delivery of one attempt, from least to most conclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeliveryState {
    /// No report has come yet.
    Pending,
    /// The carrier is still trying.
    Accepted,
    /// The carrier refused to take the message.
    Rejected,
    /// The carrier has given the message up.
    Failed,
    /// The phone has the message; nothing changes this.
    Delivered,
}

impl From<DeliveryStatus> for DeliveryState {
    fn from(status: DeliveryStatus) -> Self {
        match status {
            DeliveryStatus::Accepted => DeliveryState::Accepted,
            DeliveryStatus::Delivered => DeliveryState::Delivered,
            DeliveryStatus::Failed => DeliveryState::Failed,
            DeliveryStatus::Rejected => DeliveryState::Rejected,
        }
    }
}

/// The state after `report`.
///
/// Reports come early, twice and out of order. The most conclusive one wins, whenever it
/// comes, so neither their order nor their number matters: `Delivered` is final, and
/// `Accepted` overrides nothing but `Pending`.
pub fn merge(current: DeliveryState, report: &DeliveryReport) -> DeliveryState {
    current.max(report.status.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATUSES: [DeliveryStatus; 4] = [
        DeliveryStatus::Accepted,
        DeliveryStatus::Delivered,
        DeliveryStatus::Failed,
        DeliveryStatus::Rejected,
    ];

    fn after(statuses: &[DeliveryStatus]) -> DeliveryState {
        statuses
            .iter()
            .fold(DeliveryState::Pending, |state, status| {
                let report = DeliveryReport {
                    attempt_id: "a-1".to_owned(),
                    status: *status,
                    provider_ref: None,
                    code: None,
                };
                merge(state, &report)
            })
    }

    #[test]
    fn neither_the_order_nor_the_repetition_of_reports_matters() {
        for a in STATUSES {
            for b in STATUSES {
                for c in STATUSES {
                    assert_eq!(after(&[a, b, c]), after(&[c, a, b]), "{a:?} {b:?} {c:?}");
                    assert_eq!(
                        after(&[a, b, c]),
                        after(&[b, a, c, b, a]),
                        "{a:?} {b:?} {c:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn delivered_is_final_whatever_comes_before_or_after() {
        for other in STATUSES {
            assert_eq!(
                after(&[DeliveryStatus::Delivered, other]),
                DeliveryState::Delivered
            );
            assert_eq!(
                after(&[other, DeliveryStatus::Delivered]),
                DeliveryState::Delivered
            );
        }
    }

    #[test]
    fn accepted_overrides_no_other_report() {
        for other in STATUSES {
            assert_eq!(
                after(&[other, DeliveryStatus::Accepted]),
                DeliveryState::from(other)
            );
        }
        assert_eq!(after(&[DeliveryStatus::Accepted]), DeliveryState::Accepted);
    }
}

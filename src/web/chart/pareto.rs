//! The Pareto curve.

use std::fmt::Write;

use super::canvas::{Canvas, Frame, scale, tenths};

/// The share of the amount that the best recommenders brought, as a curve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParetoCurve {
    /// The text alternative; say the marked point in it.
    pub title: String,
    /// The word under the horizontal axis: share of recommenders, best first.
    pub people: String,
    /// The word over the vertical axis: share of the amount.
    pub amount: String,
    /// (Share of recommenders, share of the amount), parts per million, rising; the origin is added.
    pub points: Vec<(u32, u32)>,
    /// The point to mark, parts per million, and the words beside it.
    pub mark: Option<((u32, u32), String)>,
}

impl ParetoCurve {
    /// The curve, 360 by 300 units, legible on a phone and beside a table.
    #[must_use]
    pub fn svg(&self) -> String {
        let frame = Frame {
            left: 500,
            right: 3400,
            top: 260,
            bottom: 2460,
            low: 0,
            high: 1_000_000,
            last: 1_000_000,
        };
        let place = |people: u32, amount: u32| {
            (
                frame.left + scale(i64::from(people), 1_000_000, frame.right - frame.left),
                frame.y(i64::from(amount)),
            )
        };
        let mut canvas = Canvas::open("chart-pareto", 3600, 3000, &self.title);
        for percent in [0_u32, 25, 50, 75, 100] {
            let share = percent * 10_000;
            let (x, y) = place(share, share);
            canvas.line("chart-grid", (frame.left, y), (frame.right, y));
            canvas.text(
                "chart-tick",
                (frame.left - 60, y + 40),
                "end",
                &format!("{percent}%"),
            );
            canvas.text(
                "chart-tick",
                (x, frame.bottom + 180),
                "middle",
                &format!("{percent}%"),
            );
        }
        canvas.text("chart-tick", (50, 130), "start", &self.amount);
        canvas.text(
            "chart-tick",
            (frame.right + 50, frame.bottom + 400),
            "end",
            &self.people,
        );
        canvas.line("chart-goal", place(0, 0), place(1_000_000, 1_000_000));
        let mut path = String::from("M");
        for (index, (people, amount)) in std::iter::once(&(0, 0)).chain(&self.points).enumerate() {
            let (x, y) = place(*people, *amount);
            let joint = if index == 0 { "" } else { "L" };
            if write!(path, "{joint}{} {}", tenths(x), tenths(y)).is_err() {
                break;
            }
        }
        canvas.add(&format!(
            r#"<path class="chart-line chart-line-0" d="{path}"/>"#
        ));
        if let Some(((people, amount), words)) = &self.mark {
            let at = place(*people, *amount);
            canvas.dot("chart-dot-0", at);
            canvas.text(
                "chart-end chart-end-0",
                (at.0 + 100, at.1 + 150),
                "start",
                words,
            );
        }
        canvas.close()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curve_starts_at_the_origin_and_ends_in_the_upper_right_corner() {
        let curve = ParetoCurve {
            title: "Pareto".to_owned(),
            people: "People".to_owned(),
            amount: "Amount".to_owned(),
            points: vec![(200_000, 700_000), (1_000_000, 1_000_000)],
            mark: Some(((200_000, 700_000), "20% bring 70%".to_owned())),
        };
        let svg = curve.svg();
        assert!(
            svg.contains(r#"d="M50.0 246.0L108.0 92.0L340.0 26.0""#),
            "{svg}"
        );
        assert!(svg.contains(r#"cx="108.0" cy="92.0""#), "{svg}");
        assert!(svg.contains(">20% bring 70%</text>"), "{svg}");
    }
}

//! Lines over time.

use super::Unit;
use super::canvas::{Canvas, Frame, tenths, text_width};

/// How a line is drawn, so that two lines differ without colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stroke {
    /// The treated arm, or the only line.
    Solid,
    /// The control arm.
    Dashed,
}

/// One line of a chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// The word at the line's end.
    pub name: String,
    /// How it is drawn.
    pub stroke: Stroke,
    /// One value for each position of [`LineChart::positions`], `None` where nothing was measured; it may be shorter.
    pub values: Vec<Option<i64>>,
}

/// A horizontal dotted line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoalLine {
    /// The word at the line's end.
    pub name: String,
    /// Where it lies, in the chart's unit.
    pub value: i64,
}

/// Lines over time with labels at their ends and an optional goal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineChart {
    /// What the chart shows; the start of its text alternative.
    pub title: String,
    /// What the values count.
    pub unit: Unit,
    /// The labels of the horizontal axis in order, such as one ISO date a day.
    pub positions: Vec<String>,
    /// The lines.
    pub series: Vec<Series>,
    /// The goal, if there is one.
    pub goal: Option<GoalLine>,
}

/// The proportions of a chart: one for a desktop, one whose text stays legible on a phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Shape {
    class: &'static str,
    width: i64,
    height: i64,
    ticks: usize,
}

const WIDE: Shape = Shape {
    class: "chart-wide",
    width: 6600,
    height: 2600,
    ticks: 7,
};
const NARROW: Shape = Shape {
    class: "chart-narrow",
    width: 3400,
    height: 2400,
    ticks: 3,
};
/// The height of a line of text at the end of a line; labels keep at least this distance.
const TEXT_HEIGHT: i64 = 150;

/// The least step of 1, 2 or 5 times a power of ten that crosses `span` in at most four steps.
fn step_over(span: i64) -> i64 {
    let wanted = span / 4 + i64::from(span % 4 > 0);
    let mut power = 1_i64;
    while let Some(next) = power.checked_mul(10) {
        for factor in [1, 2, 5] {
            if power.saturating_mul(factor) >= wanted {
                return power.saturating_mul(factor);
            }
        }
        power = next;
    }
    span.max(1)
}

/// A label at a line's end: its lines of text, its class, the position and the height it belongs to.
struct EndLabel {
    lines: Vec<String>,
    class: String,
    position: usize,
    y: i64,
}

impl EndLabel {
    fn height(&self) -> i64 {
        i64::try_from(self.lines.len()).unwrap_or(1) * TEXT_HEIGHT
    }
}

/// Moves labels apart that would lie on each other, and back into the picture if the last left it.
fn spread(labels: &mut [EndLabel], top: i64, bottom: i64) {
    labels.sort_by_key(|label| label.y);
    let mut free = top;
    for label in labels.iter_mut() {
        label.y = label.y.max(free);
        free = label.y + label.height();
    }
    let mut limit = bottom;
    for label in labels.iter_mut().rev() {
        label.y = label.y.min(limit - label.height());
        limit = label.y;
    }
}

impl LineChart {
    /// Whether there is not one value to draw.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.series
            .iter()
            .all(|series| series.values.iter().all(Option::is_none))
    }

    /// The chart for a wide page, 660 by 260 units.
    #[must_use]
    pub fn wide(&self) -> String {
        self.draw(WIDE)
    }

    /// The chart for a phone, 340 by 240 units.
    #[must_use]
    pub fn narrow(&self) -> String {
        self.draw(NARROW)
    }

    /// The numbers behind the lines: a label and one text a series, an empty one where nothing was measured.
    #[must_use]
    pub fn rows(&self) -> Vec<(String, Vec<String>)> {
        let value_at = |series: &Series, position: usize| {
            let value = series.values.get(position).copied().flatten();
            value.map_or_else(String::new, |value| self.unit.exact(value))
        };
        let rows = self.positions.iter().enumerate().map(|(position, label)| {
            (
                label.clone(),
                self.series
                    .iter()
                    .map(|series| value_at(series, position))
                    .collect(),
            )
        });
        rows.filter(|(_, values): &(String, Vec<String>)| {
            values.iter().any(|value| !value.is_empty())
        })
        .collect()
    }

    /// Whether the rows hold money, which the table then aligns as such.
    #[must_use]
    pub fn is_money(&self) -> bool {
        matches!(self.unit, Unit::Money { .. })
    }

    fn draw(&self, shape: Shape) -> String {
        let mut labels = self.end_labels(shape);
        let (low, high, step) = self.bounds();
        let ticks = usize::try_from((high - low) / step).unwrap_or(0);
        let tick_values: Vec<i64> =
            std::iter::successors(Some(low), |value| value.checked_add(step))
                .take(ticks + 1)
                .collect();
        let axis_width = tick_values
            .iter()
            .map(|value| text_width(&self.unit.short(*value)))
            .max()
            .unwrap_or(0);
        let label_width = labels
            .iter()
            .flat_map(|label| &label.lines)
            .map(|line| text_width(line))
            .max()
            .unwrap_or(0);
        let frame = Frame {
            left: axis_width + 80,
            right: shape.width - label_width - 100,
            top: 100,
            bottom: shape.height - 260,
            low,
            high,
            last: self.last_position(),
        };
        let mut canvas = Canvas::open(shape.class, shape.width, shape.height, &self.alternative());
        for value in tick_values {
            let y = frame.y(value);
            canvas.line("chart-grid", (frame.left, y), (frame.right, y));
            canvas.text(
                "chart-tick",
                (frame.left - 60, y + 40),
                "end",
                &self.unit.short(value),
            );
        }
        self.draw_positions(&mut canvas, &frame, shape.ticks);
        if let Some(goal) = &self.goal {
            let y = frame.y(goal.value);
            canvas.line("chart-goal", (frame.left, y), (frame.right, y));
        }
        for (index, series) in self.series.iter().enumerate() {
            draw_series(&mut canvas, &frame, series, index);
        }
        for label in &mut labels {
            label.y = frame.y(label.y) - label.height() / 2;
        }
        spread(&mut labels, 20, frame.bottom + TEXT_HEIGHT / 2);
        for label in &labels {
            let mut y = label.y;
            for line in &label.lines {
                y += TEXT_HEIGHT;
                let x = frame.x(label.position) + 90;
                canvas.text(&label.class, (x, y - 35), "start", line);
            }
        }
        canvas.close()
    }

    /// The values at the lower and upper edge and the step between grid lines; zero is always inside.
    fn bounds(&self) -> (i64, i64, i64) {
        let measured = self
            .series
            .iter()
            .flat_map(|series| series.values.iter().copied().flatten());
        let all: Vec<i64> = measured
            .chain(self.goal.as_ref().map(|goal| goal.value))
            .collect();
        let low = all.iter().copied().min().unwrap_or(0).min(0);
        let high = all
            .iter()
            .copied()
            .max()
            .unwrap_or(1)
            .max(low.saturating_add(1))
            .max(0);
        let step = step_over(high.saturating_sub(low));
        let floor = low.div_euclid(step).saturating_mul(step);
        let steps = high.saturating_sub(floor).div_euclid(step);
        let below = floor.saturating_add(steps.saturating_mul(step));
        (
            floor,
            if below < high {
                below.saturating_add(step)
            } else {
                below
            },
            step,
        )
    }

    /// The labels with their *values* as `y`; a phone gets the name and the value on two lines.
    fn end_labels(&self, shape: Shape) -> Vec<EndLabel> {
        let lines = |name: &str, value: i64| {
            let value = self.unit.end(value);
            if shape == NARROW {
                vec![name.to_owned(), value]
            } else {
                vec![format!("{name} {value}")]
            }
        };
        let goal = self.goal.iter().map(|goal| EndLabel {
            lines: lines(&goal.name, goal.value),
            class: "chart-end chart-end-goal".to_owned(),
            position: self.last_position(),
            y: goal.value,
        });
        let ends = self
            .series
            .iter()
            .enumerate()
            .filter_map(|(index, series)| {
                let position = series.values.iter().rposition(Option::is_some)?;
                let value = series.values.get(position).copied().flatten()?;
                Some(EndLabel {
                    lines: lines(&series.name, value),
                    class: format!("chart-end chart-end-{index}"),
                    position: position.min(self.last_position()),
                    y: value,
                })
            });
        ends.chain(goal).collect()
    }

    fn last_position(&self) -> usize {
        self.positions.len().saturating_sub(1)
    }

    fn alternative(&self) -> String {
        let mut text = self.title.clone();
        let ends = self.end_labels(WIDE);
        for (index, label) in ends.iter().enumerate() {
            text.push_str(if index == 0 { ": " } else { ", " });
            text.push_str(&label.lines.join(" "));
        }
        text
    }

    fn draw_positions(&self, canvas: &mut Canvas, frame: &Frame, wanted: usize) {
        let every = frame.last.div_ceil(wanted.max(1)).max(1);
        for (position, label) in self.positions.iter().enumerate().step_by(every) {
            // A long label centred under the axis' start would leave the picture.
            let fits = text_width(label) / 2 <= frame.x(position);
            let anchor = if fits { "middle" } else { "start" };
            canvas.text(
                "chart-tick",
                (frame.x(position), frame.bottom + 180),
                anchor,
                label,
            );
        }
    }
}

fn draw_series(canvas: &mut Canvas, frame: &Frame, series: &Series, index: usize) {
    let mut path = String::new();
    let mut end = None;
    let mut pen_down = false;
    for (position, value) in series.values.iter().enumerate().take(frame.last + 1) {
        if let Some(value) = value {
            let at = (frame.x(position), frame.y(*value));
            path.push_str(if pen_down { "L" } else { "M" });
            path.push_str(&tenths(at.0));
            path.push(' ');
            path.push_str(&tenths(at.1));
            end = Some(at);
        }
        pen_down = value.is_some();
    }
    let Some(end) = end else { return };
    let dash = match series.stroke {
        Stroke::Solid => "",
        Stroke::Dashed => " chart-dashed",
    };
    canvas.add(&format!(
        r#"<path class="chart-line chart-line-{index}{dash}" d="{path}"/>"#
    ));
    canvas.dot(&format!("chart-dot-{index}"), end);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(values: &[&[Option<i64>]], goal: Option<i64>) -> LineChart {
        LineChart {
            title: "Rate".to_owned(),
            unit: Unit::Rate,
            positions: ["11-01", "11-02", "11-03"].map(str::to_owned).to_vec(),
            series: values
                .iter()
                .zip([("Treated", Stroke::Solid), ("Control", Stroke::Dashed)])
                .map(|(values, (name, stroke))| Series {
                    name: name.to_owned(),
                    stroke,
                    values: values.to_vec(),
                })
                .collect(),
            goal: goal.map(|value| GoalLine {
                name: "Goal".to_owned(),
                value,
            }),
        }
    }

    #[test]
    fn steps_are_one_two_or_five_times_a_power_of_ten() {
        let steps = [0, 1, 4, 5, 9, 41, 60_000, 1_700].map(step_over);
        assert_eq!(steps, [1, 1, 1, 2, 5, 20, 20_000, 500]);
        assert!(step_over(i64::MAX) > i64::MAX / 5);
    }

    #[test]
    fn the_axis_reaches_from_zero_over_every_value_and_the_goal() {
        let (low, high, step) = chart(&[&[Some(12_000), Some(41_300)]], Some(50_000)).bounds();
        assert_eq!((low, high, step), (0, 60_000, 20_000));
        assert_eq!(chart(&[&[Some(-7), Some(3)]], None).bounds(), (-10, 5, 5));
        assert_eq!(chart(&[&[None]], None).bounds(), (0, 1, 1));
    }

    #[test]
    fn the_control_is_dashed_the_goal_dotted_and_each_line_named_at_its_end() {
        let svg = chart(
            &[&[Some(10_000), Some(41_300)], &[Some(9_000), Some(21_000)]],
            Some(50_000),
        )
        .wide();
        assert!(
            svg.contains(r#"class="chart-line chart-line-0" d="M"#),
            "{svg}"
        );
        assert!(
            svg.contains(r#"class="chart-line chart-line-1 chart-dashed" d="M"#),
            "{svg}"
        );
        assert!(svg.contains(r#"class="chart-goal""#), "{svg}");
        for words in ["Treated 4.13%", "Control 2.10%", "Goal 5.00%"] {
            assert!(
                svg.contains(&format!(">{words}</text>")),
                "{words} in {svg}"
            );
        }
        assert!(
            svg.contains(r#"aria-label="Rate: Treated 4.13%, Control 2.10%, Goal 5.00%""#),
            "{svg}"
        );
    }

    #[test]
    fn a_missing_day_breaks_the_line() {
        let svg = chart(&[&[Some(1), None, Some(3)]], None).wide();
        let path = svg
            .split_once("chart-line-0\" d=\"")
            .unwrap()
            .1
            .split_once('"')
            .unwrap()
            .0;
        assert_eq!(path.matches('M').count(), 2, "{path}");
        assert!(!path.contains('L'), "{path}");
    }

    #[test]
    fn a_chart_without_values_is_empty_and_a_single_value_is_a_dot() {
        assert!(chart(&[&[None, None]], Some(1)).is_empty());
        let mut single = chart(&[&[Some(1)]], None);
        single.positions.truncate(1);
        assert!(!single.is_empty());
        assert!(single.narrow().contains("<circle"));
    }

    #[test]
    fn labels_at_the_ends_do_not_lie_on_each_other_or_leave_the_picture() {
        for chart in [
            chart(&[&[Some(10)], &[Some(10)]], Some(10)),
            chart(&[&[Some(0)], &[Some(0)]], Some(0)),
        ] {
            for svg in [chart.wide(), chart.narrow()] {
                let mut heights: Vec<i64> = svg
                    .split("<text class=\"chart-end")
                    .skip(1)
                    .map(|text| {
                        text.split_once("y=\"")
                            .unwrap()
                            .1
                            .split_once('"')
                            .unwrap()
                            .0
                    })
                    .map(|y| y.replace('.', "").parse().unwrap())
                    .collect();
                heights.sort_unstable();
                assert!(
                    heights.windows(2).all(|pair| pair[1] - pair[0] >= 100),
                    "{heights:?}"
                );
                assert!(
                    heights.iter().all(|y| (0..=NARROW.height).contains(y)),
                    "{heights:?}"
                );
            }
        }
    }

    #[test]
    fn the_table_under_a_chart_has_a_row_for_each_measured_day() {
        let rows = chart(&[&[Some(10_000), None, Some(41_300)], &[Some(9_000)]], None).rows();
        assert_eq!(
            rows,
            [
                (
                    "11-01".to_owned(),
                    vec!["1.00%".to_owned(), "0.90%".to_owned()]
                ),
                ("11-03".to_owned(), vec!["4.13%".to_owned(), String::new()]),
            ]
        );
    }
}

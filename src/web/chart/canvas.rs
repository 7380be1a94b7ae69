//! SVG elements and the geometry between values and the picture.

/// The area between the axes, in tenths, and the values at its lower and upper edge.
pub(super) struct Frame {
    pub(super) left: i64,
    pub(super) right: i64,
    pub(super) top: i64,
    pub(super) bottom: i64,
    pub(super) low: i64,
    pub(super) high: i64,
    pub(super) last: usize,
}

impl Frame {
    pub(super) fn x(&self, position: usize) -> i64 {
        let at = i64::try_from(position).unwrap_or(i64::MAX);
        let last = i64::try_from(self.last).unwrap_or(i64::MAX);
        self.left + scale(at, last, self.right - self.left)
    }

    pub(super) fn y(&self, value: i64) -> i64 {
        let above = value.saturating_sub(self.low);
        self.bottom
            - scale(
                above,
                self.high.saturating_sub(self.low),
                self.bottom - self.top,
            )
    }
}

/// `value / span` of `length`, or 0 of an empty span.
pub(super) fn scale(value: i64, span: i64, length: i64) -> i64 {
    if span <= 0 {
        return 0;
    }
    let scaled = i128::from(value) * i128::from(length) / i128::from(span);
    i64::try_from(scaled).unwrap_or(length)
}

/// Tenths as SVG reads them: 125 is `12.5`.
pub(super) fn tenths(value: i64) -> String {
    let sign = if value < 0 { "-" } else { "" };
    format!(
        "{sign}{}.{}",
        value.unsigned_abs() / 10,
        value.unsigned_abs() % 10
    )
}

/// The width of `text` on the page in tenths: of the widest usual font, so that no label is cut.
pub(super) fn text_width(text: &str) -> i64 {
    let width = |letter: char| match letter {
        ',' | '.' | ' ' => 50,
        '%' | 'M' | 'W' | 'm' | 'w' => 120,
        _ if letter.is_ascii() => 86,
        _ => 125,
    };
    text.chars().map(width).sum()
}

/// `text` with the five characters replaced that XML reserves.
fn escape(text: &str) -> String {
    let mut safe = String::new();
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            _ => safe.push(letter),
        }
    }
    safe
}

/// Collects SVG elements; writing to a `String` cannot fail, so the result of `write!` says nothing.
pub(super) struct Canvas(String);

impl Canvas {
    pub(super) fn open(class: &str, width: i64, height: i64, label: &str) -> Self {
        Self(format!(
            r#"<svg class="chart {class}" viewBox="0 0 {} {}" role="img" aria-label="{}" focusable="false">"#,
            tenths(width),
            tenths(height),
            escape(label)
        ))
    }

    pub(super) fn add(&mut self, element: &str) {
        self.0.push_str(element);
    }

    pub(super) fn line(&mut self, class: &str, from: (i64, i64), to: (i64, i64)) {
        let element = format!(
            r#"<line class="{class}" x1="{}" y1="{}" x2="{}" y2="{}"/>"#,
            tenths(from.0),
            tenths(from.1),
            tenths(to.0),
            tenths(to.1)
        );
        self.add(&element);
    }

    pub(super) fn text(&mut self, class: &str, at: (i64, i64), anchor: &str, text: &str) {
        let element = format!(
            r#"<text class="{class}" x="{}" y="{}" text-anchor="{anchor}">{}</text>"#,
            tenths(at.0),
            tenths(at.1),
            escape(text)
        );
        self.add(&element);
    }

    pub(super) fn dot(&mut self, class: &str, at: (i64, i64)) {
        let element = format!(
            r#"<circle class="{class}" cx="{}" cy="{}" r="3.5"/>"#,
            tenths(at.0),
            tenths(at.1)
        );
        self.add(&element);
    }

    pub(super) fn close(mut self) -> String {
        self.add("</svg>");
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_are_written_in_tenths() {
        assert_eq!(tenths(125), "12.5");
        assert_eq!(tenths(-5), "-0.5");
        assert_eq!(tenths(0), "0.0");
    }

    #[test]
    fn an_empty_span_is_placed_at_its_start() {
        assert_eq!(scale(7, 0, 100), 0);
        assert_eq!(scale(i64::MAX, 1, i64::MAX), i64::MAX);
        assert_eq!(scale(1, 4, 100), 25);
    }

    #[test]
    fn text_from_outside_cannot_leave_its_element() {
        let mut canvas = Canvas::open("x", 10, 10, "\"><script>");
        canvas.text("x", (0, 0), "start", "</text><a & b's>");
        let svg = canvas.close();
        assert!(svg.contains("&quot;&gt;&lt;script&gt;"), "{svg}");
        assert!(
            svg.contains("&lt;/text&gt;&lt;a &amp; b&#39;s&gt;"),
            "{svg}"
        );
    }
}

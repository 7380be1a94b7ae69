//! How many SMS parts a text costs.
//!
//! The alphabet and the part sizes are those of 3GPP TS 23.038 and TS 23.040: one part
//! holds 160 GSM-7 septets or 70 UTF-16 units; a longer text is split into parts of 153
//! or 67, because each part then carries a six-byte header that lets the phone join them.

/// The characters of the GSM-7 default alphabet that cost one septet each.
const GSM7_BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
    ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";

/// The characters of the GSM-7 extension table, which cost an escape septet and one more.
const GSM7_EXTENDED: &str = "\u{c}^{}\\[~]|€";

/// The alphabet a text travels in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// The GSM-7 default alphabet with its extension table: seven bits a unit.
    Gsm7,
    /// UCS-2, in practice UTF-16: sixteen bits a unit.
    Ucs2,
}

impl Encoding {
    /// Units that fit into a message of one part.
    const fn single_units_max(self) -> usize {
        match self {
            Encoding::Gsm7 => 160,
            Encoding::Ucs2 => 70,
        }
    }

    /// Units that fit into each part of a message of several.
    const fn part_units_max(self) -> usize {
        match self {
            Encoding::Gsm7 => 153,
            Encoding::Ucs2 => 67,
        }
    }
}

/// What a text costs as an SMS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentCount {
    /// The alphabet the whole text travels in; one character outside GSM-7 moves all of it.
    pub encoding: Encoding,
    /// Length in units of `encoding`: septets or UTF-16 units.
    pub units: usize,
    /// Parts that are sent and billed, at least 1.
    pub parts: usize,
}

/// Counts the parts of `text`.
///
/// A character of two units (an escaped GSM-7 character or an emoji) is never split over
/// two parts: it moves to the next one as a whole.
///
/// # Example
/// ```
/// use vouchsafe::dispatch::message::{Encoding, segments};
///
/// let count = segments("限时优惠");
/// assert_eq!((count.encoding, count.units, count.parts), (Encoding::Ucs2, 4, 1));
/// ```
pub fn segments(text: &str) -> SegmentCount {
    let septets: Option<Vec<usize>> = text.chars().map(gsm7_units).collect();
    match septets {
        Some(widths) => count(Encoding::Gsm7, &widths),
        None => {
            let widths: Vec<usize> = text.chars().map(char::len_utf16).collect();
            count(Encoding::Ucs2, &widths)
        }
    }
}

/// The septets `character` costs, or `None` if GSM-7 cannot write it.
fn gsm7_units(character: char) -> Option<usize> {
    if GSM7_BASIC.contains(character) {
        Some(1)
    } else if GSM7_EXTENDED.contains(character) {
        Some(2)
    } else {
        None
    }
}

fn count(encoding: Encoding, widths: &[usize]) -> SegmentCount {
    let units: usize = widths.iter().sum();
    let mut parts = 1;
    if units > encoding.single_units_max() {
        let mut used = 0;
        for width in widths {
            if used + width > encoding.part_units_max() {
                parts += 1;
                used = 0;
            }
            used += width;
        }
    }
    SegmentCount {
        encoding,
        units,
        parts,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text behind a vector's name; the file holds names and results only.
    fn text_of(name: &str) -> String {
        match name {
            "a159+€" => "a".repeat(159) + "€",
            "a158+€" => "a".repeat(158) + "€",
            "a152+€+b20" => "a".repeat(152) + "€" + &"b".repeat(20),
            "a152+€+b152" => "a".repeat(152) + "€" + &"b".repeat(152),
            "zh69+emoji" => "文".repeat(69) + "😀",
            "zh66+emoji+文10" => "文".repeat(66) + "😀" + &"文".repeat(10),
            "zh66+emoji+文67" => "文".repeat(66) + "😀" + &"文".repeat(67),
            "cedil_c" => "ç".repeat(160),
            "Ç" => "Ç".repeat(160),
            "tick" => "`".repeat(70),
            "crlf" => "a".repeat(157) + "\r\n",
            other => {
                let digits = other.trim_start_matches(|c: char| !c.is_ascii_digit());
                let times: usize = digits.parse().unwrap();
                match other.strip_suffix(digits).unwrap() {
                    "a" => "a".repeat(times),
                    "ext" => "€".repeat(times),
                    "zh" => "文".repeat(times),
                    unknown => panic!("no text is known for the vector `{unknown}{digits}`"),
                }
            }
        }
    }

    #[test]
    fn every_vector_two_independent_counters_agree_on_is_met() {
        let file = include_str!("../../../tests/data/sms-segment-vectors.json");
        let vectors: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(file).unwrap();
        assert_eq!(vectors.len(), 25);
        for (name, expected) in &vectors {
            let text = text_of(name);
            let number = |key: &str| usize::try_from(expected[key].as_u64().unwrap()).unwrap();
            assert_eq!(
                text.encode_utf16().count(),
                number("text_len_utf16"),
                "{name}"
            );
            let counted = segments(&text);
            let (label, bits) = match counted.encoding {
                Encoding::Gsm7 => ("GSM-7", 7),
                Encoding::Ucs2 => ("UCS-2", 16),
            };
            assert_eq!(label, expected["enc"], "{name}");
            assert_eq!(counted.parts, number("segments"), "{name}");
            assert_eq!(counted.units * bits, number("bits"), "{name}");
            let headers = if counted.parts == 1 {
                0
            } else {
                48 * counted.parts
            };
            assert_eq!(number("bits") + headers, number("total"), "{name}");
        }
    }

    #[test]
    fn the_default_alphabet_has_127_characters_and_its_extension_ten() {
        // The 128th place of the alphabet is the escape that opens the extension table.
        assert_eq!(GSM7_BASIC.chars().count(), 127);
        assert_eq!(GSM7_EXTENDED.chars().count(), 10);
    }

    #[test]
    fn an_escaped_character_moves_to_the_next_part_as_a_whole() {
        // 306 septets would fill two parts exactly, but the pair at 153 and 154 may not be split.
        let text = "a".repeat(152) + "€" + &"b".repeat(152);
        assert_eq!(segments(&text).units, 306);
        assert_eq!(segments(&text).parts, 3);
    }

    #[test]
    fn an_emoji_moves_to_the_next_part_as_a_whole() {
        let text = "文".repeat(66) + "😀" + &"文".repeat(66);
        assert_eq!(segments(&text).units, 134);
        assert_eq!(segments(&text).parts, 3);
    }
}

//! Referral codes. Pure.

/// Crockford's base 32 without vowels that spell words: no `I L O U`.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Codes have seven characters: 35 bits.
const BITS: u32 = 35;
/// Odd, so that multiplying by it shuffles all 35-bit numbers without a collision.
const SHUFFLE: u64 = 0x5_DEEC_E66D;

/// The referral code of a member: the same for ever, different for every member, and not in
/// the order of joining.
#[must_use]
pub fn code_of(member: i64) -> String {
    let mask = (1_u64 << BITS) - 1;
    let mixed = member.unsigned_abs().wrapping_mul(SHUFFLE) & mask;
    (0..7)
        .rev()
        .filter_map(|i| usize::try_from((mixed >> (i * 5)) & 31).ok())
        .filter_map(|i| ALPHABET.get(i).copied())
        .map(char::from)
        .collect()
}

/// What a person typed, as a code is written: capitals, and the letters that look like digits.
#[must_use]
pub fn normalise(typed: &str) -> String {
    typed
        .trim()
        .chars()
        .map(|c| match c.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_hundred_thousand_members_have_as_many_codes() {
        let codes: BTreeSet<String> = (1..=100_000).map(code_of).collect();
        assert_eq!(codes.len(), 100_000);
        assert!(codes.iter().all(|c| c.len() == 7));
    }

    #[test]
    fn a_code_typed_with_look_alikes_is_understood() {
        assert_eq!(normalise(" 7ol1i "), "70111");
    }
}

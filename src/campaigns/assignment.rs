//! Who is treated and who is held out: a salted hash of the person, the same for ever.
//!
//! The arm depends on the campaign's salt and on the person alone, not on the order in which people
//! are met, the machine or the moment, so an assignment can be recomputed by anybody who doubts it.
//! Different salts give independent arms: a person held out of one campaign is no likelier to be
//! held out of the next.

use sha2::{Digest, Sha256};

/// Names the hash and the mapping below; whoever changes either must change the tag, so that the
/// assignments of running campaigns stay what they are.
const VERSION: &str = "vouchsafe-assignment-v1";

/// How many buckets there are, so that a bucket is one basis point of the people.
const BUCKETS: u32 = 10_000;

/// Why text cannot be a salt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SaltError {
    /// Without a salt every campaign would hold out the same people.
    #[error("the salt is empty; give every campaign a salt of its own, such as its identifier")]
    Empty,
}

/// The text that makes one campaign's assignment its own, frozen at launch; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Salt(String);

impl Salt {
    /// Takes `text` as the salt, byte for byte.
    ///
    /// # Errors
    /// [`SaltError::Empty`] for an empty text.
    pub fn parse(text: &str) -> Result<Self, SaltError> {
        if text.is_empty() {
            return Err(SaltError::Empty);
        }
        Ok(Self(text.to_owned()))
    }

    /// The text to keep with the campaign.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The arm of an experiment a person belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Arm {
    /// The person is offered what the campaign offers.
    Treated,
    /// The person is held out, to show what happens without the campaign.
    Control,
}

/// The bucket of `person`, uniform from 0 to 9,999.
///
/// `person` is the identifier that remains after identities are merged. The first eight bytes of
/// SHA-256 over the length-prefixed version tag, salt and person are scaled to the buckets by a
/// 128-bit product, which favours no bucket measurably as a remainder would.
#[must_use]
pub fn bucket(salt: &Salt, person: &str) -> u32 {
    let mut hasher = Sha256::new();
    for part in [VERSION, salt.as_str(), person] {
        // The lengths keep ("x1", "23") and ("x12", "3") apart.
        let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
        hasher.update(length.to_be_bytes());
        hasher.update(part);
    }
    let digest: [u8; 32] = hasher.finalize().into();
    let [a, b, c, d, e, f, g, h, ..] = digest;
    let point = u64::from_be_bytes([a, b, c, d, e, f, g, h]);
    let scaled = (u128::from(point) * u128::from(BUCKETS)) >> 64;
    let [.., a, b, c, d] = scaled.to_be_bytes();
    u32::from_be_bytes([a, b, c, d])
}

/// The arm of `person` when `holdout_basis_points` of 10,000 people are held out.
///
/// At 0 everybody is treated, at 10,000 and above everybody is control. A larger holdout keeps the
/// people of a smaller one.
#[must_use]
pub fn assign(salt: &Salt, person: &str, holdout_basis_points: u32) -> Arm {
    if bucket(salt, person) < holdout_basis_points {
        Arm::Control
    } else {
        Arm::Treated
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEOPLE: u32 = 100_000;

    fn salt(text: &str) -> Salt {
        Salt::parse(text).unwrap()
    }

    fn people() -> impl Iterator<Item = String> {
        (0..PEOPLE).map(|number| format!("person-{number}"))
    }

    /// Computed with Python's hashlib:
    /// `h = sha256(); [h.update(len(b).to_bytes(8, "big") + b) for b in (version, salt, person)]`,
    /// then `int.from_bytes(h.digest()[:8], "big") * 10_000 >> 64`.
    #[test]
    fn the_bucket_of_a_person_never_changes() {
        for (salt_text, person, expected) in [
            ("spring-2026", "person-1", 2_892),
            ("spring-2026", "person-2", 4_923),
            ("autumn-2026", "person-1", 8_122),
            ("spring-2026", "张伟", 4_572),
            ("x1", "23", 9_459),
        ] {
            assert_eq!(bucket(&salt(salt_text), person), expected, "{person}");
        }
    }

    #[test]
    fn moving_a_character_from_the_person_to_the_salt_changes_the_bucket() {
        assert_ne!(bucket(&salt("x1"), "23"), bucket(&salt("x12"), "3"));
    }

    #[test]
    fn the_holdout_is_as_large_as_designed() {
        let salt = salt("spring-2026");
        let held_out = people()
            .filter(|person| assign(&salt, person, 1_000) == Arm::Control)
            .count();
        // Three standard deviations of a binomial count at 10% of 100,000 are 285.
        assert!(held_out.abs_diff(10_000) < 285, "{held_out} held out");
    }

    #[test]
    fn all_buckets_are_equally_full() {
        let salt = salt("spring-2026");
        let mut counts = [0_u64; 100];
        for person in people() {
            counts[usize::try_from(bucket(&salt, &person) / 100).unwrap()] += 1;
        }
        let squares: u64 = counts
            .iter()
            .map(|count| count.abs_diff(1_000).pow(2))
            .sum();
        // Chi-square is the squares over the 1,000 expected in each hundred buckets; with 99
        // degrees of freedom it exceeds 149 once in a thousand times.
        assert!(squares < 149_000, "chi-square {squares} thousandths");
    }

    #[test]
    fn being_held_out_of_one_campaign_says_nothing_about_the_next() {
        let (spring, autumn) = (salt("spring-2026"), salt("autumn-2026"));
        let mut table = [[0_i64; 2]; 2];
        for person in people() {
            let row = usize::from(assign(&spring, &person, 1_000) == Arm::Control);
            let column = usize::from(assign(&autumn, &person, 1_000) == Arm::Control);
            table[row][column] += 1;
        }
        let [[a, b], [c, d]] = table;
        // Chi-square of a 2 by 2 table, in whole numbers: n (ad − bc)² over the product of the
        // margins. With one degree of freedom it exceeds 10.83 once in a thousand times.
        let determinant = i128::from(a * d - b * c);
        let margins = i128::from(a + b) * i128::from(c + d) * i128::from(a + c) * i128::from(b + d);
        let hundredths = 100 * i128::from(PEOPLE) * determinant * determinant / margins;
        assert!(hundredths < 1_083, "chi-square {hundredths} hundredths");
    }

    #[test]
    fn a_larger_holdout_keeps_the_people_of_a_smaller_one() {
        let salt = salt("spring-2026");
        for person in people().take(2_000) {
            if assign(&salt, &person, 500) == Arm::Control {
                assert_eq!(assign(&salt, &person, 1_000), Arm::Control);
            }
            assert_eq!(assign(&salt, &person, 0), Arm::Treated);
            assert_eq!(assign(&salt, &person, 10_000), Arm::Control);
        }
    }

    #[test]
    fn an_empty_salt_is_refused() {
        assert_eq!(Salt::parse(""), Err(SaltError::Empty));
    }
}

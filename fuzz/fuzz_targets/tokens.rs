//! Changes whole words, numbers and signs, which libFuzzer's own changes of single bytes leave
//! intact too seldom to get past a parser within a minute.

use libfuzzer_sys::fuzzer_mutate;

/// What is put in: the edges of ranges, and what opens, closes and joins.
const PIECES: [&str; 28] = [
    "0",
    "1",
    "-",
    "-1",
    "0.001",
    "31",
    "99999999",
    "9223372036854775808",
    "1_0",
    "1e9",
    "%",
    "\"",
    "'",
    "\"\"",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ".",
    " ",
    "\n",
    "true",
    "null",
    "\u{a0}",
    "名",
];

/// Changes one to three tokens, every other time; else leaves the change to libFuzzer.
pub(crate) fn mutate(data: &mut [u8], size: usize, size_max: usize, seed: u32) -> usize {
    let mut dice = Dice(u64::from(seed));
    if dice.below(2) == 0 {
        return fuzzer_mutate(data, size, size_max);
    }
    let old = data[..size].to_vec();
    let mut tokens: Vec<&[u8]> = old.chunk_by(|a, b| kind(*a) == kind(*b)).collect();
    for _ in 0..=dice.below(3) {
        let piece = match tokens.len() {
            known if known > 0 && dice.below(2) == 0 => tokens[dice.below(known)],
            _ => PIECES[dice.below(PIECES.len())].as_bytes(),
        };
        let at = dice.below(tokens.len() + 1);
        match dice.below(4) {
            0 if at < tokens.len() => drop(tokens.remove(at)),
            1 | 2 if at < tokens.len() => tokens[at] = piece,
            _ => tokens.insert(at, piece),
        }
    }
    let new = tokens.concat();
    let length = new.len().min(size_max);
    data[..length].copy_from_slice(&new[..length]);
    length
}

/// Bytes of one kind that follow each other are one token; each sign is a kind of its own.
fn kind(byte: u8) -> u8 {
    match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'_' => b'a',
        b'0'..=b'9' => b'0',
        0x80.. => 0x80,
        sign => sign,
    }
}

/// Numbers by chance: SplitMix64 (Steele, Lea and Flood, 2014).
struct Dice(u64);

impl Dice {
    /// A number from 0 to below `bound`.
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }
}

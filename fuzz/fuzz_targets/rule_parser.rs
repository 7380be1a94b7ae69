//! Any text as a rule file, as keys in each part of one, and as a tracking plan: nothing may
//! panic, hang or name a place outside the text.

#![no_main]

mod program;
mod tokens;

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use vouchsafe::rules::Plan;

/// A shorter text is no whole program: it is tried as some keys of one.
const FRAGMENT_BYTES_MAX: usize = 250;

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    tokens::mutate(data, size, max_size, seed)
});

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    if bytes.len() > FRAGMENT_BYTES_MAX {
        program::load(&text);
    } else {
        program::load(&program::with(&text, "", "amount = '1'"));
        program::load(&program::with("", &text, "amount = '1'"));
        program::load(&program::with("", "", &text));
        program::load(&program::with("", "", &format!("amount = '1'\n{text}")));
    }
    if let Err(error) = Plan::load(program::FILE, &text) {
        program::expect_placed(&error, &text);
    }
});

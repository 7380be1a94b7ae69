//! Compares the keys that templates and code use with the catalogues.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::web::i18n::Lang;

fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path
                .extension()
                .is_some_and(|extension| extension == ending)
            {
                found.push(path);
            }
        }
    }
    found
}

/// The literals after `.t("` and `.fill("` in the templates.
fn keys_in_templates() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for path in files("templates/pages", "html") {
        let text = fs::read_to_string(&path).unwrap();
        for call in [".t(\"", ".fill(\""] {
            let keys = text
                .split(call)
                .skip(1)
                .map(|rest| rest.split_once('"').unwrap().0.to_owned());
            found.extend(keys);
        }
    }
    found
}

#[test]
fn every_key_that_a_template_uses_is_in_the_catalogues() {
    let used = keys_in_templates();
    assert!(used.len() > 100, "only {} keys were found", used.len());
    let known = Lang::En.keys();
    let missing: Vec<&String> = used
        .iter()
        .filter(|key| !known.contains(key.as_str()))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// The literals in the pages' code that begin like a key, such as `campaign.state.draft`.
fn keys_in_code() -> BTreeSet<String> {
    let known = Lang::En.keys();
    let sections: BTreeSet<&str> = known
        .iter()
        .filter_map(|key| key.split('.').next())
        .collect();
    let is_key = |word: &&str| {
        let plain = word
            .chars()
            .all(|letter| letter.is_ascii_lowercase() || "._".contains(letter));
        let section = word.split_once('.').map_or("", |(section, _)| section);
        plain && sections.contains(section)
    };
    let mut found = BTreeSet::new();
    for path in files("src/web/pages", "rs") {
        let name = path.to_string_lossy().replace('\\', "/");
        if !name.contains("/samples/") && !name.contains("/tests") {
            let text = fs::read_to_string(&path).unwrap();
            found.extend(text.split('"').filter(is_key).map(str::to_owned));
        }
    }
    found
}

#[test]
fn every_key_that_the_code_uses_is_in_the_catalogues() {
    let used = keys_in_code();
    assert!(used.len() > 40, "only {} keys were found", used.len());
    let known = Lang::En.keys();
    let missing: Vec<&String> = used
        .iter()
        .filter(|key| !known.contains(key.as_str()))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_text_in_the_catalogues_is_used() {
    let mut used = keys_in_templates();
    for path in files("src", "rs") {
        let text = fs::read_to_string(&path).unwrap();
        used.extend(text.split('"').map(str::to_owned));
    }
    let idle: Vec<&str> = Lang::En
        .keys()
        .into_iter()
        .filter(|key| !used.contains(*key))
        .collect();
    assert!(idle.is_empty(), "{idle:?}");
}

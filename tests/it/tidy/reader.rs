//! Reads Rust source as far as the rules need it: code without its comments and texts, words,
//! and paths.

use std::fs::{self, DirEntry};
use std::path::Path;

/// A file, by its path from the root of the project.
pub(super) struct Source {
    pub(super) path: String,
    pub(super) text: String,
}

impl Source {
    pub(super) fn new(path: &str, text: &str) -> Source {
        Source {
            path: path.to_owned(),
            text: text.to_owned(),
        }
    }

    pub(super) fn is_in(&self, place: &str) -> bool {
        let below = self.path.strip_prefix(place);
        below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// A breach, with its place.
    pub(super) fn at(&self, line: usize, what: &str) -> String {
        format!("{}:{line}: {what}", self.path)
    }
}

/// The names in a folder of the project.
pub(super) fn names_in(folder: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let name = |entry: DirEntry| entry.file_name().to_string_lossy().into_owned();
    let read = fs::read_dir(&path).and_then(|list| list.map(|entry| entry.map(name)).collect());
    read.unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The file `place`, or all files below it, whose names end with one of `endings`.
pub(super) fn sources(place: &str, endings: &[&str]) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    let mut left = vec![place.to_owned()];
    while let Some(name) = left.pop() {
        let path = root.join(&name);
        if path.is_dir() {
            left.extend(
                names_in(&name)
                    .iter()
                    .map(|below| format!("{name}/{below}")),
            );
        } else if endings.iter().any(|end| format!("/{name}").ends_with(end)) {
            let text = fs::read_to_string(&path);
            let text = text.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            found.push(Source::new(&name, &text));
        }
    }
    assert!(!found.is_empty(), "{place} holds no {endings:?}");
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// The length in bytes of the comment, text or character that `rest` begins with.
fn blank_length(rest: &str) -> Option<usize> {
    if rest.starts_with("//") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return Some(rest.find("*/").map_or(rest.len(), |end| end + 2));
    }
    let hashes = rest
        .strip_prefix('r')
        .map(|raw| raw.len() - raw.trim_start_matches('#').len());
    if let Some(hashes) = hashes
        && rest
            .get(1 + hashes..)
            .is_some_and(|raw| raw.starts_with('"'))
    {
        let end = format!("\"{}", "#".repeat(hashes));
        let open = 1 + end.len();
        let body = rest.get(open..).unwrap_or_default();
        return Some(
            body.find(&end)
                .map_or(rest.len(), |at| open + at + end.len()),
        );
    }
    let mut letters = rest.char_indices();
    let (_, quote) = letters.next()?;
    // A quote that nothing closes after one letter begins a lifetime.
    let is_letter = quote == '\'' && (rest.starts_with("'\\") || rest.chars().nth(2) == Some('\''));
    if quote != '"' && !is_letter {
        return None;
    }
    while let Some((at, letter)) = letters.next() {
        if letter == '\\' {
            letters.next();
        } else if letter == quote {
            return Some(at + 1);
        }
    }
    Some(rest.len())
}

/// The text with blanks for its comments, texts and characters; lines stay where they are.
pub(super) fn code(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        // An `r` at the end of a word begins no raw text.
        let in_word = code.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let length = blank_length(rest).filter(|_| !(in_word && first == 'r'));
        let (taken, after) = rest.split_at(length.unwrap_or(first.len_utf8()));
        match length {
            None => code.push(first),
            Some(_) => code.extend(taken.chars().map(|c| if c == '\n' { c } else { ' ' })),
        }
        rest = after;
    }
    code
}

/// Words and signs with their lines; `::` is one sign.
pub(super) fn tokens(code: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    for (number, line) in (1..).zip(code.lines()) {
        let mut rest = line.trim_start();
        while let Some(first) = rest.chars().next() {
            let word = rest.find(|c: char| !c.is_alphanumeric() && c != '_');
            let length = match word.unwrap_or(rest.len()) {
                0 if rest.starts_with("::") => 2,
                0 => first.len_utf8(),
                letters => letters,
            };
            let (token, after) = rest.split_at(length);
            found.push((number, token));
            rest = after.trim_start();
        }
    }
    found
}

pub(super) fn is_word(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Every path of the code with its line, the groups of `use` written out.
pub(super) fn paths(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut groups = Vec::new();
    let mut path = String::new();
    let mut joins = false;
    for (line, token) in tokens(code) {
        match token {
            "::" => {}
            "{" => groups.push(if joins {
                std::mem::take(&mut path)
            } else {
                String::new()
            }),
            "}" => drop(groups.pop()),
            word if is_word(word) && joins && !path.is_empty() => {
                path = format!("{path}::{word}");
            }
            word if is_word(word) => {
                path = match groups.last() {
                    Some(group) if !group.is_empty() => format!("{group}::{word}"),
                    _ => word.to_owned(),
                };
            }
            _ => path.clear(),
        }
        joins = token == "::";
        if is_word(token) {
            found.push((line, path.clone()));
        }
    }
    found
}

/// Whether `pattern` stands in the path, word by word.
pub(super) fn names(path: &str, pattern: &str) -> bool {
    let words: Vec<_> = path.split("::").collect();
    let wanted: Vec<_> = pattern.split("::").collect();
    let fits = |(word, want): (&&str, &&str)| match want.strip_suffix('*') {
        Some(start) => word.starts_with(start),
        None => word == want,
    };
    words
        .windows(wanted.len())
        .any(|part| part.iter().zip(&wanted).all(fits))
}

#[test]
fn code_is_read_without_its_comments_and_texts() {
    let text = r##"a /* b */ "c \" d" 'e' '\'' r#"f " g"# &'h i // j"##;
    let code = code(text);
    assert_eq!(
        code.split_whitespace().collect::<Vec<_>>(),
        ["a", "&'h", "i"]
    );
    assert_eq!(code.len(), text.len());
}

#[test]
fn a_group_of_imports_is_read_name_by_name() {
    let found = paths("use std::{io::{self, Read}, net};\nfn f() { g::<H>() }");
    let found: Vec<_> = found.iter().map(|(_, path)| path.as_str()).collect();
    for path in ["std::io::self", "std::io::Read", "std::net", "f", "g", "H"] {
        assert!(found.contains(&path), "{path} is not among {found:?}");
    }
    assert!(!found.contains(&"std::f"));
}

//! The style sheet, the scripts and the icon, compiled in, each under a name that holds its content's hash.
//!
//! A page links to `/assets/app.<hash>.css`. A browser may keep such a file for ever, because other content
//! has another name. While processes of two versions serve side by side, a page of one may ask the other for
//! a hash it does not have: it then gets the file under that stem, marked [`Match::Other`] so that
//! nobody keeps it.

use std::fmt::Write;
use std::sync::LazyLock;

use sha2::{Digest, Sha256};

/// How many bytes of the SHA-256 go into a name, two hexadecimal digits each.
const HASH_BYTES: usize = 6;

/// One file that the pages link to.
#[derive(Debug)]
pub struct Asset {
    /// The name in the source tree, such as `app.css`.
    pub source: &'static str,
    /// The name to serve it under, such as `app.5f2a09c1d3e4.css`: the route is `/assets/{name}`.
    pub name: String,
    /// The value of the `Content-Type` header.
    pub content_type: &'static str,
    /// The content.
    pub bytes: &'static [u8],
}

/// How well a requested name matches the content found for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match {
    /// The hash is this content's: answer with `Cache-Control: public, max-age=31536000, immutable`.
    Exact,
    /// The name asks for another version: answer with `Cache-Control: no-store`.
    Other,
}

static ASSETS: LazyLock<[Asset; 4]> = LazyLock::new(|| {
    [
        asset(
            "app.css",
            "text/css; charset=utf-8",
            include_bytes!("../../templates/assets/app.css"),
        ),
        asset(
            "app.js",
            "text/javascript; charset=utf-8",
            include_bytes!("../../templates/assets/app.js"),
        ),
        asset(
            "openapi.js",
            "text/javascript; charset=utf-8",
            include_bytes!("../../templates/assets/openapi.js"),
        ),
        asset(
            "icon.svg",
            "image/svg+xml",
            include_bytes!("../../templates/assets/icon.svg"),
        ),
    ]
});

fn asset(source: &'static str, content_type: &'static str, bytes: &'static [u8]) -> Asset {
    let mut hash = String::new();
    for byte in Sha256::digest(bytes).iter().take(HASH_BYTES) {
        // Writing to a String cannot fail; a shorter hash would still be a valid name.
        if write!(hash, "{byte:02x}").is_err() {
            break;
        }
    }
    let (stem, extension) = source.split_once('.').unwrap_or((source, ""));
    Asset {
        source,
        name: format!("{stem}.{hash}.{extension}"),
        content_type,
        bytes,
    }
}

/// The file that the last segment of an `/assets/…` URL asks for; `None` if there is no such stem and ending.
#[must_use]
pub fn find(name: &str) -> Option<(&'static Asset, Match)> {
    if let Some(exact) = ASSETS.iter().find(|asset| asset.name == name) {
        return Some((exact, Match::Exact));
    }
    let (stem, rest) = name.split_once('.')?;
    let (_, extension) = rest.rsplit_once('.')?;
    let other = ASSETS
        .iter()
        .find(|asset| asset.source.split_once('.') == Some((stem, extension)))?;
    Some((other, Match::Other))
}

/// The URL of the file called `source` in the source tree; `/assets/` alone if there is none, which the
/// tests of the pages rule out.
#[must_use]
pub fn url(source: &str) -> String {
    let name = ASSETS
        .iter()
        .find(|asset| asset.source == source)
        .map_or("", |asset| asset.name.as_str());
    format!("/assets/{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_asset_is_found_exactly_under_the_url_that_pages_link_to() {
        for asset in ASSETS.iter() {
            let url = url(asset.source);
            let (found, matched) = find(url.strip_prefix("/assets/").unwrap()).unwrap();
            assert_eq!((found.source, matched), (asset.source, Match::Exact));
            assert!(!found.bytes.is_empty());
        }
    }

    #[test]
    fn a_name_with_the_hash_of_another_version_is_served_and_not_kept() {
        let (found, matched) = find("app.000000000000.css").unwrap();
        assert_eq!((found.source, matched), ("app.css", Match::Other));
    }

    #[test]
    fn a_name_of_no_asset_is_not_found() {
        for name in [
            "",
            "app.css",
            "app.000000000000.exe",
            "../app.css",
            "secret.000000000000.css",
        ] {
            assert!(find(name).is_none(), "{name}");
        }
    }

    #[test]
    fn a_hash_in_a_name_is_the_start_of_the_contents_sha_256() {
        let known = asset("x.y", "text/plain", b"abc");
        assert_eq!(known.name, "x.ba7816bf8f01.y");
    }

    #[test]
    fn no_asset_fetches_from_another_host() {
        for asset in ASSETS.iter() {
            let text = str::from_utf8(asset.bytes)
                .unwrap()
                .replace("http://www.w3.org/2000/svg", "");
            assert!(
                !text.contains("//cdn") && !text.contains("http://") && !text.contains("https://"),
                "{}",
                asset.source
            );
        }
    }
}

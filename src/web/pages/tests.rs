//! Renders every page in both languages and looks at the HTML.

mod keys;

use std::collections::BTreeSet;

use super::campaign::{CampaignPage, SplitCheck, UnknownSendsPage, Verdict};
use super::docs::{ApiDocsPage, ErrorsPage};
use super::home::HomePage;
use super::ledger::{JournalPage, LedgerPage};
use super::member::{Invitation, LandingPage, MemberPage};
use super::notice::{ProblemPage, SignInPage, UnsubscribePage, UnsubscribeStep, WayOut};
use super::programs::{ProgramPage, ProgramsPage};
use super::recommenders::RecommendersPage;
use super::reward::RewardPage;
use super::{Theme, render};
use crate::web::i18n::Lang;

type Named = (&'static str, Result<String, askama::Error>);

/// Every page in every shape it can take, with a name to tell them apart.
fn every_page(lang: Lang) -> Vec<(&'static str, String)> {
    let pages = operations(lang)
        .into_iter()
        .chain(books(lang))
        .chain(people(lang));
    pages.map(|(name, html)| (name, html.unwrap())).collect()
}

fn operations(lang: Lang) -> Vec<Named> {
    let campaign = |verdict, split| {
        render(&CampaignPage {
            verdict,
            split,
            ..CampaignPage::sample(lang)
        })
    };
    let broken = SplitCheck::Broken {
        p: "0.0000".to_owned(),
    };
    vec![
        ("home", render(&HomePage::sample(lang))),
        ("home-empty", render(&HomePage::empty(lang))),
        ("recommenders", render(&RecommendersPage::sample(lang))),
        ("recommenders-empty", render(&RecommendersPage::empty(lang))),
        ("campaign", render(&CampaignPage::sample(lang))),
        ("campaign-empty", render(&CampaignPage::empty(lang))),
        ("campaign-broken", campaign(Verdict::SplitBroken, broken)),
        (
            "campaign-worse",
            campaign(Verdict::Worse, SplitCheck::NotChecked),
        ),
        (
            "campaign-open",
            campaign(Verdict::Open, SplitCheck::NotChecked),
        ),
        (
            "campaign-alone",
            campaign(Verdict::NoControl, SplitCheck::NotChecked),
        ),
        ("unknown-sends", render(&UnknownSendsPage::sample(lang))),
        (
            "unknown-sends-empty",
            render(&UnknownSendsPage::empty(lang)),
        ),
        ("programs", render(&ProgramsPage::sample(lang))),
        ("programs-empty", render(&ProgramsPage::empty(lang))),
        ("program", render(&ProgramPage::sample(lang))),
        ("program-draft", render(&ProgramPage::draft(lang))),
    ]
}

fn books(lang: Lang) -> Vec<Named> {
    vec![
        ("reward", render(&RewardPage::sample(lang))),
        ("reward-refused", render(&RewardPage::refused(lang))),
        ("ledger", render(&LedgerPage::sample(lang))),
        ("ledger-empty", render(&LedgerPage::empty(lang))),
        ("ledger-broken", render(&LedgerPage::broken(lang))),
        ("journal", render(&JournalPage::sample(lang))),
    ]
}

fn people(lang: Lang) -> Vec<Named> {
    let mut dark = MemberPage::sample(lang);
    dark.shell.theme = Theme::Dark;
    let problem = |way_out| {
        render(&ProblemPage {
            way_out,
            ..ProblemPage::sample(lang)
        })
    };
    vec![
        ("member", render(&MemberPage::sample(lang))),
        ("member-dark", render(&dark)),
        ("member-empty", render(&MemberPage::empty(lang))),
        ("landing", render(&LandingPage::sample(lang))),
        (
            "landing-ended",
            render(&LandingPage::closed(lang, Invitation::Ended)),
        ),
        (
            "landing-unknown",
            render(&LandingPage::closed(lang, Invitation::Unknown)),
        ),
        (
            "unsubscribe",
            render(&UnsubscribePage::sample(lang, UnsubscribeStep::Confirm)),
        ),
        (
            "unsubscribe-done",
            render(&UnsubscribePage::sample(lang, UnsubscribeStep::Done)),
        ),
        ("problem", problem(WayOut::Console)),
        ("problem-sign-in", problem(WayOut::SignIn)),
        ("problem-member", problem(WayOut::Member)),
        ("problem-nowhere", problem(WayOut::Nowhere)),
        ("sign-in", render(&SignInPage::sample(lang, false))),
        ("sign-in-refused", render(&SignInPage::sample(lang, true))),
        ("docs", render(&ApiDocsPage::sample(lang))),
        ("errors", render(&ErrorsPage::sample(lang))),
    ]
}

/// One start tag or text of a document, as far as these tests need to know.
#[derive(Debug)]
enum Piece<'a> {
    Open { name: &'a str, attributes: &'a str },
    Close { name: &'a str },
    Text(&'a str),
}

const VOID: [&str; 4] = ["meta", "link", "input", "br"];

/// Cuts well-formed HTML into pieces: attribute values of our templates never hold a bare `>`.
fn pieces(html: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    for part in html.split('<').skip(1) {
        let (tag, text) = part
            .split_once('>')
            .unwrap_or_else(|| panic!("an open tag: <{part}"));
        if let Some(name) = tag.strip_prefix('/') {
            found.push(Piece::Close { name });
        } else if !tag.starts_with('!') {
            let (name, attributes) = tag.split_once([' ', '\n']).unwrap_or((tag, ""));
            found.push(Piece::Open { name, attributes });
            if VOID.contains(&name) || tag.ends_with('/') {
                found.push(Piece::Close { name });
            }
        }
        if !text.trim().is_empty() {
            found.push(Piece::Text(text.trim()));
        }
    }
    found
}

/// The names and values of a tag's attributes.
fn attributes(tag: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut rest = tag.trim_end_matches('/').trim();
    while !rest.is_empty() {
        let name_end = rest.find(['=', ' ', '\n']).unwrap_or(rest.len());
        let (name, tail) = rest.split_at(name_end);
        let (value, tail) = match tail.strip_prefix("=\"") {
            Some(quoted) => quoted.split_once('"').unwrap(),
            None => ("", tail),
        };
        found.push((name, value));
        rest = tail.trim_start();
    }
    found
}

fn has_class(tag: &str, wanted: &str) -> bool {
    attributes(tag)
        .iter()
        .any(|(name, value)| *name == "class" && value.split(' ').any(|class| class == wanted))
}

#[test]
fn every_element_is_closed_where_it_was_opened() {
    for lang in Lang::ALL {
        for (page, html) in every_page(lang) {
            let mut open = Vec::new();
            for piece in pieces(&html) {
                match piece {
                    Piece::Open { name, .. } => open.push(name),
                    Piece::Close { name } => assert_eq!(open.pop(), Some(name), "{page}"),
                    Piece::Text(_) => {}
                }
            }
            assert!(open.is_empty(), "{page}: {open:?}");
        }
    }
}

#[test]
fn no_page_has_an_inline_handler_an_inline_style_or_another_host() {
    for lang in Lang::ALL {
        for (page, html) in every_page(lang) {
            for piece in pieces(&html) {
                let Piece::Open {
                    name,
                    attributes: tag,
                } = piece
                else {
                    continue;
                };
                for (attribute, value) in attributes(tag) {
                    assert_ne!(attribute, "style", "{page}: <{name} {tag}>");
                    assert!(!attribute.starts_with("on"), "{page}: <{name} {tag}>");
                    let loads = attribute == "src" || (name == "link" && attribute == "href");
                    assert!(
                        !loads || value.starts_with("/assets/"),
                        "{page}: <{name} {tag}>"
                    );
                    assert!(!value.starts_with("javascript:"), "{page}: <{name} {tag}>");
                }
                assert_ne!(name, "style", "{page}");
                assert!(
                    name != "script" || tag.contains("src="),
                    "{page}: inline script"
                );
            }
        }
    }
}

#[test]
fn no_page_shows_a_placeholder_or_a_key() {
    for lang in Lang::ALL {
        let keys = lang.keys();
        for (page, html) in every_page(lang) {
            assert!(!html.contains("{{") && !html.contains("{%"), "{page}");
            for piece in pieces(&html) {
                let Piece::Text(words) = piece else { continue };
                assert!(!words.contains('{'), "{page}: {words}");
                assert!(!keys.contains(words), "{page} shows the key {words}");
            }
        }
    }
}

/// Whether `words` are one amount, such as `−¥1,460.00` or `$0.5`.
fn is_amount(words: &str) -> bool {
    let mut letters = words.trim_start_matches(['−', '-', '+']).chars();
    letters.next().is_some_and(|sign| "¥$€£".contains(sign))
        && letters.all(|letter| letter.is_ascii_digit() || letter == ',' || letter == '.')
}

#[test]
fn every_amount_stands_in_an_element_of_the_class_money() {
    let mut seen = 0;
    for lang in Lang::ALL {
        for (page, html) in every_page(lang) {
            let mut open: Vec<(&str, bool)> = Vec::new();
            for piece in pieces(&html) {
                match piece {
                    Piece::Open { name, attributes } => {
                        let money = has_class(attributes, "money") || name == "svg";
                        open.push((name, money || open.last().is_some_and(|(_, money)| *money)));
                    }
                    Piece::Close { .. } => {
                        open.pop();
                    }
                    Piece::Text(words) if is_amount(words) => {
                        seen += 1;
                        assert!(open.last().unwrap().1, "{page}: {words} in {open:?}");
                    }
                    Piece::Text(_) => {}
                }
            }
        }
    }
    assert!(seen > 200, "only {seen} amounts were looked at");
}

#[test]
fn every_page_is_a_whole_document_with_a_skip_link_one_heading_and_the_zone() {
    for lang in Lang::ALL {
        for (page, html) in every_page(lang) {
            assert!(html.starts_with("<!doctype html>\n"), "{page}");
            let start = format!("<html lang=\"{}\"", lang.html());
            assert!(html.contains(&start), "{page}");
            assert_eq!(html.matches("<h1").count(), 1, "{page}");
            assert_eq!(html.matches("<main id=\"main\"").count(), 1, "{page}");
            assert!(html.contains("<a class=\"skip\" href=\"#main\">"), "{page}");
            assert!(html.contains("UTC+8 (Asia/Shanghai)"), "{page}");
            let switch = format!("lang={}", lang.other().code());
            assert!(html.contains(&switch), "{page}");
        }
    }
}

#[test]
fn ids_are_unique_and_every_reference_to_one_leads_somewhere() {
    for lang in Lang::ALL {
        for (page, html) in every_page(lang) {
            let tags = pieces(&html).into_iter().filter_map(|piece| match piece {
                Piece::Open {
                    attributes: tag, ..
                } => Some(attributes(tag)),
                Piece::Close { .. } | Piece::Text(_) => None,
            });
            let all: Vec<(&str, &str)> = tags.flatten().collect();
            let ids: Vec<&str> = all
                .iter()
                .filter(|(name, _)| *name == "id")
                .map(|(_, id)| *id)
                .collect();
            let unique: BTreeSet<&str> = ids.iter().copied().collect();
            assert_eq!(unique.len(), ids.len(), "{page}: {ids:?}");
            for (name, value) in all {
                let wanted = match name {
                    "for" | "aria-labelledby" | "aria-describedby" => value,
                    "href" => match value.strip_prefix('#') {
                        Some(fragment) => fragment,
                        None => continue,
                    },
                    _ => continue,
                };
                assert!(unique.contains(wanted), "{page}: {name}=\"{value}\"");
            }
        }
    }
}

#[test]
fn every_form_that_changes_something_carries_the_token() {
    for (page, html) in every_page(Lang::En) {
        for form in html.split("<form").skip(1) {
            let form = form.split_once("</form>").unwrap().0;
            let posts = form.split_once('>').unwrap().0.contains("method=\"post\"");
            assert_eq!(
                posts,
                form.contains("name=\"csrf\" value=\"f3b1\""),
                "{page}: {form}"
            );
        }
    }
}

#[test]
fn words_from_outside_are_escaped() {
    let problem = render(&ProblemPage::sample(Lang::En)).unwrap();
    assert!(
        problem.contains("No reward has the number &#60;x&#62;."),
        "{problem}"
    );
    let mut campaign = CampaignPage::sample(Lang::En);
    campaign.name = "\"><script>".to_owned();
    campaign.id = "a/b?c".to_owned();
    let html = render(&campaign).unwrap();
    assert!(!html.contains("\"><script>"), "{html}");
    assert!(
        html.contains("action=\"/ops/campaigns/a%2Fb%3Fc/pause\""),
        "{html}"
    );
}

#[test]
fn a_member_sees_no_amount_and_no_date_beside_a_friend() {
    let html = render(&MemberPage::sample(Lang::Zh)).unwrap();
    let friends = html
        .split_once("<ul class=\"friends\">")
        .unwrap()
        .1
        .split_once("</ul>")
        .unwrap()
        .0;
    assert!(friends.contains("李*明"));
    for piece in pieces(friends) {
        let Piece::Text(words) = piece else { continue };
        assert!(
            !words.contains(|letter: char| letter.is_ascii_digit()),
            "{words}"
        );
    }
}

#[test]
fn the_qr_code_is_put_in_without_its_xml_declaration() {
    let html = render(&MemberPage::sample(Lang::En)).unwrap();
    assert!(
        html.contains("<svg xmlns=") && !html.contains("<?xml"),
        "{html}"
    );
}

#[test]
fn no_effect_is_shown_before_it_may_be_judged() {
    let html = render(&CampaignPage::empty(Lang::En)).unwrap();
    assert!(html.contains("Too early to judge: 7 conversions"), "{html}");
    assert!(!html.contains("95% interval"), "{html}");
}

#[test]
fn every_class_in_the_pages_has_a_rule_in_the_style_sheet() {
    let css = include_str!("../../../templates/assets/app.css");
    for (page, html) in every_page(Lang::En) {
        for piece in pieces(&html) {
            let Piece::Open {
                attributes: tag, ..
            } = piece
            else {
                continue;
            };
            for (_, value) in attributes(tag)
                .into_iter()
                .filter(|(name, _)| *name == "class")
            {
                for class in value.split(' ').filter(|class| !class.is_empty()) {
                    assert!(css.contains(&format!(".{class}")), "{page}: .{class}");
                }
            }
        }
    }
}

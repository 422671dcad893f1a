//! The plain pages: the list of several files, and what is said in place of a page.

use super::file::ServedFile;
use crate::page::html::escape_html;
use std::sync::Arc;

const TEMPLATE: &str = include_str!("../../assets/serve/plain.html");

/// The list of files, each with a link to its page.
pub(super) fn list(token: &str, files: &[ServedFile]) -> Arc<[u8]> {
    let items = files.iter().enumerate().map(|(at, file)| {
        let path = file.path().display().to_string();
        format!(
            "<li><a href=\"/{token}/{at}/\">{}</a> <span>{}</span></li>\n",
            escape_html(&file.title()),
            escape_html(&path)
        )
    });
    let list: String = items.collect();
    plain("Profiles", &format!("<ul>\n{list}</ul>"))
}

/// A page that says why there is no other.
pub(super) fn message(title: &str, sentence: &str) -> Arc<[u8]> {
    plain(title, &format!("<p>{}</p>", escape_html(sentence)))
}

fn plain(title: &str, body: &str) -> Arc<[u8]> {
    let (before, rest) = TEMPLATE.split_once("{{title}}").unwrap_or((TEMPLATE, ""));
    let (between, after) = rest.split_once("{{body}}").unwrap_or((rest, ""));
    let title = escape_html(title);
    format!("{before}{title}{between}<h1>{title}</h1>\n{body}{after}")
        .into_bytes()
        .into()
}

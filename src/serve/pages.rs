//! The plain pages: the page of several files, and what is said in place of a page.

use super::file::ServedFile;
use crate::page::html::escape_html;
use crate::page::together::{self, Run};
use std::sync::Arc;

const TEMPLATE: &str = include_str!("../../assets/serve/plain.html");

/// The page that shows all files together.
pub(super) fn together(token: &str, files: &[ServedFile]) -> Arc<[u8]> {
    let runs = files.iter().enumerate().map(|(at, file)| Run {
        address: Some(format!("/{token}/{at}/")),
        title: file.title(),
        path: file.path().display().to_string(),
    });
    let runs: Vec<Run> = runs.collect();
    together::render(&runs).into_bytes().into()
}

/// A page that says why there is no other.
pub(super) fn message(title: &str, sentence: &str) -> Arc<[u8]> {
    plain(title, "", &format!("<p>{}</p>", escape_html(sentence)))
}

/// The same of a log that still grows: the page looks again by itself.
pub(super) fn not_yet(sentence: &str) -> Arc<[u8]> {
    const AGAIN: &str = "The log still grows, and this page looks again every two seconds.";
    let again = "\n<meta http-equiv=\"refresh\" content=\"2\">";
    let body = format!("<p>{}.</p>\n<p>{AGAIN}</p>", escape_html(sentence));
    plain("Nothing to show yet", again, &body)
}

fn plain(title: &str, head: &str, body: &str) -> Arc<[u8]> {
    let (first, rest) = TEMPLATE.split_once("{{head}}").unwrap_or((TEMPLATE, ""));
    let (before, rest) = rest.split_once("{{title}}").unwrap_or((rest, ""));
    let (between, after) = rest.split_once("{{body}}").unwrap_or((rest, ""));
    let title = escape_html(title);
    format!("{first}{head}{before}{title}{between}<h1>{title}</h1>\n{body}{after}")
        .into_bytes()
        .into()
}

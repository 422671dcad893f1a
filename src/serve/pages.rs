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

//! The document that all pages have in common, around what they show.

use super::html::escape_html;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const TEMPLATE: &str = include_str!("../../assets/page/shell.html");

/// What is put into it.
pub(super) struct Shell<'a> {
    /// What the page may fetch or have in frames, beside nothing: parts of a content security policy.
    pub(super) policy: &'a str,
    pub(super) title: &'a str,
    pub(super) style: &'a str,
    /// Of the body.
    pub(super) class: &'a str,
    pub(super) body: &'a str,
    pub(super) data: &'a [Element<'a>],
    pub(super) script: &'a str,
}

/// Data for the script, in an element of its own.
pub(super) struct Element<'a> {
    pub(super) id: String,
    pub(super) content: Content<'a>,
}

#[derive(Clone, Copy)]
pub(super) enum Content<'a> {
    /// [Escaped](super::json::escape).
    Json(&'a str),
    /// In base64.
    Bytes(&'a [u8]),
}

const TAIL: &str = "</script>\n";

impl Element<'_> {
    fn push_to(&self, page: &mut String) {
        *page += &self.head();
        match self.content {
            Content::Json(text) => *page += text,
            Content::Bytes(bytes) => STANDARD.encode_string(bytes, page),
        }
        *page += TAIL;
    }

    fn head(&self) -> String {
        let kind = match self.content {
            Content::Json(_) => "application/json",
            Content::Bytes(_) => "text/plain",
        };
        format!("<script id=\"{}\" type=\"{kind}\">", self.id)
    }

    /// How many bytes of a page it takes.
    pub(super) fn len(&self) -> usize {
        let content = match self.content {
            Content::Json(text) => text.len(),
            Content::Bytes(bytes) => bytes.len().div_ceil(3) * 4,
        };
        self.head().len() + content + TAIL.len()
    }
}

impl Shell<'_> {
    /// The page as text.
    pub(super) fn fill(&self) -> String {
        let title = escape_html(self.title);
        let parts = [
            ("{{policy}}", self.policy),
            ("{{title}}", &title),
            ("{{style}}", self.style),
            ("{{class}}", self.class),
            ("{{body}}", self.body),
            ("{{data}}", ""),
            ("{{script}}", self.script),
        ];
        let texts = parts.iter().map(|(_, text)| text.len()).sum::<usize>();
        let data = self.data.iter().map(|element| element.len()).sum::<usize>();
        let mut page = String::with_capacity(TEMPLATE.len() + texts + data);
        // What is inserted is never searched again, so a title may hold a marker.
        let mut rest = TEMPLATE;
        for (marker, text) in parts {
            let (before, after) = rest
                .split_once(marker)
                .expect("the template holds every marker, in this order");
            page += before;
            page += text;
            if marker == "{{data}}" {
                self.data.iter().for_each(|element| element.push_to(&mut page));
            }
            rest = after;
        }
        page + rest
    }
}

//! The head of a picture: what the chart is of, and what it does not show as it was recorded.

use super::header::Header;
use crate::analysis::call_tree::CallTree;
use crate::error::Result;
use crate::render::style::{MARGIN, NOTES, SUMMARY, TITLE};
use crate::render::{Canvas, Paper};
use crate::text::printable;

/// From one line of notes to the next.
const LINE: i32 = 36;
/// Lines that notes may take.
const NOTE_LINES: usize = 4;
const NO_FONT: &str = "some names need fonts that are not installed here and show code points (U+…); SVG and page show them as they are";
const BETWEEN: &str = "  ·  ";

impl Header {
    /// For a chart of a call tree.
    pub(super) fn of_tree(tree: &CallTree, title: String) -> Self {
        Header {
            title,
            ranks: tree.ranks(),
            threads: tree.threads(),
            intervals: tree.intervals(),
            wall_ns: tree.wall_ns(),
            is_of_run: tree.wall().is_of_run(),
            own_clocks: tree.wall().has_own_clocks(),
            run_notes: tree.notes().to_vec(),
            ..Header::default()
        }
    }
}

/// Title, summary and notes, laid out.
pub(super) struct Heading {
    title: Option<String>,
    summary: String,
    notes: Vec<String>,
}

impl Heading {
    /// For a picture in which these names are shown.
    pub(super) fn of<'n>(
        header: &'n Header,
        names: impl IntoIterator<Item = &'n str>,
        paper: &Paper<'_>,
    ) -> Self {
        Self::with(&header.title, &header.summary(), header.notes(), names, paper)
    }

    /// The same for a picture that is of more than one run.
    pub(super) fn with<'n>(
        title: &'n str,
        summary: &str,
        notes: Vec<String>,
        names: impl IntoIterator<Item = &'n str>,
        paper: &Paper<'_>,
    ) -> Self {
        let room = (paper.width - 2 * MARGIN) as f32;
        let mut notes: Vec<String> = notes.iter().map(|note| printable(note).into()).collect();
        let mut names = names.into_iter().chain([title]);
        if names.any(|name| paper.lacks(name)) {
            notes.insert(0, NO_FONT.into());
        }
        Heading {
            title: (!title.is_empty()).then(|| paper.fit(title, &TITLE, room)),
            summary: paper.fit(summary, &SUMMARY, room),
            notes: note_lines(&notes, room, paper),
        }
    }

    /// The height that it takes.
    pub(super) fn height(&self) -> i32 {
        let title = if self.title.is_some() { 54 } else { 0 };
        MARGIN + title + 36 + LINE * self.notes.len() as i32 + 20
    }

    pub(super) fn draw(&self, canvas: &mut dyn Canvas) -> Result<()> {
        let mut baseline = MARGIN - 8;
        if let Some(title) = &self.title {
            canvas.text(MARGIN, baseline + 34, title, &TITLE)?;
            baseline += 54;
        }
        baseline += 28;
        canvas.text(MARGIN, baseline, &self.summary, &SUMMARY)?;
        for line in &self.notes {
            baseline += LINE;
            canvas.text(MARGIN, baseline, line, &NOTES)?;
        }
        Ok(())
    }
}

/// The notes on as few lines as they take; those for which there is no room are counted.
fn note_lines(notes: &[String], room: f32, paper: &Paper<'_>) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for (index, note) in notes.iter().enumerate() {
        let longer = lines.last().map(|line| format!("{line}{BETWEEN}{note}"));
        match longer.filter(|line| paper.text_width(line, &NOTES) <= room) {
            Some(line) => *lines.last_mut().expect("there is a line to make longer") = line,
            None if lines.len() == NOTE_LINES => {
                let more = notes.len() - index;
                let more = format!(
                    "{BETWEEN}and {more} more {}",
                    if more == 1 { "note" } else { "notes" }
                );
                let last = lines.last_mut().expect("there are lines");
                *last = paper.fit(last, &NOTES, room - paper.text_width(&more, &NOTES)) + &more;
                break;
            }
            None => lines.push(paper.fit(note, &NOTES, room)),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::Even;

    fn paper() -> Paper<'static> {
        Paper::new(996, 1000, &Even)
    }

    fn notes(count: usize, length: usize) -> Vec<String> {
        (0..count).map(|i| format!("{i}{}", "x".repeat(length))).collect()
    }

    fn lines_of(notes: &[String]) -> Vec<String> {
        note_lines(notes, 900.0, &paper())
    }

    #[test]
    fn notes_share_lines_as_far_as_there_is_room() {
        assert_eq!(lines_of(&[]), Vec::<String>::new());
        assert_eq!(lines_of(&notes(2, 3)), ["0xxx  ·  1xxx"]);
        assert_eq!(lines_of(&notes(3, 50)).len(), 3);
    }

    #[test]
    fn notes_without_room_are_counted_and_none_leaves_the_picture() {
        for (count, length) in [(5, 50), (40, 3), (40, 50), (9, 4_000)] {
            let lines = lines_of(&notes(count, length));
            assert!(lines.len() <= NOTE_LINES);
            assert!(
                lines.iter().all(|line| paper().text_width(line, &NOTES) <= 900.0),
                "{lines:?}"
            );
        }
        let lines = lines_of(&notes(6, 50));
        assert!(lines[3].ends_with("and 2 more notes"), "{lines:?}");
    }
}

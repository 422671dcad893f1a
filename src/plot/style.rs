//! What all pictures share: sizes and colours. Lengths are device pixels, two to a CSS pixel.

use super::fonts::Fonts;
use super::sheet::Sheet;
use super::text::{Anchor, Text, Weight};
use crate::chart::Color;
use crate::chart::gantt::Header;
use crate::error::Result;
use plotters_backend::DrawingBackend;

pub(super) const SCALE: u32 = 2;
pub(super) const WIDTH: i32 = 3200;
/// Charts are laid out to stay below this.
pub(super) const HEIGHT: i32 = 4800;
pub(super) const MARGIN: i32 = 48;

pub(super) const BACKGROUND: Color = Color::WHITE;
pub(super) const INK: Color = Color(0x1a, 0x1a, 0x1a);
pub(super) const MUTED: Color = Color(0x5c, 0x5c, 0x5c);
pub(super) const GRID: Color = Color(0xe4, 0xe4, 0xe4);
pub(super) const RULE: Color = Color(0xc8, 0xc8, 0xc8);

pub(super) const TITLE: Text = Text::new(40.0, Weight::SemiBold, INK, Anchor::Start);
pub(super) const SUMMARY: Text = Text::new(25.0, Weight::Regular, MUTED, Anchor::Start);
const NOTES: Text = Text::new(25.0, Weight::Regular, INK, Anchor::Start);
pub(super) const NAME: Text = Text::new(28.0, Weight::Regular, INK, Anchor::End);
pub(super) const TICK: Text = Text::new(25.0, Weight::Regular, MUTED, Anchor::Middle);
pub(super) const AXIS: Text = Text::new(25.0, Weight::Regular, INK, Anchor::Middle);

/// From one line of notes to the next.
const LINE: i32 = 36;
/// Lines that notes may take.
const NOTE_LINES: usize = 4;
const NO_FONT: &str = "some names need fonts that are not installed here and show code points (U+…); SVG and page show them as they are";
const BETWEEN: &str = "  ·  ";

/// The height that the header takes.
pub(super) fn header_height(header: &Header, notes: &[String]) -> i32 {
    let title = if header.title.is_empty() { 0 } else { 54 };
    let notes = LINE * notes.len() as i32;
    MARGIN + title + 36 + notes + 20
}

/// Title, summary and notes, from the top left corner.
pub(super) fn draw_header<B: DrawingBackend>(
    sheet: &mut Sheet<'_, B>,
    header: &Header,
    notes: &[String],
) -> Result<()> {
    let mut baseline = MARGIN - 8;
    if !header.title.is_empty() {
        baseline += 34;
        sheet.text(
            MARGIN,
            baseline,
            &sheet.fit(&header.title, &TITLE, room()),
            &TITLE,
        )?;
        baseline += 20;
    }
    baseline += 28;
    let summary = sheet.fit(&header.summary(), &SUMMARY, room());
    sheet.text(MARGIN, baseline, &summary, &SUMMARY)?;
    for line in notes {
        baseline += LINE;
        sheet.text(MARGIN, baseline, line, &NOTES)?;
    }
    Ok(())
}

/// The lines of notes of a picture in which these names are shown.
pub(super) fn notes_of<'n>(
    header: &'n Header,
    names: impl Iterator<Item = &'n str>,
    fonts: &Fonts,
) -> Vec<String> {
    let mut notes = header.notes();
    if names.chain([header.title.as_str()]).any(|name| fonts.lacks(name)) {
        notes.insert(0, NO_FONT.into());
    }
    note_lines(&notes, room(), fonts)
}

fn room() -> f32 {
    (WIDTH - 2 * MARGIN) as f32
}

/// The notes on as few lines as they take; those for which there is no room are counted.
fn note_lines(notes: &[String], room: f32, fonts: &Fonts) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for (index, note) in notes.iter().enumerate() {
        let longer = lines.last().map(|line| format!("{line}{BETWEEN}{note}"));
        match longer.filter(|line| fonts.width(line, &NOTES) <= room) {
            Some(line) => *lines.last_mut().expect("there is a line to make longer") = line,
            None if lines.len() == NOTE_LINES => {
                let more = notes.len() - index;
                let more = format!(
                    "{BETWEEN}and {more} more {}",
                    if more == 1 { "note" } else { "notes" }
                );
                let last = lines.last_mut().expect("there are lines");
                *last = fonts.fit(last, &NOTES, room - fonts.width(&more, &NOTES)) + &more;
                break;
            }
            None => lines.push(fonts.fit(note, &NOTES, room)),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notes(count: usize, length: usize) -> Vec<String> {
        (0..count).map(|i| format!("{i}{}", "x".repeat(length))).collect()
    }

    fn lines_of(notes: &[String]) -> Vec<String> {
        note_lines(notes, 900.0, &Fonts::of_system(None))
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
                lines
                    .iter()
                    .all(|line| Fonts::of_system(None).width(line, &NOTES) <= 900.0),
                "{lines:?}"
            );
        }
        let lines = lines_of(&notes(6, 50));
        assert!(lines[3].ends_with("and 2 more notes"), "{lines:?}");
    }
}

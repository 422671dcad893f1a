//! What text looks like on the paper: which glyphs of which fonts stand where, and how much room they take.
//!
//! A picture of pixels takes what the embedded font lacks from the fonts of the system, shaped and in reading order;
//! what no font has is written as its code point, so that names stay different. A vector picture leaves all that to its
//! reader, and takes room that is enough for whatever font that is.

use super::embedded::has;
use super::faces::{Face, SystemFaces};
use super::paper::Measure;
use super::text::{Text, Weight};
use rustybuzz::{Direction, UnicodeBuffer};
use std::borrow::Cow;
use std::path::PathBuf;
use std::rc::Rc;
use unicode_bidi::{BidiInfo, Level};
use unicode_width::UnicodeWidthChar;

/// By how much another font may be wider than the embedded one.
const OTHER_FONTS: f32 = 1.12;

/// The fonts of one picture.
pub(crate) struct Fonts {
    /// `None` for a vector picture, whose fonts are its reader's.
    system: Option<SystemFaces>,
    /// How much wider text may come out than measured, as a factor.
    slack: f32,
}

/// A glyph and where its pen stands, in em from the start of the line.
pub(super) struct Glyph {
    /// The face, or `None` for the embedded one.
    pub(super) face: Option<Rc<Face>>,
    pub(super) id: u16,
    pub(super) x: f32,
    /// Upwards.
    pub(super) y: f32,
}

/// A line of glyphs, from left to right, and its length in em.
#[derive(Default)]
pub(super) struct Line {
    pub(super) glyphs: Vec<Glyph>,
    pub(super) width: f32,
}

/// Characters that follow each other, have the same face and are read in the same direction.
struct Piece {
    face: Option<Rc<Face>>,
    text: String,
}

impl Fonts {
    /// For pixels. `directories` is where to look for fonts, instead of the places that are usual on the system.
    pub(crate) fn of_system(directories: Option<Vec<PathBuf>>) -> Self {
        Fonts {
            system: Some(SystemFaces::new(directories)),
            slack: 1.0,
        }
    }

    /// For pixels or vectors, whatever it will be.
    pub(crate) fn of_any() -> Self {
        Fonts {
            slack: OTHER_FONTS,
            ..Self::of_system(None)
        }
    }

    /// For vectors.
    pub(crate) fn of_reader() -> Self {
        Fonts {
            system: None,
            slack: OTHER_FONTS,
        }
    }

    /// The width that `text` has in the embedded font, if that has all of it: other fonts can be made to fill it.
    pub(super) fn exact_width(text: &str, style: &Text) -> Option<f32> {
        let mut em = 0.0;
        for c in text.chars() {
            if !has(c) {
                return None;
            }
            em += style.weight.advance(c);
        }
        Some(em * style.size)
    }

    /// The glyphs of `text`.
    pub(super) fn line(&self, text: &str, weight: Weight) -> Line {
        let mut line = Line::default();
        if text.chars().all(has) {
            line.push_embedded(text, weight);
            return line;
        }
        // Labels are read from left to right, whatever is in them.
        let bidi = BidiInfo::new(text, Some(Level::ltr()));
        for paragraph in &bidi.paragraphs {
            let (levels, runs) = bidi.visual_runs(paragraph, paragraph.range.clone());
            for run in runs {
                let is_rtl = levels[run.start].is_rtl();
                let mut pieces = self.pieces(&text[run], weight);
                if is_rtl {
                    pieces.reverse();
                }
                for piece in pieces {
                    match &piece.face {
                        Some(face) => line.push_shaped(face, &piece.text, is_rtl),
                        None if is_rtl => {
                            let turned: String = piece.text.chars().rev().map(mirrored).collect();
                            line.push_embedded(&turned, weight);
                        }
                        None => line.push_embedded(&piece.text, weight),
                    }
                }
            }
        }
        line
    }

    /// Splits a run by the faces that its characters need; marks stay with the one before them.
    fn pieces(&self, text: &str, weight: Weight) -> Vec<Piece> {
        let mut pieces: Vec<Piece> = Vec::new();
        for c in text.chars() {
            let joins = c.width() == Some(0) && !pieces.is_empty();
            let system = self.system.as_ref().filter(|_| !has(c) && !joins);
            let face = system.and_then(|system| system.face_for(c, weight));
            let same = |piece: &Piece| match (&piece.face, &face) {
                (None, None) => true,
                (Some(a), Some(b)) => Rc::ptr_eq(a, b),
                _ => false,
            };
            match pieces.last_mut() {
                Some(piece) if joins && piece.face.is_none() && !has(c) => {
                    let marked = self.marked(&mut piece.text, c, weight);
                    pieces.extend(marked);
                    pieces.retain(|piece| !piece.text.is_empty());
                }
                Some(piece) if joins || same(piece) => piece.text.push(c),
                _ => pieces.push(Piece { face, text: c.into() }),
            }
        }
        pieces
    }

    /// The last character of `text`, taken off, with a mark that the embedded font lacks; none where no font has
    /// the mark.
    fn marked(&self, text: &mut String, mark: char, weight: Weight) -> Option<Piece> {
        let face = self.system.as_ref()?.face_for(mark, weight)?;
        let text = text.pop().into_iter().chain([mark]).collect();
        Some(Piece {
            face: Some(face),
            text,
        })
    }
}

impl Measure for Fonts {
    fn width(&self, text: &str, style: &Text) -> f32 {
        let em = if self.system.is_some() {
            self.line(text, style.weight).width
        } else {
            let em = text.chars().map(|c| match c.width() {
                _ if has(c) => style.weight.advance(c),
                Some(0) => 0.0,
                // Characters as wide as high, and pictures that are wider.
                _ => 1.3,
            });
            em.sum::<f32>()
        };
        em * style.size * self.slack
    }

    /// What no font has is written as code points.
    fn legible<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let Some(system) = &self.system else {
            return text.into();
        };
        let lacks = |c: char| !has(c) && !is_joiner(c) && system.face_for(c, Weight::Regular).is_none();
        if !text.chars().any(lacks) {
            return text.into();
        }
        let mut legible = String::with_capacity(text.len() * 4);
        let mut after_code = false;
        for c in text.chars() {
            let is_code = lacks(c);
            if is_code && after_code {
                legible.push(' ');
            }
            if is_code {
                legible.push_str(&format!("U+{:04X}", u32::from(c)));
            } else {
                legible.push(c);
            }
            after_code = is_code;
        }
        legible.into()
    }
}

impl Line {
    fn push_embedded(&mut self, text: &str, weight: Weight) {
        for c in text.chars().filter(|&c| c.width() != Some(0) || has(c)) {
            self.glyphs.push(Glyph {
                face: None,
                id: weight.glyph(c).0,
                x: self.width,
                y: 0.0,
            });
            self.width += weight.advance(c);
        }
    }

    fn push_shaped(&mut self, face: &Rc<Face>, text: &str, is_rtl: bool) {
        let Some(shaper) = rustybuzz::Face::from_slice(&face.data, face.index) else {
            return;
        };
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(text);
        buffer.set_direction(if is_rtl {
            Direction::RightToLeft
        } else {
            Direction::LeftToRight
        });
        buffer.guess_segment_properties();
        let glyphs = rustybuzz::shape(&shaper, &[], buffer);
        let em = shaper.units_per_em() as f32;
        for (info, position) in glyphs.glyph_infos().iter().zip(glyphs.glyph_positions()) {
            self.glyphs.push(Glyph {
                face: Some(Rc::clone(face)),
                id: info.glyph_id as u16,
                x: self.width + position.x_offset as f32 / em,
                y: position.y_offset as f32 / em,
            });
            self.width += position.x_advance as f32 / em;
        }
    }
}

/// What only says how its neighbours are drawn.
fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0020}'..='\u{e01ef}')
}

/// A bracket as it is written from right to left.
fn mirrored(c: char) -> char {
    const PAIRS: [(char, char); 6] = [
        ('(', ')'),
        ('[', ']'),
        ('{', '}'),
        ('<', '>'),
        ('«', '»'),
        ('‹', '›'),
    ];
    let pair = PAIRS.iter().find(|&&(a, b)| c == a || c == b);
    pair.map_or(c, |&(a, b)| if c == a { b } else { a })
}

//! Pixels as numbers of the colours that a picture has.

use super::CHANNELS;
use rustc_hash::FxHashMap;

/// A picture with at most 256 colours.
pub(super) struct Numbered {
    /// Red, green and blue of each colour.
    pub(super) palette: Vec<u8>,
    /// The colour of each pixel.
    pub(super) numbers: Vec<u8>,
}

impl Numbered {
    /// The same picture; none if it has more colours. `width` is the number of pixels in a row.
    pub(super) fn of(pixels: &[u8], width: usize) -> Option<Self> {
        let mut this = Self {
            palette: Vec::new(),
            numbers: Vec::with_capacity(pixels.len() / CHANNELS),
        };
        let mut known = FxHashMap::default();
        let mut above: &[u8] = &[];
        for row in pixels.chunks_exact(width * CHANNELS) {
            if row == above {
                let start = this.numbers.len() - width;
                this.numbers.extend_from_within(start..);
            } else {
                this.add_row(row, &mut known)?;
            }
            above = row;
        }
        Some(this)
    }

    fn add_row(&mut self, row: &[u8], known: &mut FxHashMap<[u8; CHANNELS], u8>) -> Option<()> {
        let mut last = None;
        for pixel in row.chunks_exact(CHANNELS) {
            let color = [pixel[0], pixel[1], pixel[2]];
            // Most pixels are as the one to their left.
            let number = match last {
                Some((same, number)) if same == color => number,
                _ => match known.get(&color) {
                    Some(&number) => number,
                    None => {
                        let number = u8::try_from(known.len()).ok()?;
                        known.insert(color, number);
                        self.palette.extend_from_slice(&color);
                        number
                    }
                },
            };
            last = Some((color, number));
            self.numbers.push(number);
        }
        Some(())
    }
}

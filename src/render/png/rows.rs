//! The rows of a picture, of which many are alike.

use super::CHANNELS;
use rustc_hash::FxHashMap;

/// Rows of so many bytes each.
pub(super) struct Rows {
    pub(super) different: Vec<Vec<u8>>,
    /// By row, which of these it is.
    pub(super) which: Vec<u32>,
    pub(super) bytes: usize,
}

impl Rows {
    pub(super) fn row(&self, y: usize) -> &[u8] {
        &self.different[self.which[y] as usize]
    }

    pub(super) fn len(&self) -> usize {
        self.which.len()
    }

    /// The colours of the pixels in the order in which they come, and the numbers of them in place of the pixels; none
    /// if they are more than 256.
    pub(super) fn numbered(&self) -> Option<(Vec<u8>, Self)> {
        let mut palette = Palette::default();
        let mut different = vec![Vec::new(); self.different.len()];
        for &which in &self.which {
            let numbers = &mut different[which as usize];
            if numbers.is_empty() {
                numbers.reserve_exact(self.bytes / CHANNELS);
                for pixel in self.different[which as usize].chunks_exact(CHANNELS) {
                    numbers.push(palette.number([pixel[0], pixel[1], pixel[2]])?);
                }
            }
        }
        let rows = Self {
            different,
            which: self.which.clone(),
            bytes: self.bytes / CHANNELS,
        };
        Some((palette.colors.as_flattened().to_vec(), rows))
    }
}

/// At most 256 colours.
#[derive(Default)]
struct Palette {
    colors: Vec<[u8; CHANNELS]>,
    known: FxHashMap<[u8; CHANNELS], u8>,
    /// Most pixels are as the one to their left.
    last: Option<([u8; CHANNELS], u8)>,
}

impl Palette {
    /// The number of a colour; none of one more.
    fn number(&mut self, color: [u8; CHANNELS]) -> Option<u8> {
        if let Some((last, number)) = self.last {
            if last == color {
                return Some(number);
            }
        }
        let number = match self.known.get(&color) {
            Some(&number) => number,
            None => {
                let number = u8::try_from(self.colors.len()).ok()?;
                self.known.insert(color, number);
                self.colors.push(color);
                number
            }
        };
        self.last = Some((color, number));
        Some(number)
    }
}

//! Which region has which colour.

use super::totals::Totals;
use crate::analysis::pass;
use crate::error::Result;
use crate::profile::Source;
pub use crate::render::Color;
use crate::render::lightened;

/// The colour of what belongs to no single region, such as "12 other regions".
pub const OTHERS: Color = Color(0x99, 0x99, 0x99);

/// Okabe and Ito's palette (<https://jfly.uni-koeln.de/color/>), which readers with any colour
/// vision can tell apart; its black belongs to text and its yellow is lost on white, so Tol's wine
/// and olive (<https://personal.sron.nl/~pault/>) stand in. Neighbours differ in lightness too, for
/// print in grey.
const BASE: [Color; 8] = [
    Color(0x00, 0x72, 0xb2),
    Color(0xe6, 0x9f, 0x00),
    Color(0x00, 0x9e, 0x73),
    Color(0x88, 0x22, 0x55),
    Color(0xcc, 0x79, 0xa7),
    Color(0xd5, 0x5e, 0x00),
    Color(0x56, 0xb4, 0xe9),
    Color(0x99, 0x99, 0x33),
];

/// The nth of eight colours that are told apart, for what has no name of a region.
pub(super) fn base(nth: usize) -> Color {
    BASE[nth % BASE.len()]
}

/// What each further round through [`BASE`] adds to the lightness.
const ROUNDS: [f64; 4] = [0.0, -0.17, -0.085, 0.06];

/// A region with less than this share of the largest total gives way where two want the same colour.
const SMALL: i128 = 100;

/// The colour of each region of a file: it belongs to the region's name, and is the same in every chart and, as far
/// as can be, in every file.
///
/// Each name wants one of eight colours, by its hash. Of several that want the same one, one gets it and the others
/// the next free one in an order of their own, in a further lightness once all eight are given away. Who comes first
/// does not depend on who took longer in this run, so that files with the same regions have the same colours; only
/// regions that took less than a hundredth of the longest, and all beyond the 32 longest, come last, so that they
/// recolour nothing that matters. Leaving out regions or ranks recolours nothing either: the whole file counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Palette {
    by_name: Vec<Color>,
}

impl Palette {
    /// The palette of a file. Rows whose total the file does not give are read through.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn of(source: &dyn Source) -> Result<Self> {
        let mut totals = Totals::stated(source);
        pass::run(source, &mut [&mut totals])?;
        Ok(Self::from_totals(source.names(), &totals.by_name(source)))
    }

    pub(crate) fn from_totals(names: &[String], totals: &[i128]) -> Self {
        let largest = totals.iter().copied().max().unwrap_or(0);
        let mut longest: Vec<i128> = totals.to_vec();
        longest.sort_unstable_by(|a, b| b.cmp(a));
        let least = longest.get(SLOTS - 1).copied().unwrap_or(0).max(largest / SMALL);

        let hashes: Vec<u64> = names.iter().map(|name| hash(name)).collect();
        let mut order: Vec<usize> = (0..names.len()).collect();
        order.sort_by_key(|&name| (totals[name] < least, hashes[name], &names[name]));
        let mut by_name = vec![OTHERS; names.len()];
        let mut users = [0_usize; SLOTS];
        for name in order {
            let mut wanted = wishes(hashes[name]);
            let first = wanted.next().unwrap_or(0);
            let slot = wanted.fold(
                first,
                |best, next| if users[next] < users[best] { next } else { best },
            );
            users[slot] += 1;
            by_name[name] = color_of(slot);
        }
        Palette { by_name }
    }

    /// The colour of region number `name`, an index into [`Source::names`]; grey if there is none.
    #[must_use]
    pub fn color(&self, name: usize) -> Color {
        self.by_name.get(name).copied().unwrap_or(OTHERS)
    }
}

/// Every hue in every lightness.
const SLOTS: usize = BASE.len() * ROUNDS.len();

/// The slots that a name wants, from the most to the least: all hues as they are, then in other lightnesses.
fn wishes(hash: u64) -> impl Iterator<Item = usize> {
    let hues = BASE.len();
    let home = hash as usize % hues;
    // Odd, so that the steps come to every one of the eight.
    let step = ((hash >> 32) as usize % hues) | 1;
    (0..SLOTS).map(move |wish| wish / hues * hues + (home + wish % hues * step) % hues)
}

fn color_of(slot: usize) -> Color {
    let base = BASE[slot % BASE.len()];
    match ROUNDS[slot / BASE.len()] {
        0.0 => base,
        lightness => lightened(base, lightness),
    }
}

/// The same on every machine and in every version: FNV-1a, and a last step that lets every bit depend on every byte.
fn hash(name: &str) -> u64 {
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^ (hash >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::encoded;
    use std::collections::{HashMap, HashSet};

    fn names(count: usize) -> Vec<String> {
        (0..count).map(|i| format!("region::{i}")).collect()
    }

    fn colors(names: &[String], totals: &[i128]) -> HashMap<String, Color> {
        let palette = Palette::from_totals(names, totals);
        (0..names.len())
            .map(|i| (names[i].clone(), palette.color(i)))
            .collect()
    }

    #[test]
    fn the_thirty_two_colours_differ_and_stand_out_from_white() {
        let colors: Vec<Color> = (0..SLOTS).map(color_of).collect();
        assert_eq!(colors.iter().collect::<HashSet<_>>().len(), 32);
        for color in colors {
            assert!(color.contrast(Color::WHITE) > 1.6, "{}", color.hex());
        }
    }

    #[test]
    fn neighbours_differ_in_grey() {
        for pair in BASE.windows(2) {
            let grey = |c: Color| encoded(c.luminance());
            assert!(grey(pair[0]).abs_diff(grey(pair[1])) >= 15, "{pair:?}");
        }
    }

    #[test]
    fn the_colour_of_a_name_does_not_depend_on_its_time_or_its_place_in_the_file() {
        for count in [2, 6, 12, 30] {
            let names = names(count);
            let rising: Vec<i128> = (0..count as i128).map(|i| 1_000 + i * 300).collect();
            let falling: Vec<i128> = rising.iter().rev().copied().collect();
            let expected = colors(&names, &rising);
            assert_eq!(colors(&names, &falling), expected);
            let turned: Vec<String> = names.iter().rev().cloned().collect();
            assert_eq!(colors(&turned, &rising), expected);
        }
    }

    #[test]
    fn no_two_of_a_file_have_one_colour_as_long_as_there_are_enough() {
        for count in [8, 32] {
            let all = colors(&names(count), &vec![5; count]);
            assert_eq!(all.values().collect::<HashSet<_>>().len(), count);
        }
        let eight = colors(&names(8), &[5; 8]);
        assert!(eight.values().all(|color| BASE.contains(color)));
        // Beyond, none is used thrice before all are used twice.
        let mut users = HashMap::new();
        for color in colors(&names(64), &[5; 64]).into_values() {
            *users.entry(color).or_insert(0) += 1;
        }
        assert!(users.values().all(|&users| users == 2));
    }

    #[test]
    fn a_region_that_takes_no_time_recolours_nothing() {
        let few = colors(&names(3), &[900, 1_000, 800]);
        let many = names(200);
        let mut totals = vec![1; 200];
        totals[..3].copy_from_slice(&[700, 1_000, 850]);
        let with_many = colors(&many, &totals);
        for (name, color) in few {
            assert_eq!(with_many[&name], color, "{name}");
        }
    }

    #[test]
    fn the_longest_of_many_have_colours_of_their_own() {
        let mut totals: Vec<i128> = (0..3_000).map(|i| 100_000 + i).collect();
        totals.reverse();
        let names = names(3_000);
        let colors = colors(&names, &totals);
        let longest: HashSet<Color> = names[..32].iter().map(|name| colors[name]).collect();
        assert_eq!(longest.len(), 32);
    }

    /// A file of last year and one of today are to have the same colours.
    #[test]
    fn the_colours_of_names_are_fixed() {
        let hex = |name: &str| Palette::from_totals(&[name.to_owned()], &[1]).color(0).hex();
        assert_eq!(
            ["update", "allreduce", "solve", ""].map(hex),
            ["#009e73", "#56b4e9", "#e69f00", "#009e73"]
        );
    }
}

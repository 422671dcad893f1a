//! Histograms in a line of text.

/// Columns that one takes.
pub(super) const CELLS: usize = 13;

/// From few to many. A number or a sign in front would be taken for one of the cell's digits.
const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const ASCII: [char; 8] = ['_', ':', '=', 'o', '*', 'O', '#', '@'];

/// A character for each count, as high as it is beside the largest; a space for none.
pub(super) fn line(counts: &[f64], unicode: bool) -> String {
    let most = counts.iter().copied().fold(0.0, f64::max);
    let levels = if unicode { BLOCKS } else { ASCII };
    let character = |&count: &f64| {
        // What is not there but by rounding is nothing to see.
        if count < 1e-6 * most || most == 0.0 {
            return ' ';
        }
        let level = (count / most * levels.len() as f64).ceil() as usize;
        levels[level.clamp(1, levels.len()) - 1]
    };
    counts.iter().map(character).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_can_be_seen_and_the_most_is_full() {
        assert_eq!(line(&[0.0, 1.0, 500.0, 1000.0], true), " ▁▄█");
        assert_eq!(line(&[0.0, 1.0, 500.0, 1000.0], false), " _o@");
        assert_eq!(line(&[0.0; 3], true), "   ");
    }
}

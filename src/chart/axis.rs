//! Time axes and labels.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The marks of a time axis that begins at 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticks {
    /// The unit of the labels: `ns`, `µs`, `ms`, `s`, `min` or `h`.
    pub unit: &'static str,
    /// Position in ns and label, in order; the first is 0.
    pub marks: Vec<(i64, String)>,
}

const UNITS: [(&str, i128); 6] = [
    ("ns", 1),
    ("µs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("min", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

impl Ticks {
    /// Marks in steps of 1, 2 or 5 times a power of ten, at most `max` of them (at least 2).
    ///
    /// The unit is the largest of which the axis is at least two long, seconds up to ten minutes
    /// and minutes up to ten hours.
    ///
    /// ```
    /// use scope_profiler::chart::axis::Ticks;
    ///
    /// let ticks = Ticks::new(23_000, 6); // 23 µs
    /// assert_eq!(ticks.unit, "µs");
    /// let labels: Vec<&str> = ticks.marks.iter().map(|(_, label)| label.as_str()).collect();
    /// assert_eq!(labels, ["0", "5", "10", "15", "20"]);
    /// ```
    #[must_use]
    pub fn new(span_ns: i64, max: usize) -> Self {
        let span = i128::from(span_ns.max(1));
        let intervals = (max.max(2) - 1) as i128;
        let (unit, scale) = UNITS
            .iter()
            .rev()
            .find(|&&(unit, scale)| {
                let least = if matches!(unit, "min" | "h") { 10 } else { 2 };
                span >= least * scale
            })
            .copied()
            .unwrap_or(UNITS[0]);

        let step_ns = steps(scale).find(|step| step * intervals >= span).unwrap_or(span);
        let decimals = decimals(step_ns, scale);
        let marks = (0..=span / step_ns)
            .map(|i| {
                let at = i * step_ns;
                (
                    i64::try_from(at).unwrap_or(i64::MAX),
                    format!("{:.decimals$}", at as f64 / scale as f64),
                )
            })
            .collect();
        Ticks { unit, marks }
    }
}

/// 1, 2 and 5 thousandths of a unit, hundredths, and so on, as whole nanoseconds.
fn steps(scale: i128) -> impl Iterator<Item = i128> {
    let bases = (0..24)
        .map(move |power| scale * 10_i128.pow(power))
        .filter(|base| base % 1_000 == 0);
    bases.flat_map(|base| [1, 2, 5].map(|factor| base / 1_000 * factor))
}

/// How many decimals a multiple of `step` needs in a unit of `scale`.
fn decimals(step: i128, scale: i128) -> usize {
    (0..3)
        .find(|&digits| step * 10_i128.pow(digits) % scale == 0)
        .unwrap_or(3) as usize
}

/// A name that fits into `width` columns of a terminal: shortened in the middle if need be, as
/// both ends of a name tell more, and with control characters escaped.
///
/// ```
/// use scope_profiler::chart::axis::shorten;
///
/// assert_eq!(shorten("solver", 10), "solver");
/// assert_eq!(shorten("solver::conjugate_gradient", 11), "solve…dient");
/// assert_eq!(shorten("two\nlines", 20), "two\\nlines");
/// ```
#[must_use]
pub fn shorten(name: &str, width: usize) -> String {
    let mut text = String::with_capacity(name.len());
    for c in name.chars() {
        if c.is_control() || is_invisible(c) {
            text.extend(c.escape_default());
        } else {
            text.push(c);
        }
    }
    if text.width() <= width {
        return text;
    }
    let room = width.saturating_sub(1);
    let head = prefix(text.chars(), room.div_ceil(2));
    let tail: Vec<char> = prefix(text.chars().rev(), room / 2);
    let tail = tail.into_iter().rev();
    head.into_iter().chain(std::iter::once('…')).chain(tail).collect()
}

/// Line breaks that are no control characters, and marks that turn the reading direction of what
/// follows.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// The characters at the front that take at most `width` columns.
fn prefix(chars: impl Iterator<Item = char>, width: usize) -> Vec<char> {
    let mut used = 0;
    chars
        .take_while(|c| {
            used += c.width().unwrap_or(0);
            used <= width
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(span_ns: i64, max: usize) -> (String, &'static str) {
        let ticks = Ticks::new(span_ns, max);
        let labels: Vec<String> = ticks.marks.into_iter().map(|(_, label)| label).collect();
        (labels.join(" "), ticks.unit)
    }

    #[test]
    fn the_unit_fits_the_span() {
        assert_eq!(labels(1, 6), ("0 1".into(), "ns"));
        assert_eq!(labels(1_999, 6), ("0 500 1000 1500".into(), "ns"));
        assert_eq!(labels(64_000_000, 8), ("0 10 20 30 40 50 60".into(), "ms"));
        assert_eq!(labels(2_500_000_000, 6), ("0.0 0.5 1.0 1.5 2.0 2.5".into(), "s"));
        assert_eq!(labels(700_000_000_000, 8), ("0 2 4 6 8 10".into(), "min"));
        assert_eq!(labels(40_000_000_000_000, 8), ("0 2 4 6 8 10".into(), "h"));
    }

    #[test]
    fn marks_are_never_more_than_asked_for_and_never_beyond_the_end() {
        for power in 0..63 {
            for span in [1_i64 << power, (1_i64 << power) + 1, i64::MAX] {
                for max in [2, 5, 9] {
                    let ticks = Ticks::new(span, max);
                    assert!((1..=max).contains(&ticks.marks.len()), "{span} {max}");
                    assert!(ticks.marks.last().unwrap().0 <= span);
                    assert_eq!(ticks.marks[0].0, 0);
                    let mut labels: Vec<_> = ticks.marks.iter().map(|mark| &mark.1).collect();
                    labels.dedup();
                    assert_eq!(labels.len(), ticks.marks.len(), "{span} {max}");
                }
            }
        }
    }

    #[test]
    fn names_are_shortened_by_the_width_they_take() {
        assert_eq!(shorten("日本語日本語", 7), "日…語");
        assert_eq!(shorten("日本語日本語", 12), "日本語日本語");
        assert_eq!(shorten("abc", 0), "…");
        assert_eq!(shorten("", 5), "");
        let long = "x".repeat(200);
        assert_eq!(shorten(&long, 30).width(), 30);
    }

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(shorten("a\tb\u{1b}[31m", 40), "a\\tb\\u{1b}[31m");
        assert_eq!(shorten("a\u{202e}b", 40), "a\\u{202e}b");
    }
}

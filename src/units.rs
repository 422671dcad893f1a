//! Durations in words: three significant digits, the same in table, chart and page.

use crate::ranges::{runs, texts};
use std::ops::RangeInclusive;

/// A duration with its unit, three significant digits: `831 ns`, `1.25 µs`, `83.1 ms`, `2.50 s`, `12.5 min`.
///
/// `ns` is nanoseconds; negative values (an end before its start) keep their sign. From ten
/// minutes on the unit is minutes, from ten hours on hours.
///
/// ```
/// use scope_profiler::units::duration;
/// assert_eq!(duration(0), "0 ns");
/// assert_eq!(duration(1_250), "1.25 µs");
/// assert_eq!(duration(83_140_000), "83.1 ms");
/// assert_eq!(duration(-2_500_000_000), "-2.50 s");
/// ```
#[must_use]
pub fn duration(ns: i64) -> String {
    duration_f64(ns as f64)
}

/// [`duration`] for a mean or a standard deviation, in nanoseconds.
#[must_use]
pub fn duration_f64(ns: f64) -> String {
    let magnitude = ns.abs();
    // Rounding can carry into the next unit (999.6 µs is 1.00 ms), so the limit is where it does.
    let (unit, scale) = UNITS
        .iter()
        .find(|(_, scale, limit)| magnitude < limit * scale)
        .map_or(("h", 3.6e12), |&(unit, scale, _)| (unit, scale));
    let value = ns / scale;
    if unit == "ns" && value.fract() == 0.0 {
        return format!("{value} ns");
    }
    format!("{} {unit}", three_digits(value))
}

const UNITS: [(&str, f64, f64); 5] = [
    ("ns", 1.0, 999.5),
    ("µs", 1e3, 999.5),
    ("ms", 1e6, 999.5),
    ("s", 1e9, 599.5),
    ("min", 6e10, 599.5),
];

/// A number with three significant digits and no exponent below a million.
#[must_use]
pub fn three_digits(value: f64) -> String {
    let magnitude = value.abs();
    let decimals = if magnitude >= 99.95 {
        0
    } else if magnitude >= 9.995 {
        1
    } else {
        2
    };
    format!("{value:.decimals$}")
}

/// An amount of something with three significant digits: with a unit by the prefixes of the SI, without one as a plain
/// number, which is rounded to a whole one from a thousand on, and has an exponent where it is very large or small.
///
/// ```
/// use scope_profiler::units::amount;
/// assert_eq!([amount(24.5e9, Some("B/s")), amount(312.0, Some("B"))], ["24.5 GB/s", "312 B"]);
/// assert_eq!([amount(1234.0, None), amount(0.25, None), amount(3.2e-12, None)], ["1 234", "0.25", "3.20e-12"]);
/// assert_eq!([amount(98765.4, None), amount(-1234.5, None), amount(2e6, None)], ["98 765", "-1 235", "2.00e6"]);
/// assert_eq!([amount(0.0317, None), amount(-0.09996, None)], ["0.0317", "-0.10"]);
/// ```
#[must_use]
pub fn amount(value: f64, unit: Option<&str>) -> String {
    let magnitude = value.abs();
    if !value.is_finite() {
        return format!("{value} {}", unit.unwrap_or("")).trim_end().to_owned();
    }
    let Some(unit) = unit else {
        return match magnitude {
            _ if value.fract() == 0.0 && magnitude < 1e6 || (999.5..999_999.5).contains(&magnitude) => {
                let sign = if value < 0.0 { "-" } else { "" };
                format!("{sign}{}", count(magnitude.round() as u64))
            }
            _ if (1e-2..0.099_95).contains(&magnitude) => format!("{value:.4}"),
            _ if (1e-2..1e3).contains(&magnitude) => three_digits(value),
            _ => format!("{value:.2e}"),
        };
    };
    let (prefix, scale) = prefix(value);
    let value = value / scale;
    if scale == 1.0 && value.fract() == 0.0 {
        return format!("{value} {unit}");
    }
    format!("{} {prefix}{unit}", three_digits(value))
}

/// As [`amount`], but nanoseconds are shown as all durations are.
pub(crate) fn value(value: f64, unit: Option<&str>) -> String {
    match unit {
        Some("ns") => duration_f64(value),
        unit => amount(value, unit),
    }
}

/// The prefix of the SI with which a number is short to write, and what it stands for.
pub(crate) fn prefix(value: f64) -> (&'static str, f64) {
    const PREFIXES: [(&str, f64); 8] = [
        ("n", 1e-9),
        ("µ", 1e-6),
        ("m", 1e-3),
        ("", 1.0),
        ("k", 1e3),
        ("M", 1e6),
        ("G", 1e9),
        ("T", 1e12),
    ];
    // As for durations, rounding can carry into the next prefix.
    let fits = PREFIXES.iter().find(|(_, scale)| value.abs() < 999.5 * scale);
    match fits {
        _ if value == 0.0 => ("", 1.0),
        Some(&known) => known,
        None => ("P", 1e15),
    }
}

/// A change in time, with its sign: `+12.5 ms`, `-3 ns`, `0 ns`. `ns` is nanoseconds.
///
/// ```
/// use scope_profiler::units::change;
/// assert_eq!([change(1.25e7), change(-3.0), change(0.0)], ["+12.5 ms", "-3 ns", "0 ns"]);
/// ```
#[must_use]
pub fn change(ns: f64) -> String {
    let sign = if ns > 0.0 { "+" } else { "" };
    format!("{sign}{}", duration_f64(ns))
}

/// A change as a share of what was before, in percent: `+22.0 %`.
///
/// ```
/// use scope_profiler::units::relative_change;
/// assert_eq!([relative_change(0.22), relative_change(-0.0504)], ["+22.0 %", "-5.04 %"]);
/// ```
#[must_use]
pub fn relative_change(share: f64) -> String {
    let sign = if share > 0.0 { "+" } else { "" };
    format!("{sign}{} %", three_digits(100.0 * share))
}

/// A count with thin groups of three digits: `12 345 678`.
///
/// ```
/// assert_eq!(scope_profiler::units::count(1234567), "1 234 567");
/// ```
#[must_use]
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i) % 3 == 0 {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}

/// Ascending numbers as ranges: `0-3,7`.
///
/// ```
/// assert_eq!(scope_profiler::units::ranges(&[0, 1, 2, 5, 7, 8]), "0-2,5,7-8");
/// ```
#[must_use]
pub fn ranges(numbers: &[u32]) -> String {
    texts(&runs(numbers)).join(",")
}

/// A number of things: `1 call`, `4 100 calls`.
///
/// ```
/// use scope_profiler::units::plural;
/// assert_eq!([plural(1, "call"), plural(4100, "call")], ["1 call", "4 100 calls"]);
/// ```
#[must_use]
pub fn plural(n: u64, what: &str) -> String {
    format!("{} {what}{}", count(n), if n == 1 { "" } else { "s" })
}

/// Ranks in words: `rank 2`, `ranks 2, 5-6`.
///
/// ```
/// assert_eq!(scope_profiler::units::ranks_in_words(&[2..=2, 5..=6]), "ranks 2, 5-6");
/// ```
#[must_use]
pub fn ranks_in_words(ranges: &[RangeInclusive<u32>]) -> String {
    let texts = texts(ranges);
    match ranges {
        [] => "no ranks".into(),
        [one] if one.start() == one.end() => format!("rank {}", texts[0]),
        _ => format!("ranks {}", texts.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_significant_digits_in_every_unit() {
        let cases = [
            (1, "1 ns"),
            (999, "999 ns"),
            (1_000, "1.00 µs"),
            (12_345, "12.3 µs"),
            (999_499, "999 µs"),
            (999_600, "1.00 ms"),
            (1_000_000_000, "1.00 s"),
            (90_000_000_000, "90.0 s"),
            (599_000_000_000, "599 s"),
            (600_000_000_000, "10.0 min"),
            (36_000_000_000_000, "10.0 h"),
        ];
        for (ns, text) in cases {
            assert_eq!(duration(ns), text);
        }
    }

    #[test]
    fn means_of_a_few_nanoseconds_keep_their_decimals() {
        assert_eq!(duration_f64(1.5), "1.50 ns");
        assert_eq!(duration_f64(45.25), "45.2 ns");
    }

    #[test]
    fn counts_are_grouped_by_thousands() {
        assert_eq!(count(0), "0");
        assert_eq!(count(100), "100");
        assert_eq!(count(1000), "1 000");
    }

    #[test]
    fn neighbouring_numbers_become_ranges() {
        assert_eq!(ranges(&[]), "");
        assert_eq!(ranges(&[3]), "3");
        assert_eq!(ranges(&[0, 1, 2, 5, 7, 8, u32::MAX]), "0-2,5,7-8,4294967295");
    }
}

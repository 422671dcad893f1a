//! What a field is measured in, and whether its numbers add up.

use crate::profile::Field;

/// Units of what is measured at a moment, or is a ratio: the sum over calls means nothing.
const OF_A_MOMENT: [&str; 24] = [
    "%", "‰", "ppm", "dB", "K", "°C", "℃", "°F", "degC", "degF", "Pa", "kPa", "MPa", "bar", "mbar", "atm",
    "Hz", "kHz", "MHz", "GHz", "V", "A", "W", "kW",
];
/// Words of a name that say that a plain number counts something.
const OF_COUNTS: [&str; 12] = [
    "allocs",
    "allocations",
    "calls",
    "count",
    "counts",
    "elements",
    "events",
    "items",
    "iterations",
    "messages",
    "ops",
    "operations",
];
/// Declares a plain number that adds up.
const ONE: &str = "1";

/// What a field is measured in, as the program or its name says; none for plain numbers.
pub(crate) fn unit_of(field: &Field) -> Option<&str> {
    declared_or_by_name(field).filter(|&unit| unit != ONE)
}

/// Whether the sum of a field's numbers means something: that of `bytes` does, that of a residual does not.
///
/// Numbers with a unit add up, unless it is one of what is measured at a moment, as `K`, or a ratio, as `%` and `m/s`.
/// Plain numbers add up where a word of the name is one of counts, or the unit was declared as `1`.
pub(crate) fn adds_up(field: &Field) -> bool {
    match declared_or_by_name(field) {
        Some(unit) => !unit.contains('/') && !OF_A_MOMENT.contains(&unit),
        None => words(field.name()).any(|word| OF_COUNTS.contains(&word.as_str())),
    }
}

fn declared_or_by_name(field: &Field) -> Option<&str> {
    field.unit().or_else(|| unit_by_name(field.name()))
}

fn unit_by_name(name: &str) -> Option<&'static str> {
    words(name).find_map(|word| match word.as_str() {
        "bytes" | "byte" => Some("B"),
        "flops" | "flop" => Some("flop"),
        _ => None,
    })
}

fn words(name: &str) -> impl Iterator<Item = String> {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric());
    words.map(str::to_ascii_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_its_unit_by_whole_words() {
        let units = ["bytes", "bytes_read", "Flops", "kilobytes", "residual"].map(unit_by_name);
        assert_eq!(units, [Some("B"), Some("B"), Some("flop"), None, None]);
    }

    #[test]
    fn amounts_and_counts_add_up_and_what_is_measured_at_a_moment_does_not() {
        let plain = [
            "bytes",
            "self_allocs",
            "iterations",
            "residual",
            "level",
            "discount",
        ];
        let plain = plain.map(|name| adds_up(&Field::new(name)));
        assert_eq!(plain, [true, true, true, false, false, false]);
        let declared = ["J", "ns", "1", "K", "%", "m/s", "GB/s"];
        let declared = declared.map(|unit| adds_up(&Field::new("x").with_unit(unit)));
        assert_eq!(declared, [true, true, true, false, false, false, false]);
        assert_eq!(unit_of(&Field::new("sweeps").with_unit("1")), None);
    }
}

//! Which numbers of calls are kept, and what they are measured in.

use crate::error::{Error, Result};

/// More fields are refused: each could be a note of every call.
const MOST: usize = 64;
/// With those that the profiler fills in itself.
pub(crate) const MOST_IN_ALL: usize = MOST + ALLOCATED.len() + 1;

/// The field for the processor time of a call.
pub(crate) const CPU_NS: &str = "cpu_ns";
/// The fields for what a call allocates: bytes and number, and the same without the calls inside it.
pub(crate) const ALLOCATED: [&str; 4] = ["alloc_bytes", "allocs", "self_alloc_bytes", "self_allocs"];

/// A numeric field that is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RecordedField {
    pub(crate) name: String,
    /// Empty where it is not known.
    pub(crate) unit: String,
}

impl RecordedField {
    /// From a name, as in `bytes`, or a name and a unit, as in `energy:J`.
    fn of(text: &str) -> Self {
        let (name, unit) = text.split_once(':').unwrap_or((text, ""));
        let (name, unit) = (name.trim(), unit.trim());
        let unit = if unit.is_empty() { usual_unit(name) } else { unit };
        Self {
            name: name.to_owned(),
            unit: unit.to_owned(),
        }
    }
}

/// The unit that a name says; empty where it says none.
pub(crate) fn usual_unit(name: &str) -> &'static str {
    let last = name.rsplit(['_', '.']).next().unwrap_or(name);
    match last {
        "bytes" => "B",
        "flop" | "flops" => "flop",
        "ns" => "ns",
        _ => "",
    }
}

/// The fields that a configuration names.
///
/// # Errors
///
/// When one has no name, two have the same, or there are too many.
pub(super) fn parse(texts: &[String]) -> Result<Vec<RecordedField>> {
    let mut fields: Vec<RecordedField> = Vec::new();
    for text in texts {
        let field = RecordedField::of(text);
        if field.name.is_empty() {
            return Err(Error::config(format!(
                "fields has {text:?}, which has no name; name a field, as in bytes, or a field and its unit, as in energy:J"
            )));
        }
        if fields.iter().any(|known| known.name == field.name) {
            return Err(Error::config(format!("fields names {:?} twice", field.name)));
        }
        fields.push(field);
    }
    if fields.len() > MOST {
        return Err(Error::config(format!(
            "fields names {} fields; {MOST} can be recorded",
            fields.len()
        )));
    }
    Ok(fields)
}

/// Adds fields that the profiler fills in itself, unless the configuration names them already.
pub(super) fn add(fields: &mut Vec<RecordedField>, names: &[&str]) {
    for name in names {
        if fields.iter().all(|field| field.name != *name) {
            fields.push(RecordedField::of(name));
        }
    }
}

/// The fields in an environment variable.
pub(super) fn split(value: &str) -> Vec<String> {
    let names = value.split(',').map(str::trim);
    names.filter(|name| !name.is_empty()).map(String::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_has_the_unit_that_it_is_given_or_that_its_name_says() {
        let fields = parse(&split("bytes, energy:J,read_bytes,flops , wait_ns,level,")).unwrap();
        let fields: Vec<_> = fields.iter().map(|field| (&*field.name, &*field.unit)).collect();
        let expected = [
            ("bytes", "B"),
            ("energy", "J"),
            ("read_bytes", "B"),
            ("flops", "flop"),
            ("wait_ns", "ns"),
            ("level", ""),
        ];
        assert_eq!(fields, expected);
    }

    #[test]
    fn a_field_without_a_name_or_with_that_of_another_is_refused() {
        for (texts, expected) in [(vec![":J"], "no name"), (vec!["n", "n:J"], "\"n\" twice")] {
            let texts: Vec<String> = texts.into_iter().map(String::from).collect();
            let error = parse(&texts).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
        let many: Vec<String> = (0..65).map(|n| format!("f{n}")).collect();
        assert!(parse(&many[..64]).is_ok() && parse(&many).is_err());
    }
}

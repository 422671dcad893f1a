//! From a span's call site and fields to the name of its region.

use super::allocated::Exempt;
use super::names::NameId;
use crate::config::{Naming, Part};
use std::fmt::{self, Write};
use std::sync::Arc;
use tracing_core::Metadata;
use tracing_core::field::{Field, Visit};

/// Whether a field may name the spans of this call site.
pub(super) fn is_by_field(naming: &Naming, metadata: &Metadata<'_>) -> bool {
    let has = |field: &str| metadata.fields().field(field).is_some();
    let is_there = |part: &Part| match part {
        Part::Field(index) => has(&naming.fields[*index]),
        _ => true,
    };
    // The last template needs no field.
    let by_field = naming
        .templates
        .split_last()
        .map_or(&[][..], |(_, others)| others);
    by_field.iter().any(|template| template.iter().all(is_there))
}

/// The region of a span with these values of the naming's fields; without any, that of its call site.
pub(super) fn region(
    naming: &Naming,
    metadata: &'static Metadata<'static>,
    values: &[Option<String>],
) -> NameId {
    let source = metadata.file().zip(metadata.line());
    let mut names = naming.templates.iter();
    let filled_in = names.find_map(|template| Some((fill_in(template, metadata, values)?, template)));
    match filled_in {
        // There may be any number of values, so these names count towards the memory limit.
        Some((name, template)) if template.iter().any(|part| matches!(part, Part::Field(_))) => {
            NameId::of(&name, source)
        }
        Some((name, _)) => NameId::of_site(&name, source),
        None => NameId::of_site(metadata.name(), source),
    }
}

/// None where something that the template asks for has no value.
fn fill_in(template: &[Part], metadata: &Metadata<'_>, values: &[Option<String>]) -> Option<String> {
    let mut name = String::new();
    for part in template {
        match part {
            Part::Text(text) => name += text,
            Part::Span => name += metadata.name(),
            Part::Module => name += metadata.module_path().unwrap_or(metadata.target()),
            Part::Target => name += metadata.target(),
            Part::Level => name += metadata.level().as_str(),
            Part::File => name += without_cargo_home(metadata.file()?),
            Part::Line => write!(name, "{}", metadata.line()?).ok()?,
            Part::Field(index) => name += values.get(*index)?.as_deref()?,
        }
    }
    Some(name)
}

/// A source file of another package from that package on, without where cargo keeps it.
fn without_cargo_home(file: &str) -> &str {
    ["/registry/src/", "/git/checkouts/"]
        .iter()
        .find_map(|kept| file.split_once(kept)?.1.split_once('/'))
        .map_or(file, |(_, file)| file)
}

/// A span that its fields may name.
#[derive(Clone, Debug)]
pub(super) struct NamedSpan {
    naming: Arc<Naming>,
    pub(super) metadata: &'static Metadata<'static>,
    /// One for each field of the naming; None where there is no value, or a blank one.
    values: Vec<Option<String>>,
    region: NameId,
    /// Whether it has been counted as a span of its region.
    counted: bool,
}

/// Values that have been recorded of a span.
pub(super) struct Recorded(Vec<(usize, String)>);

impl Recorded {
    /// Calls the application's code, which may do anything: the caller must neither hold a lock nor use a thread
    /// buffer meanwhile.
    pub(super) fn of(naming: &Naming, record: impl FnOnce(&mut dyn Visit)) -> Self {
        let _exempt = Exempt::begin();
        let mut wanted = Wanted {
            naming,
            values: Vec::new(),
        };
        record(&mut wanted);
        Self(wanted.values)
    }
}

impl NamedSpan {
    pub(super) fn new(
        naming: &Arc<Naming>,
        metadata: &'static Metadata<'static>,
        recorded: Recorded,
    ) -> Self {
        let mut span = Self {
            naming: Arc::clone(naming),
            metadata,
            values: vec![None; naming.fields.len()],
            // Replaced by the next line.
            region: NameId::from_number(u32::MAX),
            counted: false,
        };
        span.record(recorded);
        span
    }

    pub(super) fn naming(&self) -> Arc<Naming> {
        Arc::clone(&self.naming)
    }

    /// Later values replace earlier ones. Intervals that have begun keep their name.
    pub(super) fn record(&mut self, recorded: Recorded) {
        let _exempt = Exempt::begin();
        for (field, value) in recorded.0 {
            self.values[field] = Some(value).filter(|value| !value.trim().is_empty());
        }
        self.region = region(&self.naming, self.metadata, &self.values);
    }

    /// The region to enter, and whether this is the first entry: until then the name of a span may change, and
    /// the span counts for the region that it is first entered under.
    pub(super) fn enter(&mut self) -> (NameId, bool) {
        (self.region, !std::mem::replace(&mut self.counted, true))
    }
}

struct Wanted<'a> {
    naming: &'a Naming,
    values: Vec<(usize, String)>,
}

impl Wanted<'_> {
    fn keep(&mut self, field: &Field, text: impl FnOnce() -> String) {
        if let Some(index) = self.naming.fields.iter().position(|name| name == field.name()) {
            self.values.push((index, text()));
        }
    }
}

impl Visit for Wanted<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.keep(field, || value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.keep(field, || format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_a_dependency_begins_with_its_package() {
        let file = "/home/me/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/h2-0.4.5/src/client.rs";
        assert_eq!(without_cargo_home(file), "h2-0.4.5/src/client.rs");
        assert_eq!(without_cargo_home("src/solver.rs"), "src/solver.rs");
        assert_eq!(without_cargo_home("/builds/solver.rs"), "/builds/solver.rs");
    }
}

//! Numeric fields in a part of a profile, in a smaller copy, and of a profile in memory.

use scope_profiler::ProfilingH5Reader;
use scope_profiler::export::{self, Export};
use scope_profiler::profile::{Call, Number, Numbers, Profile, Source};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// So many calls that columns are in several chunks: of every third the bytes are known, of the last one the residual.
const CALLS: i64 = 70_000;

fn profile() -> Profile {
    let mut profile = Profile::builder().unit("bytes", "B");
    for n in 0..CALLS {
        let bytes = [("bytes", Number::Int(n))];
        let residual = [("residual", Number::Float(0.5))];
        let numbers: &[(&str, Number)] = match n {
            _ if n == CALLS - 1 => &residual,
            _ if n % 3 == 0 => &bytes,
            _ => &[],
        };
        profile.push(Call::new("axpy", 10 * n..10 * n + 5).numbers(numbers));
    }
    profile.push(Call::new("rest", 3..4));
    profile.build()
}

fn write(source: &dyn Source, window: &str, directory: &Path, name: &str) -> PathBuf {
    let file = directory.join(name);
    let exporter = export::exporter("hdf5").unwrap();
    let mut export = Export::new(source, exporter);
    if !window.is_empty() {
        export = export.window(window.parse().unwrap());
    }
    export.save(&file).unwrap();
    file
}

fn read(file: &Path, field: &str) -> Option<Numbers> {
    let reader = ProfilingH5Reader::open(file).unwrap();
    reader.get_region("axpy").unwrap()[0].field(field).cloned()
}

#[test]
fn all_numbers_are_kept() {
    let directory = TempDir::new().unwrap();
    let file = write(&profile(), "", directory.path(), "all.h5");
    let bytes = (0..CALLS).map(|n| (n % 3 == 0 && n != CALLS - 1).then_some(Number::Int(n)));
    assert_eq!(read(&file, "bytes"), Some(bytes.collect()));
    let residual = read(&file, "residual").unwrap();
    let known: Vec<_> = residual.iter().flatten().collect();
    assert_eq!(
        (known, residual.len()),
        (vec![Number::Float(0.5)], CALLS as usize)
    );
    assert_eq!(residual.get(CALLS as usize - 1), Some(Number::Float(0.5)));
    let reader = ProfilingH5Reader::open(&file).unwrap();
    assert_eq!(reader.fields()[0].unit(), Some("B"));
    assert_eq!(reader.fields_of(1), [0_usize; 0]);
    let report = scope_profiler::check::check(&file).unwrap();
    assert!(report.is_ok(), "{report}");

    // A copy of the copy says the same.
    let again = write(&reader, "", directory.path(), "again.h5");
    for field in ["bytes", "residual"] {
        assert_eq!(
            format!("{:?}", read(&again, field)),
            format!("{:?}", read(&file, field))
        );
    }
}

#[test]
fn a_window_keeps_the_numbers_of_its_calls_and_no_field_without_any() {
    let directory = TempDir::new().unwrap();
    let file = write(&profile(), "10ns..65ns", directory.path(), "window.h5");
    let none = Numbers::ABSENT;
    assert_eq!(
        read(&file, "bytes"),
        Some(Numbers::Int(vec![none, none, 3, none, none, 6]))
    );
    assert_eq!(read(&file, "residual"), None);
}

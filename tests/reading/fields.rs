//! Numeric fields beside the intervals: what any writer put there is handed out, and Python passes it over.

use crate::common::{Profile, column};
use crate::interpreter::interpreter;
use crate::python::{what_python_reads, what_we_read};
use hdf5::types::VarLenUnicode;
use scope_profiler::check::check;
use scope_profiler::profile::{Intervals, Number, Numbers, Source};
use scope_profiler::{ProfilingH5Reader, RegionFilter};

/// Two ranks: `axpy` has a field of each kind, on rank 1 one of them; `rest` has none.
fn with_fields() -> Profile {
    Profile::new()
        .region(0, "axpy", &[(0, 10, 0), (20, 25, 0), (30, 90, 1)])
        .region(0, "rest", &[(5, 6, 0)])
        .region(1, "axpy", &[(1, 2, 0)])
        .with(|file| {
            let fields = file.create_group("rank0/regions/axpy/fields").unwrap();
            column(&fields, "bytes", &[240_i64, i64::MIN, 480]);
            unit(&fields.dataset("bytes").unwrap(), "B");
            column(&fields, "residual", &[f64::NAN, 0.5, -1e300]);
            let fields = file.create_group("rank1/regions/axpy/fields").unwrap();
            column(&fields, "bytes", &[-1_i32]);
            mark(&fields.dataset("bytes").unwrap(), -1);
        })
}

fn unit(dataset: &hdf5::Dataset, unit: &str) {
    let unit: VarLenUnicode = unit.parse().unwrap();
    let attribute = dataset.new_attr::<VarLenUnicode>().create("unit").unwrap();
    attribute.write_scalar(&unit).unwrap();
}

fn mark(dataset: &hdf5::Dataset, mark: i64) {
    let attribute = dataset.new_attr::<i64>().create("absent").unwrap();
    attribute.write_scalar(&mark).unwrap();
}

fn findings(profile: &Profile) -> Vec<String> {
    let report = check(profile.path()).unwrap();
    report.findings().iter().map(ToString::to_string).collect()
}

#[test]
fn a_reader_says_which_fields_there_are_and_hands_out_their_numbers() {
    let profile = with_fields().close();
    let reader = ProfilingH5Reader::open(profile.path()).unwrap();
    let fields: Vec<_> = (reader.fields().iter())
        .map(|field| (field.name(), field.unit()))
        .collect();
    assert_eq!(fields, [("bytes", Some("B")), ("residual", None)]);
    let of_rows: Vec<_> = (0..3).map(|row| reader.fields_of(row)).collect();
    assert_eq!(of_rows, [&[0, 1][..], &[], &[0]]);

    // A slice of a row has those that were asked for.
    let bytes = reader.fields()[0].column();
    let mut slice = Intervals::new().with_column(bytes);
    reader.read(0, 1..3, &mut slice).unwrap();
    assert_eq!(
        slice.column(bytes),
        Some(&Numbers::Int(vec![Numbers::ABSENT, 480]))
    );
    assert_eq!(slice.column(reader.fields()[1].column()), None);
    reader.read(1, 0..1, &mut slice).unwrap();
    assert_eq!(slice.column(bytes), None);

    let axpy = reader.get_region("axpy").unwrap();
    let residuals: Vec<_> = axpy[0].field("residual").unwrap().iter().collect();
    assert_eq!(
        residuals,
        [None, Some(Number::Float(0.5)), Some(Number::Float(-1e300))]
    );
    // Another mark for none is as good as the usual one.
    assert_eq!(axpy[1].field("bytes"), Some(&Numbers::Int(vec![Numbers::ABSENT])));
    assert_eq!(axpy[1].field("residual"), None);
    assert_eq!(axpy[0].fields().count(), 2);
}

#[test]
fn numbers_go_with_their_intervals_when_rows_are_put_in_order() {
    let profile = Profile::new()
        .region(0, "late first", &[(50, 60, 0), (10, 11, 0), (10, 30, 0)])
        .with(|file| {
            let fields = file.create_group("rank0/regions/late first/fields").unwrap();
            column(&fields, "n", &[1_i64, 2, 3]);
        })
        .close();
    let reader = ProfilingH5Reader::open(profile.path()).unwrap();
    let region = &reader.get_region("late first").unwrap()[0];
    assert_eq!(region.start_times_ns(), [10, 10, 50]);
    assert_eq!(region.field("n"), Some(&Numbers::Int(vec![3, 2, 1])));
    let mut slice = Intervals::new().with_column(reader.fields()[0].column());
    reader.read(0, 0..1, &mut slice).unwrap();
    assert_eq!(
        slice.column(reader.fields()[0].column()),
        Some(&Numbers::Int(vec![3]))
    );
}

#[test]
fn a_region_that_is_called_fields_is_a_region() {
    let profile = Profile::new()
        .region(0, "solve", &[(0, 10, 0)])
        .with(|file| {
            let nested = file.create_group("rank0/regions/solve/fields").unwrap();
            column(&nested, "start_times", &[1_i64]);
            column(&nested, "end_times", &[2_i64]);
        })
        .close();
    let reader = ProfilingH5Reader::open(profile.path()).unwrap();
    assert_eq!(reader.names(), ["solve", "solve/fields"]);
    assert!(reader.fields().is_empty());
}

#[test]
fn a_check_finds_fields_that_do_not_fit_and_reading_them_fails() {
    assert_eq!(findings(&with_fields().close()), [""; 0]);
    let short = with_fields()
        .with(|file| {
            let fields = file.group("rank0/regions/axpy/fields").unwrap();
            column(&fields, "short", &[1_i64]);
        })
        .close();
    let message =
        "rank0/regions/axpy/fields/short has 1 values but its region has 3 start_times; the file is damaged";
    assert_eq!(findings(&short), [message]);

    let text = with_fields()
        .with(|file| {
            let fields = file.group("rank1/regions/axpy/fields").unwrap();
            let word: VarLenUnicode = "many".parse().unwrap();
            column(&fields, "words", &[word]);
        })
        .close();
    let message = "rank1/regions/axpy/fields/words holds unicode (var len) values instead of numbers";
    assert_eq!(findings(&text), [message]);
    let error = ProfilingH5Reader::open(text.path()).unwrap_err().to_string();
    assert!(error.contains(message), "{error}");

    let ambiguous = with_fields()
        .with(|file| {
            let fields = file.group("rank0/regions/axpy/fields").unwrap();
            mark(&fields.dataset("bytes").unwrap(), 7);
        })
        .close();
    let message = "rank0/regions/axpy/fields/bytes holds -9223372036854775808, which cannot be told from no number; 7 is its mark for that";
    assert_eq!(findings(&ambiguous), [message]);
    let reader = ProfilingH5Reader::open(ambiguous.path()).unwrap();
    let error = reader.get_regions(&RegionFilter::new()).unwrap_err().to_string();
    assert!(error.contains(message), "{error}");

    let odd_mark = with_fields()
        .with(|file| {
            let fields = file.group("rank0/regions/axpy/fields").unwrap();
            column(&fields, "odd", &[1_i64, 2, 3]);
            let text: VarLenUnicode = "none".parse().unwrap();
            let attribute = fields.dataset("odd").unwrap().new_attr::<VarLenUnicode>();
            attribute.create("absent").unwrap().write_scalar(&text).unwrap();
        })
        .close();
    let message = "rank0/regions/axpy/fields/odd has an attribute absent that is not an integer";
    assert_eq!(findings(&odd_mark), [message]);
}

#[test]
fn both_python_readers_pass_fields_over() {
    let profile = with_fields().close();
    let ours = what_we_read(&profile.path());
    assert_eq!(ours.len(), 3);
    for version in ["0.1.8", "0.7.5"] {
        if let Some(python) = interpreter(version) {
            assert_eq!(what_python_reads(&python, &profile.path(), 2), ours, "{version}");
        }
    }
}

//! The HDF5 file for the Python package, beside what [`circle`](crate::circle) says of it.

use crate::common::{Run, sample};
use crate::interpreter::interpreter;
use crate::running::{complaint, export, exported, names_in, text};
use scope_profiler::export::{Export, exporter};
use scope_profiler::merge::find_logs;
use scope_profiler::profile::{Call, Intervals, Number, Profile, Source};
use scope_profiler::{ProfilingH5Reader, RegionFilter};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tracing::{Dispatch, dispatcher, info_span};

fn to_python(profile: &Path, directory: &Path, arguments: &[&str]) -> PathBuf {
    let target = directory.join("run.python.h5");
    let target = target.to_str().unwrap();
    let output = export(profile, &[&["-o", target][..], arguments].concat());
    assert!(output.status.success(), "{output:?}");
    target.into()
}

/// Region, rank and exclusive time of a row.
type Row = (String, u32, i64);

fn rows(rows: &[(&str, u32, i64)]) -> Vec<Row> {
    rows.iter()
        .map(|&(region, rank, ns)| (region.to_owned(), rank, ns))
        .collect()
}

/// The rows of a file, as they stand there.
fn exclusive(file: &Path) -> Vec<Row> {
    let file = hdf5::File::open(file).unwrap();
    let texts = file.dataset("region_table/names").unwrap();
    let names = texts.read_raw::<hdf5::types::VarLenUnicode>().unwrap();
    let column = |name| file.dataset(&format!("rank_region_index/{name}")).unwrap();
    let regions = column("region_ids").read_raw::<u32>().unwrap().into_iter();
    let ranks = column("ranks").read_raw::<u32>().unwrap();
    let totals = column("exclusive_totals").read_raw::<i64>().unwrap();
    let rows = regions.zip(ranks).zip(totals);
    rows.map(|((region, rank), total)| (names[region as usize].to_string(), rank, total))
        .collect()
}

#[test]
fn a_filter_chooses_rows_and_exclusive_times_still_come_from_all() {
    let profile = sample();
    let file = to_python(&profile.path(), profile.directory(), &["-i", "main", "-r", "0"]);
    assert_eq!(exclusive(&file), rows(&[("main", 0, 300_000)]));
    let file = to_python(&profile.path(), profile.directory(), &["-e", "main", "-r", "0"]);
    assert_eq!(
        exclusive(&file),
        rows(&[("io", 0, 50_000), ("solve", 0, 650_000)])
    );
}

#[test]
fn a_window_cuts_intervals_and_their_exclusive_times() {
    let profile = sample();
    // The run begins at 1000 µs.
    let window = ["-i", "main", "solve", "--window", "150us..550us"];
    let file = to_python(&profile.path(), profile.directory(), &window);
    let expected = [
        ("main", 0, 100_000),
        ("solve", 0, 250_000),
        ("main", 1, 200_000),
        ("solve", 1, 200_000),
    ];
    assert_eq!(exclusive(&file), rows(&expected));
    let reader = ProfilingH5Reader::open(&file).unwrap();
    let solve = reader.get_region("solve").unwrap();
    assert_eq!(solve[0].start_times_ns(), [1_150_000, 1_500_000]);
    assert_eq!(solve[0].end_times_ns(), [1_400_000, 1_550_000]);
}

#[test]
fn calls_that_do_not_nest_have_no_exclusive_time() {
    let tangled = crate::sums::tangled();
    let file = to_python(&tangled.path(), tangled.directory(), &[]);
    for (region, rank, total) in exclusive(&file) {
        assert_eq!(total, if rank == 3 { 123 } else { -1 }, "{region}");
    }
}

#[test]
fn the_log_of_a_program_that_was_killed_is_exported_as_its_file_is() {
    let run = Run::new();
    run.region("outer", 100, || run.region("inner/part", 10, || ()));
    run.profiler.flush().unwrap();
    let mut directory = run.file().into_os_string();
    directory.push(".d");
    let log = run.directory.path().join("killed.log");
    fs::copy(&find_logs(&[directory]).unwrap()[0], &log).unwrap();
    let file = to_python(&log, run.directory.path(), &[]);
    let found = exclusive(&file);
    assert_eq!(found, rows(&[("outer", 0, 200), ("inner/part", 0, 20)]));
    let reader = ProfilingH5Reader::open(&file).unwrap();
    for region in reader.get_regions(&RegionFilter::new()).unwrap() {
        let stated = found.iter().find(|(name, ..)| name == region.name()).unwrap().2;
        assert_eq!(stated, region[0].exclusive_ns().unwrap(), "{}", region.name());
    }
}

#[test]
fn a_pipe_and_a_compressed_file_get_the_same_profile() {
    let profile = sample();
    let expected = text(&profile.path(), &["--to", "csv"]);
    let piped = profile.directory().join("piped.h5");
    fs::write(&piped, exported(&profile.path(), &["--to", "python"])).unwrap();
    assert_eq!(text(&piped, &["--to", "csv"]), expected);

    let packed = profile.directory().join("run.python.h5.gz");
    let output = export(&profile.path(), &["-o", packed.to_str().unwrap()]);
    assert!(output.status.success(), "{output:?}");
    let unpacked = Command::new("gzip").arg("-dc").arg(&packed).output().unwrap();
    fs::write(&piped, unpacked.stdout).unwrap();
    assert_eq!(text(&piped, &["--to", "csv"]), expected);
    assert_eq!(
        names_in(profile.directory()),
        ["piped.h5", "run.h5", "run.python.h5.gz"]
    );
}

#[test]
fn the_export_is_checked_and_shown_as_any_file() {
    let profile = sample();
    let file = to_python(&profile.path(), profile.directory(), &[]);
    let part = profile.directory().join("part.python.h5");
    let output = export(
        &profile.path(),
        &[
            "-o",
            part.to_str().unwrap(),
            "-i",
            "solve",
            "-r",
            "0",
            "--compress",
        ],
    );
    assert!(output.status.success(), "{output:?}");
    for file in [&file, &part] {
        let checked = crate::running::program()
            .arg(file)
            .arg("--check")
            .output()
            .unwrap();
        assert!(checked.status.success(), "{checked:?}");
    }
    // Regions of ranks side by side have the same sums in both.
    assert_eq!(
        text(&file, &["--to", "csv"]),
        text(&profile.path(), &["--to", "csv"])
    );
}

#[test]
fn intervals_keep_the_numbers_of_their_spans() {
    let run = Run::new();
    dispatcher::with_default(&Dispatch::new(run.profiler.subscriber()), || {
        let spans: Vec<_> = (0..3).map(|_| info_span!("poll")).collect();
        for span in spans.iter().chain(&spans) {
            span.in_scope(|| run.clock.advance(1));
        }
    });
    run.profiler.finalize().unwrap();
    let file = to_python(&run.file(), run.directory.path(), &[]);
    let [original, exported] = [run.file(), file].map(|path| {
        let poll = ProfilingH5Reader::open(path).unwrap().get_region("poll").unwrap();
        poll[0].column(Intervals::SPAN).cloned()
    });
    assert!(original.is_some());
    assert_eq!(exported, original);
}

/// Numbers of every kind: of some calls and regions alone, whole ones in one region and others in the next.
pub(crate) fn numbered() -> Profile {
    let mut profile = Profile::builder().unit("bytes", "B");
    for n in 0..70_000_i64 {
        let bytes = [("bytes", Number::Int(n)), ("level", Number::Int(n % 3))];
        let numbers: &[(&str, Number)] = if n % 3 == 0 { &bytes } else { &[] };
        profile.push(Call::new("axpy", 10 * n..10 * n + 5).numbers(numbers));
    }
    let others = [("level", Number::Float(0.5)), ("a/b", Number::Int(-1))];
    profile
        .interval(Call::new("rest", 3..4))
        .interval(Call::new("solve", 0..9).rank(1).numbers(&others))
        .interval(Call::new("solve", 20..29).rank(1))
        .build()
}

/// All numbers, by region, rank and field.
fn numbers(source: &dyn Source) -> Vec<(String, u32, String, Vec<Option<f64>>)> {
    let mut all = Vec::new();
    for (index, row) in source.rows().iter().enumerate() {
        for field in source
            .fields_of(index)
            .iter()
            .map(|&field| &source.fields()[field])
        {
            let mut intervals = Intervals::new().with_column(field.column());
            source.read(index, 0..row.intervals, &mut intervals).unwrap();
            let numbers = intervals.column(field.column()).unwrap().iter();
            let name = source.names()[row.name].clone();
            let numbers = numbers.map(|number| number.map(Number::as_f64)).collect();
            all.push((name, row.rank, field.name().replace('/', "|"), numbers));
        }
    }
    all.sort_by(|a, b| (&a.0, a.1, &a.2).cmp(&(&b.0, b.1, &b.2)));
    all
}

#[test]
fn calls_keep_their_numbers_which_the_package_passes_over() {
    let directory = tempfile::tempdir().unwrap();
    let profile = numbered();
    let file = directory.path().join("run.python.h5");
    Export::new(&profile, exporter("python").unwrap())
        .save(&file)
        .unwrap();
    let reader = ProfilingH5Reader::open(&file).unwrap();
    let expected = numbers(&profile);
    assert_eq!(expected.len(), 4);
    assert_eq!(numbers(&reader), expected);
    assert_eq!(reader.fields()[1].unit(), Some("B"));
    let axpy = reader.get_region("axpy").unwrap();
    assert_eq!(axpy[0].field("bytes").unwrap().get(3), Some(Number::Int(3)));
    let report = scope_profiler::check::check(&file).unwrap();
    assert!(report.is_ok(), "{report}");
    // Of a window in which nothing has one of the fields.
    let part = directory.path().join("part.python.h5");
    let window = Export::new(&reader, exporter("python").unwrap()).window("30ns..36ns".parse().unwrap());
    window.save(&part).unwrap();
    let part = ProfilingH5Reader::open(&part).unwrap();
    let expected = [("bytes", 3.0), ("level", 0.0)]
        .map(|(field, x)| ("axpy".to_owned(), 0, field.to_owned(), vec![Some(x)]));
    assert_eq!(numbers(&part), expected);

    let Some(python) = interpreter("0.7.5") else {
        return;
    };
    let script = "import h5py, json, sys\n\
        fields = h5py.File(sys.argv[1])['events/fields']\n\
        print(json.dumps({name: [str(column.dtype), len(column)] for name, column in fields.items()}))";
    let output = Command::new(&python)
        .args(["-c", script])
        .arg(&file)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let read: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let fields = read.as_object().unwrap();
    let (bytes, level) = (&fields["bytes"], &fields["level"]);
    assert_eq!(*bytes, serde_json::json!(["int64", 70_003]));
    assert_eq!(*level, serde_json::json!(["float64", 70_003]));
    assert_eq!(fields.len(), 3);
}

#[test]
fn times_that_differences_cannot_say_are_refused() {
    let profile = crate::common::Profile::new()
        .region(
            0,
            "far",
            &[(i64::MIN, i64::MIN + 5, 0), (i64::MAX - 5, i64::MAX, 0)],
        )
        .close();
    let target = profile.directory().join("run.python.h5");
    let message = complaint(&profile.path(), &["-o", target.to_str().unwrap()]);
    assert!(
        message.contains("run.python.h5") && message.contains("further apart"),
        "{message}"
    );
    assert_eq!(names_in(profile.directory()), ["run.h5"]);
}

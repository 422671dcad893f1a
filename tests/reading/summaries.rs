//! What a file keeps of its calls beside their intervals says what the intervals say, and is used in their place.

use hdf5::{File, Group};
use scope_profiler::analysis::call_tree::CallTree;
use scope_profiler::analysis::distributions::{Distribution, Effort};
use scope_profiler::check::check;
use scope_profiler::export::table::{self, TableOptions};
use scope_profiler::profile::{Source, StoredSummary};
use scope_profiler::{Profiler, ProfilingConfig, ProfilingH5Reader, RegionFilter, Summary};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Calls of one thread: a region that calls itself, through itself and through another, beside many short ones.
fn work(profiler: &Profiler, steps: usize) {
    fn descend(profiler: &Profiler, depth: usize) {
        let _call = profiler.profile_region(if depth % 3 == 0 { "odd one" } else { "descend" });
        if depth > 0 {
            descend(profiler, depth - 1);
        }
    }
    for step in 0..steps {
        let _step = profiler.profile_region("step/all");
        for _ in 0..20 {
            let _solve = profiler.profile_region("solve");
            profiler.profile("dot", || std::hint::black_box(step));
        }
        descend(profiler, step % 7);
    }
}

fn record(path: &Path, threads: usize, steps: usize) -> Summary {
    let profiler = Profiler::new(ProfilingConfig::new().file_path(path).verbose(false)).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| work(&profiler, steps));
        }
    });
    profiler.finalize().unwrap()
}

fn recorded(threads: usize, steps: usize) -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("run.h5");
    record(&path, threads, steps);
    (directory, path)
}

fn tree(reader: &ProfilingH5Reader, filter: &RegionFilter) -> CallTree {
    CallTree::filtered(reader, filter).unwrap()
}

fn drawn(tree: &CallTree) -> String {
    table::render(tree, &TableOptions::new().max_rows(None))
}

fn summary_of(path: &Path) -> Option<StoredSummary> {
    ProfilingH5Reader::open(path).unwrap().summary(0).unwrap()
}

fn change(path: &Path, change: impl FnOnce(&Group)) {
    let file = File::open_rw(path).unwrap();
    change(&file.group("rank0").unwrap());
    file.close().unwrap();
}

/// Makes every interval unreadable as such: it ends before it starts.
fn spoil_intervals(rank: &Group) {
    for region in rank.group("regions").unwrap().groups().unwrap() {
        let ends = region.dataset("end_times").unwrap();
        ends.write(&vec![0_i64; ends.size()]).unwrap();
    }
}

#[test]
fn tables_of_a_file_with_summaries_say_what_its_intervals_say_whatever_is_shown() {
    for threads in [1, 3] {
        let (_directory, path) = recorded(threads, 1_000);
        assert!(summary_of(&path).is_some());
        let (reader, exact) = (
            ProfilingH5Reader::open(&path).unwrap(),
            ProfilingH5Reader::open_exact(&path).unwrap(),
        );
        assert_eq!(exact.summary(0).unwrap(), None);
        for shown in ["", "solve", "descend", "odd|dot"] {
            let filter = RegionFilter::new().include([shown]).unwrap();
            let (found, expected) = (tree(&reader, &filter), tree(&exact, &filter));
            assert_eq!(drawn(&found), drawn(&expected), "{threads} threads, {shown:?}");
            assert_eq!(found.outside_ns(), expected.outside_ns());
            assert_eq!(found.threads(), threads);
        }
        let report = check(&path).unwrap();
        assert!(report.is_ok(), "{report}");
    }
}

#[test]
fn tables_of_a_file_with_summaries_read_no_interval() {
    let (_directory, path) = recorded(2, 1_000);
    let before = drawn(&tree(
        &ProfilingH5Reader::open(&path).unwrap(),
        &RegionFilter::new(),
    ));
    change(&path, spoil_intervals);
    let after = drawn(&tree(
        &ProfilingH5Reader::open(&path).unwrap(),
        &RegionFilter::new(),
    ));
    assert_eq!(before, after);
    let exact = drawn(&tree(
        &ProfilingH5Reader::open_exact(&path).unwrap(),
        &RegionFilter::new(),
    ));
    assert_ne!(before, exact);
}

#[test]
fn percentiles_of_a_summary_are_within_the_error_that_it_states() {
    let (_directory, path) = recorded(1, 1_000);
    let reader = ProfilingH5Reader::open(&path).unwrap();
    let summary = summary_of(&path).unwrap();
    let mut sketched = 0;
    for (row, of_row) in reader.rows().iter().zip(&summary.rows) {
        let Some(sketch) = &of_row.sketch else { continue };
        sketched += 1;
        assert_eq!(sketch.count(), row.intervals);
        assert!(sketch.relative_error() <= 1.0 / 16.0);
        let region = reader.get_region(&reader.names()[row.name]).unwrap();
        let (_, calls) = region.regions().iter().next().unwrap();
        for p in [0.0, 5.0, 50.0, 95.0, 99.0, 100.0] {
            let exact = calls.percentile_ns(p);
            let found = sketch.percentile(p);
            assert!(
                (found - exact).abs() <= exact * sketch.relative_error(),
                "{p}: {found} for {exact}"
            );
        }
    }
    // solve and dot; the others have too few calls.
    assert!(sketched >= 2, "{sketched}");
}

fn distributions(reader: &ProfilingH5Reader, effort: Effort) -> [Distribution; 3] {
    let tree = CallTree::with_distributions(reader, &RegionFilter::new(), effort).unwrap();
    ["solve", "dot", "step/all"].map(|name| tree.distribution(name).unwrap().clone())
}

#[test]
fn percentiles_of_a_tree_are_those_of_the_calls_as_near_as_they_say() {
    let (_directory, path) = recorded(2, 1_000);
    let reader = ProfilingH5Reader::open(&path).unwrap();
    let [sketched, exact] = [Effort::Enough, Effort::Exact].map(|effort| distributions(&reader, effort));
    for (at, name) in ["solve", "dot", "step/all"].into_iter().enumerate() {
        let region = reader.get_region(name).unwrap();
        let (_, calls) = region.regions().iter().next().unwrap();
        let (near, exact) = (&sketched[at], &exact[at]);
        assert_eq!(
            (near.calls(), exact.calls()),
            (calls.num_calls(), calls.num_calls())
        );
        assert_eq!(exact.relative_error(), 0.0);
        // Those of few calls are read.
        assert_eq!(near.relative_error() > 0.0, calls.num_calls() >= 4096, "{name}");
        for (p, of) in [
            (50.0, Distribution::p50_ns as fn(&Distribution) -> f64),
            (95.0, Distribution::p95_ns),
            (99.0, Distribution::p99_ns),
        ] {
            let known = calls.percentile_ns(p);
            assert!(
                (of(exact) - known).abs() <= 1e-9 * known,
                "{name} {p}: {} for {known}",
                of(exact)
            );
            let error = near.relative_error() + 1e-9;
            assert!(
                (of(near) - known).abs() <= known * error,
                "{name} {p}: {} for {known}",
                of(near)
            );
        }
    }
}

#[test]
fn percentiles_of_many_calls_come_from_the_summary_alone() {
    let (_directory, path) = recorded(1, 1_000);
    let solve = |effort| distributions(&ProfilingH5Reader::open(&path).unwrap(), effort)[0].clone();
    let before = solve(Effort::Little);
    change(&path, spoil_intervals);
    assert_eq!(solve(Effort::Little), before);
    assert_ne!(solve(Effort::Exact), before);
}

#[test]
fn the_table_at_the_end_of_a_run_is_that_of_its_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("run.h5");
    let summary = record(&path, 2, 1_000);
    let exact = tree(
        &ProfilingH5Reader::open_exact(&path).unwrap(),
        &RegionFilter::new(),
    );
    assert_eq!(drawn(summary.call_tree()), drawn(&exact));
}

#[test]
fn few_calls_and_calls_that_do_not_nest_have_no_summary() {
    let (_directory, path) = recorded(1, 10);
    assert_eq!(summary_of(&path), None);

    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("run.h5");
    let profiler = Profiler::new(ProfilingConfig::new().file_path(&path).verbose(false)).unwrap();
    work(&profiler, 1_000);
    let first = profiler.profile_region("first");
    let second = profiler.profile_region("second");
    drop(first);
    drop(second);
    profiler.finalize().unwrap();
    assert_eq!(summary_of(&path), None);
    let reader = ProfilingH5Reader::open(&path).unwrap();
    assert!(tree(&reader, &RegionFilter::new()).overlaps() <= 1);
    assert!(check(&path).unwrap().is_ok());
}

#[test]
fn a_summary_that_is_wrong_is_found_by_the_check() {
    let attribute = |rank: &Group, name: &str, value: i64| {
        let summary = rank.group("summary").unwrap();
        summary.attr(name).unwrap().write_scalar(&value).unwrap();
    };
    let (_directory, path) = recorded(1, 1_000);
    change(&path, |rank| attribute(rank, "busy_ns", 5));
    let found = check(&path).unwrap().to_string();
    assert!(
        found.contains("rank0/summary: states 5 as the busy time, but the intervals say"),
        "{found}"
    );
    assert!(found.contains("--exact"), "{found}");
}

#[test]
fn damage_to_a_summary_makes_nothing_panic() {
    let (_directory, path) = recorded(2, 1_000);
    let sound = std::fs::read(&path).unwrap();
    let places: Vec<_> = {
        let file = File::open(&path).unwrap();
        let datasets = file.group("rank0/summary").unwrap().datasets().unwrap();
        let place = |dataset: &hdf5::Dataset| {
            (
                dataset.offset().unwrap() as usize,
                dataset.storage_size() as usize,
            )
        };
        datasets.iter().map(place).collect()
    };
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    for (offset, len) in places {
        for _ in 0..100 {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let mut damaged = sound.clone();
            damaged[offset + (random >> 33) as usize % len] ^= 1 << (random % 8) | 0x80;
            std::fs::write(&path, &damaged).unwrap();
            let reader = ProfilingH5Reader::open(&path).unwrap();
            drop(drawn(&tree(&reader, &RegionFilter::new())));
        }
    }
}

#[test]
fn a_summary_of_other_intervals_or_of_another_layout_is_passed_over() {
    type Spoil = fn(&Group);
    let spoils: [Spoil; 5] = [
        |rank| rank.group("regions").unwrap().unlink("dot").unwrap(),
        |rank| rank.group("summary").unwrap().unlink("paths").unwrap(),
        |rank| rank.group("summary").unwrap().unlink("buckets").unwrap(),
        |rank| {
            let summary = rank.group("summary").unwrap();
            summary.unlink("path_threads").unwrap();
            summary
                .new_dataset::<f32>()
                .shape(3)
                .create("path_threads")
                .unwrap();
        },
        |rank| {
            let summary = rank.group("summary").unwrap();
            summary.attr("version").unwrap().write_scalar(&9_i64).unwrap();
        },
    ];
    for (at, spoil) in spoils.iter().enumerate() {
        let (_directory, path) = recorded(1, 1_000);
        change(&path, spoil);
        assert_eq!(summary_of(&path), None, "{at}");
        let (reader, exact) = (
            ProfilingH5Reader::open(&path).unwrap(),
            ProfilingH5Reader::open_exact(&path).unwrap(),
        );
        let everything = RegionFilter::new();
        assert_eq!(
            drawn(&tree(&reader, &everything)),
            drawn(&tree(&exact, &everything))
        );
        // The last may be of a later version.
        let is_last = at + 1 == spoils.len();
        assert_eq!(
            check(&path).unwrap().to_string().contains("rank0/summary"),
            !is_last,
            "{at}"
        );
    }
}

#[test]
fn columns_that_no_table_needs_are_opened_when_they_are_read() {
    let (_directory, path) = recorded(1, 1_000);
    change(&path, |rank| {
        let region = rank.group("regions/dot").unwrap();
        region.unlink("end_times").unwrap();
        let three = region.new_dataset_builder().with_data(&[1_i64, 2, 3]);
        three.create("end_times").unwrap();
    });
    let reader = ProfilingH5Reader::open(&path).unwrap();
    assert!(drawn(&tree(&reader, &RegionFilter::new())).contains("dot"));
    let error = reader.get_region("dot").unwrap_err();
    assert!(error.is_format());
    assert!(
        error.to_string().contains("start_times but 3 end_times"),
        "{error}"
    );
    drop(reader);
    let report = check(&path).unwrap().to_string();
    assert!(report.contains("start_times but 3 end_times"), "{report}");

    change(&path, |rank| rank.unlink("regions/dot/end_times").unwrap());
    let error = ProfilingH5Reader::open(&path).unwrap_err().to_string();
    assert!(error.contains("has no end_times"), "{error}");
}

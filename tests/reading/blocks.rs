//! The blocks that a file keeps of its calls say what the intervals say, take little room, and are used in their place.

use hdf5::{File, Group};
use scope_profiler::analysis::windows::{Pyramids, Windows};
use scope_profiler::chart::{ChartOptions, GanttChart};
use scope_profiler::check::check;
use scope_profiler::export::{Export, exporter};
use scope_profiler::merge::MergeMode;
use scope_profiler::profile::{Call, Intervals, Profile, Source};
use scope_profiler::{Profiler, ProfilingConfig, ProfilingH5Reader, RegionFilter};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A generator of numbers that look random, the same every time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// One long region with calls of some threads at the same time, one that calls itself, and one of few calls.
fn profile(threads: u64, calls: u64) -> Profile {
    let mut random = Numbers(threads * calls);
    let mut builder = Profile::builder();
    for thread in 0..threads {
        let mut time = random.below(50) as i64;
        for n in 0..calls / threads {
            let length = random.below(90) as i64;
            builder.push(Call::new("solve", time..time + length).thread(thread as u32));
            if thread == 0 {
                builder.push(Call::new("descend", time..time + length * 7));
                if n < 100 {
                    builder.push(Call::new("few", time..time + 1));
                }
            }
            time += length + random.below(30) as i64;
        }
    }
    builder.build()
}

/// The profile as a file.
fn stored(profile: &Profile) -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("run.h5");
    let hdf5 = exporter("hdf5").unwrap();
    Export::new(profile, hdf5).save(&path).unwrap();
    (directory, path)
}

fn recorded(path: &Path, threads: usize, mode: MergeMode) {
    let config = ProfilingConfig::new().file_path(path).verbose(false).merge(mode);
    let profiler = Profiler::new(config).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                for step in 0..500 {
                    let _step = profiler.profile_region("step/all");
                    (0..20).for_each(|_| {
                        profiler.profile("solve", || {
                            std::hint::black_box(step);
                        })
                    });
                }
            });
        }
    });
    profiler.finalize().unwrap();
}

fn pyramids(reader: &ProfilingH5Reader) -> Pyramids {
    Pyramids::of(reader, &(0..reader.rows().len()).collect::<Vec<_>>()).unwrap()
}

/// Whether blocks are stored of some rows, and are those that the intervals make.
fn assert_stored(path: &Path) {
    let reader = ProfilingH5Reader::open(path).unwrap();
    let exact = ProfilingH5Reader::open_exact(path).unwrap();
    let blocks = reader.blocks(0).unwrap();
    for (row, of) in reader.rows().iter().enumerate() {
        let name = &reader.names()[of.name];
        assert_eq!(blocks.contains_key(&row), of.intervals >= 2048, "{name}");
    }
    assert!(!blocks.is_empty() && exact.blocks(0).unwrap().is_empty());
    let (stored, made) = (pyramids(&reader), pyramids(&exact));
    for row in 0..reader.rows().len() {
        assert_eq!(stored.all(row), made.all(row));
        assert_eq!(stored.threads(row), made.threads(row));
        assert_eq!(stored.thread_numbers(row), made.thread_numbers(row));
    }
    let report = check(path).unwrap();
    assert!(report.is_ok(), "{report}");
}

fn change(path: &Path, change: impl FnOnce(&Group)) {
    let file = File::open_rw(path).unwrap();
    change(&file.group("rank0").unwrap());
    file.close().unwrap();
}

#[test]
fn a_run_stores_blocks_of_its_long_regions_however_it_is_merged() {
    for (threads, mode) in [(1, MergeMode::Copy), (3, MergeMode::Copy), (2, MergeMode::Link)] {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("run.h5");
        recorded(&path, threads, mode);
        assert_stored(&path);
    }
}

#[test]
fn an_export_stores_blocks_of_what_it_writes() {
    let (directory, path) = stored(&profile(3, 30_000));
    assert_stored(&path);
    let reader = ProfilingH5Reader::open(&path).unwrap();
    let threads = pyramids(&reader).threads(2).len();
    assert_eq!((reader.names()[2].as_str(), threads), ("solve", 3));

    let part = directory.path().join("part.h5");
    let hdf5 = exporter("hdf5").unwrap();
    Export::new(&reader, hdf5)
        .window("100us..600us".parse().unwrap())
        .save(&part)
        .unwrap();
    assert_stored(&part);
}

#[test]
fn blocks_take_at_most_a_twenty_fifth_of_the_file() {
    for threads in [1, 2, 7, 32, 100] {
        let profile = profile(threads, 60_000);
        let (_directory, path) = stored(&profile);
        let reader = ProfilingH5Reader::open(&path).unwrap();
        assert!(!reader.blocks(0).unwrap().is_empty(), "{threads} threads");
        let all = std::fs::metadata(&path).unwrap().len();
        let file = File::open(&path).unwrap();
        let tables = file.group("rank0/blocks").unwrap().datasets().unwrap();
        let blocks: u64 = tables.iter().map(|table| table.storage_size()).sum();
        assert!(25 * blocks < all, "{threads} threads: {blocks} of {all} bytes");
    }
}

#[test]
fn windows_of_a_file_with_blocks_read_only_what_is_at_their_edges() {
    let profile = profile(1, 50_000);
    let (_directory, path) = stored(&profile);
    let windows = |path: &Path| {
        let reader = ProfilingH5Reader::open(path).unwrap();
        let pyramids = Pyramids::of(&reader, &[2]).unwrap();
        let whole = pyramids.all(2).unwrap().whole().unwrap();
        let mut windows = Windows::new(&reader, 2, pyramids.all(2).unwrap());
        windows
            .pixels(whole.first_start_ns..whole.last_end_ns + 1, 1)
            .unwrap()
    };
    let before = windows(&path);
    assert_eq!(before[0].calls, 50_000);
    // All but the last block becomes unreadable as such.
    change(&path, |rank| {
        let ends = rank.dataset("regions/solve/end_times").unwrap();
        ends.write_slice(&vec![0_i64; 48_000], 0..48_000).unwrap();
    });
    assert_eq!(windows(&path), before);
}

#[test]
fn blocks_that_are_wrong_are_found_by_the_check() {
    let (_directory, path) = stored(&profile(1, 20_000));
    change(&path, |rank| {
        let ends = rank.dataset("regions/solve/end_times").unwrap();
        let mut values = ends.read_raw::<i64>().unwrap();
        values[5_000] -= 1;
        ends.write(&values).unwrap();
    });
    let found = check(&path).unwrap().to_string();
    assert!(found.contains("rank0/regions/solve: block 4 states"), "{found}");
    assert!(found.contains("--exact"), "{found}");
}

fn gantt(reader: &ProfilingH5Reader, options: &ChartOptions) -> GanttChart {
    let solve = RegionFilter::new().include(["solve"]).unwrap();
    GanttChart::reduce(reader, &solve, options).unwrap()
}

#[test]
fn a_gantt_chart_of_a_long_region_and_of_a_part_of_it_comes_of_its_bars() {
    let (_directory, path) = stored(&profile(1, 150_000));
    let charts = |reader: ProfilingH5Reader| {
        let part = ChartOptions::new()
            .columns(100)
            .window("2ms..7ms".parse().unwrap());
        [ChartOptions::new(), part].map(|options| gantt(&reader, &options))
    };
    let from_bars = charts(ProfilingH5Reader::open(&path).unwrap());
    assert_eq!(from_bars, charts(ProfilingH5Reader::open_exact(&path).unwrap()));
    // Calls without any length, but for those at the edges of the part.
    change(&path, |rank| {
        let columns =
            ["start_times", "end_times"].map(|name| rank.dataset(&format!("regions/solve/{name}")).unwrap());
        let [starts, mut ends] = columns.each_ref().map(|column| column.read_raw::<i64>().unwrap());
        let is_at_edge = |time: i64| {
            [2_000_000, 7_000_000]
                .iter()
                .any(|edge| (edge - time).abs() < 50_000)
        };
        for (end, start) in ends
            .iter_mut()
            .zip(&starts)
            .filter(|(_, start)| !is_at_edge(**start))
        {
            *end = *start;
        }
        columns[1].write(&ends).unwrap();
    });
    assert_eq!(from_bars, charts(ProfilingH5Reader::open(&path).unwrap()));
    assert_ne!(from_bars, charts(ProfilingH5Reader::open_exact(&path).unwrap()));
}

#[test]
fn bars_that_are_wrong_are_found_by_the_check_and_those_of_another_layout_passed_over() {
    let (_directory, path) = stored(&profile(1, 150_000));
    let before = gantt(&ProfilingH5Reader::open(&path).unwrap(), &ChartOptions::new());
    change(&path, |rank| {
        let bars = rank.dataset("blocks/bars").unwrap();
        let mut bytes = bars.read_raw::<u8>().unwrap();
        // The length of the first.
        bytes[1] ^= 1;
        bars.write(&bytes).unwrap();
    });
    let found = check(&path).unwrap().to_string();
    assert!(
        found.contains(": bar 0 is not the one that the intervals make"),
        "{found}"
    );
    change(&path, |rank| {
        let version = rank.group("blocks").unwrap().attr("bars_version").unwrap();
        version.write_scalar(&9_i64).unwrap();
    });
    assert!(check(&path).unwrap().is_ok());
    let reader = ProfilingH5Reader::open(&path).unwrap();
    assert!(!reader.blocks(0).unwrap().is_empty());
    assert_eq!(gantt(&reader, &ChartOptions::new()), before);
}

#[test]
fn blocks_of_other_intervals_or_of_another_layout_are_passed_over() {
    type Spoil = fn(&Group);
    let attribute = |rank: &Group, name: &str, value: i64| {
        let blocks = rank.group("blocks").unwrap();
        blocks.attr(name).unwrap().write_scalar(&value).unwrap();
    };
    let spoils: [Spoil; 4] = [
        |rank| rank.group("regions").unwrap().unlink("few").unwrap(),
        |rank| rank.group("blocks").unwrap().unlink("lanes").unwrap(),
        |rank| {
            let blocks = rank.group("blocks").unwrap();
            blocks.unlink("blocks").unwrap();
            blocks.new_dataset::<f32>().shape(3).create("blocks").unwrap();
        },
        |rank| {
            rank.group("blocks").unwrap().unlink("blocks").unwrap();
            rank.unlink("blocks").unwrap();
        },
    ];
    for (at, spoil) in spoils.iter().enumerate() {
        let (_directory, path) = stored(&profile(1, 20_000));
        change(&path, spoil);
        let reader = ProfilingH5Reader::open(&path).unwrap();
        assert!(reader.blocks(0).unwrap().is_empty(), "{at}");
        let exact = ProfilingH5Reader::open_exact(&path).unwrap();
        let row = reader.rows().len() - 1;
        assert_eq!(pyramids(&reader).all(row), pyramids(&exact).all(row));
        let is_found = check(&path).unwrap().to_string().contains("rank0/blocks");
        // A file without blocks is as good.
        assert_eq!(is_found, at < 3, "{at}");
    }
    let (_directory, path) = stored(&profile(1, 20_000));
    change(&path, |rank| attribute(rank, "version", 9));
    assert!(
        ProfilingH5Reader::open(&path)
            .unwrap()
            .blocks(0)
            .unwrap()
            .is_empty()
    );
    assert!(check(&path).unwrap().is_ok());
}

#[test]
fn damage_to_blocks_makes_nothing_panic_and_is_found_by_the_check() {
    damage_is_found(&profile(2, 20_000), 100);
    // With bars.
    damage_is_found(&profile(1, 60_000), 15);
}

fn damage_is_found(profile: &Profile, times: usize) {
    let (_directory, path) = stored(profile);
    let sound = std::fs::read(&path).unwrap();
    let places: Vec<_> = {
        let file = File::open(&path).unwrap();
        let datasets = file.group("rank0/blocks").unwrap().datasets().unwrap();
        let place = |dataset: &hdf5::Dataset| {
            (
                dataset.offset().unwrap() as usize,
                dataset.storage_size() as usize,
            )
        };
        datasets.iter().map(place).collect()
    };
    let mut random = Numbers(7);
    for (offset, len) in places {
        for _ in 0..times {
            let mut damaged = sound.clone();
            damaged[offset + random.below(len as u64) as usize] ^= 1 << random.below(8);
            std::fs::write(&path, &damaged).unwrap();
            let reader = ProfilingH5Reader::open(&path).unwrap();
            let rows: Vec<usize> = (0..reader.rows().len()).collect();
            let Ok(pyramids) = Pyramids::of(&reader, &rows) else {
                continue;
            };
            for row in rows {
                let lanes = pyramids.all(row).into_iter().chain(pyramids.threads(row));
                for lane in lanes {
                    let mut windows = Windows::new(&reader, row, lane);
                    drop(windows.pixels(0..900_000, 9));
                    drop(windows.pixels(i64::MIN..i64::MAX, 3));
                    drop(windows.overlap(1_000..500_000));
                }
            }
            let everything = RegionFilter::new();
            drop(GanttChart::reduce(&reader, &everything, &ChartOptions::new()));
            let report = check(&path).unwrap();
            assert!(!report.is_ok(), "{report}");
        }
    }
}

#[test]
fn rows_that_are_not_in_order_have_no_blocks() {
    let (_directory, path) = stored(&profile(1, 20_000));
    change(&path, |rank| {
        rank.delete_attr("sorted_by_start").unwrap();
        let starts = rank.dataset("regions/solve/start_times").unwrap();
        let ends = rank.dataset("regions/solve/end_times").unwrap();
        for column in [starts, ends] {
            let mut values = column.read_raw::<i64>().unwrap();
            values.reverse();
            column.write(&values).unwrap();
        }
    });
    let reader = ProfilingH5Reader::open(&path).unwrap();
    assert!(reader.blocks(0).unwrap().is_empty());
    let mut all = Intervals::new();
    reader.read(2, 0..20_000, &mut all).unwrap();
    let whole = pyramids(&reader).all(2).unwrap().whole().unwrap();
    assert_eq!(whole.first_start_ns, all.starts()[0]);
}

//! The Gantt chart of a million calls from the blocks of a file looks as that from all of its intervals.

use crate::pictures::png_pixels;
use hdf5::File;
use scope_profiler::export::{Export, exporter};
use scope_profiler::plot::{PlotOptions, plot_gantt};
use scope_profiler::profile::{Intervals, Row, RunFacts, Source};
use scope_profiler::{ProfilingH5Reader, Result};
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// A second with fifty bursts of calls of a region, and a steady one.
struct Bursts {
    names: Vec<String>,
    rows: Vec<Row>,
}

const BURST: u64 = 18_000;
const STEADY: u64 = 100_000;

impl Bursts {
    fn new() -> Self {
        Self {
            names: vec!["burst".into(), "steady".into()],
            rows: vec![Row::new(0, 0, 50 * BURST), Row::new(0, 1, STEADY)],
        }
    }
}

impl Source for Bursts {
    fn names(&self) -> &[String] {
        &self.names
    }

    fn rows(&self) -> &[Row] {
        &self.rows
    }

    fn read(&self, row: usize, range: Range<u64>, into: &mut Intervals) -> Result<()> {
        let call = |i: u64| {
            let length = i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
            if row == 0 {
                let start = i / BURST * 20_000_000 + i % BURST * 13;
                (start as i64, (start + 3 + length % 9) as i64)
            } else {
                let start = i * 10_000;
                (start as i64, (start + 2_000 + length % 7_000) as i64)
            }
        };
        into.clear();
        range.map(call).for_each(|(start, end)| into.push(start, end, 0));
        Ok(())
    }

    fn run(&self) -> RunFacts {
        let mut run = RunFacts::default();
        run.ranks.entry(0).or_default().span_ns = Some((0, 1_000_000_000));
        run
    }

    fn thread_names(&self, _rank: u32) -> Result<BTreeMap<u32, String>> {
        Ok(BTreeMap::new())
    }
}

/// Width, and how bright each pixel is.
fn grey(path: &Path) -> (usize, Vec<f64>) {
    let (width, _, bytes) = png_pixels(path);
    let grey = |pixel: &[u8]| pixel.iter().map(|&of| f64::from(of)).sum::<f64>() / 3.0;
    (width, bytes.chunks_exact(3).map(grey).collect())
}

/// The structural similarity of two pictures: the mean over squares of eight pixels.
fn similarity((width, one): &(usize, Vec<f64>), (_, other): &(usize, Vec<f64>)) -> f64 {
    const SIDE: usize = 8;
    let (c1, c2) = ((0.01_f64 * 255.0).powi(2), (0.03_f64 * 255.0).powi(2));
    let height = one.len() / width;
    let (mut sum, mut squares) = (0.0, 0.0);
    for top in (0..height - SIDE).step_by(SIDE) {
        for left in (0..width - SIDE).step_by(SIDE) {
            let places = (0..SIDE * SIDE).map(|i| (top + i / SIDE) * width + left + i % SIDE);
            let n = (SIDE * SIDE) as f64;
            let mean = |of: &[f64]| places.clone().map(|at| of[at]).sum::<f64>() / n;
            let (a, b) = (mean(one), mean(other));
            let joint = |x: &[f64], mx: f64, y: &[f64], my: f64| {
                places.clone().map(|at| (x[at] - mx) * (y[at] - my)).sum::<f64>() / (n - 1.0)
            };
            let (va, vb, both) = (
                joint(one, a, one, a),
                joint(other, b, other, b),
                joint(one, a, other, b),
            );
            sum += (2.0 * a * b + c1) * (2.0 * both + c2) / ((a * a + b * b + c1) * (va + vb + c2));
            squares += 1.0;
        }
    }
    sum / squares
}

#[test]
fn a_picture_from_blocks_looks_as_one_from_a_million_intervals() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("run.h5");
    Export::new(&Bursts::new(), exporter("hdf5").unwrap())
        .save(&file)
        .unwrap();
    let draw = |reader: &ProfilingH5Reader, name: &str| -> PathBuf {
        let path = directory.path().join(name);
        plot_gantt(reader, &PlotOptions::new().filepath(&path)).unwrap();
        path
    };
    let naive = draw(&ProfilingH5Reader::open_exact(&file).unwrap(), "naive.png");
    // Most calls of the bursts cannot be read as they were: they are not needed.
    let changed = File::open_rw(&file).unwrap();
    let ends = changed.dataset("rank0/regions/burst/end_times").unwrap();
    let mut spoiled = ends.read_raw::<i64>().unwrap();
    for burst in spoiled.chunks_mut(BURST as usize) {
        burst[4_096..8_192].fill(0);
    }
    ends.write(&spoiled).unwrap();
    changed.close().unwrap();
    let spoiled = draw(&ProfilingH5Reader::open_exact(&file).unwrap(), "spoiled.png");
    let blocks = draw(&ProfilingH5Reader::open(&file).unwrap(), "blocks.png");
    let similar = |picture: &Path| similarity(&grey(&naive), &grey(picture));
    assert!(similar(&blocks) >= 0.99, "{}", similar(&blocks));
    assert!(similar(&spoiled) < 1.0);
}

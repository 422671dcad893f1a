//! The heat equation on a square plate, profiled in all three ways.
//!
//! A plate with cold edges is heated at one point and cools down. Each time step is
//! Crank-Nicolson, solved by conjugate gradients without ever forming the matrix; rayon shares the
//! rows among threads, and a thread of its own writes checkpoints. At the end the temperatures are
//! compared with the analytic solution.
//!
//! ```text
//! cargo run --release --example heat_equation [PROFILE.h5 [CHECKPOINT_DIR]]
//! ```
//!
//! Which way for what: `#[instrument]` on whole functions, `info_span!` for a block such as one
//! iteration, and `profile_region!` in the innermost parallel loops, where it costs least.

use rayon::prelude::*;
use scope_profiler::{ProfileManager, ProfilingConfig, profile_region};
use std::error::Error;
use std::f64::consts::PI;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, sync_channel};
use std::{env, fs, io, thread};
use tracing::{info_span, instrument};
use tracing_subscriber::prelude::*;

/// Interior points in each direction; the edges stay at 0. Fewer without optimisation, so that a run
/// takes a second or two either way.
const N: usize = if cfg!(debug_assertions) { 127 } else { 383 };
const STEPS: usize = 60;
const DT: f64 = 1.25e-4;
const STEPS_PER_CHECKPOINT: usize = 15;
/// The point that is hot at first.
const HOT: (f64, f64) = (0.3, 0.6);
const TOLERANCE: f64 = 1e-4;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let mut args = env::args_os().skip(1).map(PathBuf::from);
    let profile = args.next().unwrap_or_else(|| "heat_equation.h5".into());
    let scratch = tempfile::tempdir()?;
    let checkpoints = args.next().unwrap_or_else(|| scratch.path().into());

    let session = ProfileManager::session(
        ProfilingConfig::new()
            .file_path(&profile)
            .label("2-D heat equation, Crank-Nicolson with CG"),
    )?;
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(ProfileManager::layer()))?;

    let error = simulate(&checkpoints)?;

    // Writes the profile and prints the table.
    session.finalize()?;
    println!("\nlargest error against the analytic solution: {error:.2e} (tolerance {TOLERANCE:.0e})");
    println!("checkpoints went to {}", checkpoints.display());
    let profile = profile.to_string_lossy();
    println!(
        "next: scope-profiler-pproc {} -o figures",
        shlex::try_quote(&profile)?
    );
    Ok(if error <= TOLERANCE {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Runs the simulation and returns its largest error.
#[instrument(name = "main", skip_all)]
fn simulate(checkpoints: &Path) -> Result<f64, Box<dyn Error>> {
    let mut plate = setup()?;
    fs::create_dir_all(checkpoints)?;
    // One checkpoint may wait while another is written; a third makes the solver wait.
    let (sender, receiver) = sync_channel(1);
    thread::scope(|scope| -> Result<(), Box<dyn Error>> {
        let writer = thread::Builder::new()
            .name("checkpoints".into())
            .spawn_scoped(scope, || write_checkpoints(checkpoints, receiver))?;
        for step in 1..=STEPS {
            plate.time_step(step);
            if step % STEPS_PER_CHECKPOINT == 0 {
                let _span = info_span!("hand over checkpoint").entered();
                // Sending fails only when the writer gave up, and then joining says why.
                let _ = sender.send((step, plate.temperature.clone()));
            }
        }
        drop(sender);
        writer.join().expect("the writer returns its errors")?;
        Ok(())
    })?;
    Ok(plate.error(STEPS as f64 * DT))
}

/// Starts the thread pool and heats the plate.
#[instrument(skip_all)]
fn setup() -> Result<Plate, rayon::ThreadPoolBuildError> {
    let threads = thread::available_parallelism().map_or(2, usize::from).clamp(2, 4);
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(|i| format!("worker {i}"))
        .build_global()?;
    Ok(Plate::heated(threads))
}

/// The state of the plate and the work vectors of the solver.
struct Plate {
    temperature: Vec<f64>,
    rhs: Vec<f64>,
    residual: Vec<f64>,
    direction: Vec<f64>,
    product: Vec<f64>,
    /// Values in the rows that one task works on.
    band: usize,
}

impl Plate {
    fn heated(threads: usize) -> Self {
        let tent = |x: f64, peak: f64| {
            if x < peak {
                x / peak
            } else {
                (1.0 - x) / (1.0 - peak)
            }
        };
        let mut temperature = vec![0.0; N * N];
        for (index, value) in temperature.iter_mut().enumerate() {
            let (x, y) = position(index);
            *value = tent(x, HOT.0) * tent(y, HOT.1);
        }
        let zeros = || vec![0.0; N * N];
        Plate {
            temperature,
            rhs: zeros(),
            residual: zeros(),
            direction: zeros(),
            product: zeros(),
            band: N.div_ceil(threads) * N,
        }
    }

    /// One step of Crank-Nicolson: (1 - dt/2 L) new = (1 + dt/2 L) old, with L the Laplacian.
    #[instrument(skip_all)]
    fn time_step(&mut self, _step: usize) {
        {
            let _span = info_span!("right-hand side").entered();
            stencil(&self.temperature, &mut self.rhs, 0.5 * DT, self.band);
        }
        self.conjugate_gradients();
    }

    /// Solves for the new temperature, starting from the old one.
    #[instrument(skip_all)]
    fn conjugate_gradients(&mut self) {
        stencil(&self.temperature, &mut self.product, -0.5 * DT, self.band);
        for (((r, d), b), p) in self
            .residual
            .iter_mut()
            .zip(&mut self.direction)
            .zip(&self.rhs)
            .zip(&self.product)
        {
            *r = b - p;
            *d = *r;
        }
        let mut rho = dot(&self.residual, &self.residual, self.band);
        let target = 1e-16 * dot(&self.rhs, &self.rhs, self.band);
        while rho > target {
            let _span = info_span!("cg iteration").entered();
            stencil(&self.direction, &mut self.product, -0.5 * DT, self.band);
            let alpha = rho / dot(&self.direction, &self.product, self.band);
            add_scaled(&mut self.temperature, alpha, &self.direction, self.band);
            add_scaled(&mut self.residual, -alpha, &self.product, self.band);
            let next = dot(&self.residual, &self.residual, self.band);
            let beta = next / rho;
            rho = next;
            ProfileManager::profile("update direction", || {
                self.direction
                    .par_chunks_mut(self.band)
                    .zip(self.residual.par_chunks(self.band))
                    .for_each(|(d, r)| d.iter_mut().zip(r).for_each(|(d, r)| *d = r + beta * *d));
            });
        }
    }

    /// The largest difference from the exact temperatures at `time`.
    #[instrument(skip_all)]
    fn error(&self, time: f64) -> f64 {
        let along_x: Vec<f64> = (0..N).map(|i| exact(position(i).0, HOT.0, time)).collect();
        let along_y: Vec<f64> = (0..N).map(|j| exact(position(j * N).1, HOT.1, time)).collect();
        let differences = self.temperature.iter().enumerate();
        differences
            .map(|(index, value)| (value - along_x[index % N] * along_y[index / N]).abs())
            .fold(0.0, f64::max)
    }
}

/// `out` = (1 + factor L) `u` with the five-point Laplacian, one band of rows per task.
#[instrument(skip_all)]
fn stencil(u: &[f64], out: &mut [f64], factor: f64, band: usize) {
    let scale = factor * ((N + 1) * (N + 1)) as f64;
    out.par_chunks_mut(band).enumerate().for_each(|(number, rows)| {
        let _region = profile_region!("stencil rows");
        for (offset, row) in rows.chunks_exact_mut(N).enumerate() {
            let first = number * band + offset * N;
            let here = &u[first..first + N];
            let above = first.checked_sub(N).map(|start| &u[start..first]);
            let below = u.get(first + N..first + 2 * N);
            for (i, value) in row.iter_mut().enumerate() {
                let left = if i > 0 { here[i - 1] } else { 0.0 };
                let right = if i + 1 < N { here[i + 1] } else { 0.0 };
                let neighbours =
                    left + right + above.map_or(0.0, |row| row[i]) + below.map_or(0.0, |row| row[i]);
                *value = here[i] + scale * (neighbours - 4.0 * here[i]);
            }
        }
    });
}

/// The inner product: each band on its own thread, then their sum.
fn dot(a: &[f64], b: &[f64], band: usize) -> f64 {
    let _region = profile_region!("reduction");
    let partial: Vec<f64> = a
        .par_chunks(band)
        .zip(b.par_chunks(band))
        .map(|(a, b)| {
            let _region = profile_region!("dot rows");
            a.iter().zip(b).map(|(a, b)| a * b).sum()
        })
        .collect();
    partial.iter().sum()
}

/// `x` += `alpha` `y`.
fn add_scaled(x: &mut [f64], alpha: f64, y: &[f64], band: usize) {
    let _region = profile_region!("axpy");
    x.par_chunks_mut(band)
        .zip(y.par_chunks(band))
        .for_each(|(x, y)| x.iter_mut().zip(y).for_each(|(x, y)| *x += alpha * y));
}

/// Writes each checkpoint that arrives, until there are no more.
fn write_checkpoints(directory: &Path, checkpoints: Receiver<(usize, Vec<f64>)>) -> io::Result<()> {
    for (step, temperature) in checkpoints {
        write_checkpoint(
            &directory.join(format!("temperature_{step:04}.f64")),
            &temperature,
        )?;
    }
    Ok(())
}

#[instrument(skip_all)]
fn write_checkpoint(path: &Path, temperature: &[f64]) -> io::Result<()> {
    let mut file = BufWriter::new(fs::File::create(path)?);
    ProfileManager::profile("write", || {
        temperature
            .iter()
            .try_for_each(|value| file.write_all(&value.to_le_bytes()))
    })?;
    let _region = profile_region!("sync to disk");
    file.into_inner()?.sync_all()
}

/// The coordinates of a point, from 0 to 1.
fn position(index: usize) -> (f64, f64) {
    let at = |i: usize| (i + 1) as f64 / (N + 1) as f64;
    (at(index % N), at(index / N))
}

/// One dimension of the solution by separation of variables: the sine series of a tent of height 1
/// with its tip at `peak`, each mode m decaying as exp(-m² π² t).
fn exact(x: f64, peak: f64, time: f64) -> f64 {
    let mode = |m: f64| {
        let coefficient = 2.0 * (m * PI * peak).sin() / (m * m * PI * PI * peak * (1.0 - peak));
        coefficient * (m * PI * x).sin() * (-m * m * PI * PI * time).exp()
    };
    (1..400).map(|m| mode(f64::from(m))).sum()
}

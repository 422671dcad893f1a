//! The heat equation on a square plate, shared among MPI ranks: each has a strip of rows.
//!
//! A plate with cold edges cools down. In each time step (explicit Euler) neighbours exchange the rows
//! at their border, every rank updates its strip, and all agree on the largest change. At the end the
//! temperatures are compared with the analytic solution.
//!
//! ```text
//! cargo build --release --features mpi --example mpi_heat
//! mpirun -n 4 target/release/examples/mpi_heat [PROFILE.h5] [--slow RANK]
//! ```
//!
//! With `--slow RANK` this rank computes each of its updates four times, as if its processor were
//! slower: the profile shows all others waiting for it.

use mpi::collective::SystemOperation;
use mpi::point_to_point::send_receive_into;
use mpi::topology::SimpleCommunicator;
use mpi::traits::{Communicator, CommunicatorCollectives};
use scope_profiler::{ProfileManager, ProfilingConfig, profile_region};
use std::error::Error;
use std::f64::consts::PI;
use std::process::ExitCode;

/// Interior points in each direction; the edges stay at 0. Fewer without optimisation, so that a run
/// takes a second or two either way.
const N: usize = if cfg!(debug_assertions) { 511 } else { 1535 };
const STEPS: usize = 20;
/// How often the slow rank computes what the others compute once.
const SLOWNESS: usize = 4;
const TOLERANCE: f64 = 1e-4;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let (profile, slow) = arguments()?;
    let universe = mpi::initialize().ok_or("MPI is initialized already")?;
    let world = universe.world();
    let label = match slow {
        Some(rank) => format!("heat equation on {} ranks, rank {rank} is slow", world.size()),
        None => format!("heat equation on {} ranks", world.size()),
    };
    ProfileManager::setup(ProfilingConfig::new().file_path(&profile).label(label))?;

    let repeat = if slow == Some(world.rank()) { SLOWNESS } else { 1 };
    let error = simulate(&world, repeat);

    // Collective, and before MPI ends: rank 0 writes one file for all and prints the summary.
    ProfileManager::finalize()?;
    if world.rank() == 0 {
        println!("\nlargest error against the analytic solution: {error:.2e} (tolerance {TOLERANCE:.0e})");
        println!(
            "next: scope-profiler-pproc {} -o figures",
            shlex::try_quote(&profile)?
        );
    }
    Ok(if error <= TOLERANCE {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The profile, and the rank that shall be slow.
fn arguments() -> Result<(String, Option<i32>), Box<dyn Error>> {
    let mut profile = "mpi_heat.h5".to_owned();
    let mut slow = None;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        if argument == "--slow" {
            let rank = arguments.next().ok_or("--slow needs the number of a rank")?;
            slow = Some(rank.parse().map_err(|_| format!("--slow {rank}: not a rank"))?);
        } else {
            profile = argument;
        }
    }
    Ok((profile, slow))
}

/// Runs the simulation and returns its largest error, the same on all ranks.
fn simulate(world: &SimpleCommunicator, repeat: usize) -> f64 {
    let _main = profile_region!("main");
    let mut strip = ProfileManager::profile("set up", || Strip::new(world.rank(), world.size()));
    for _ in 0..STEPS {
        let _step = profile_region!("time step");
        ProfileManager::profile("halo exchange", || strip.exchange_halos(world));
        let change = {
            let _update = profile_region!("update");
            (0..repeat).map(|_| strip.update()).fold(0.0, f64::max)
        };
        strip.advance();
        let change = ProfileManager::profile("allreduce", || largest(world, change));
        assert!(change.is_finite(), "the time step is too long");
    }
    let _check = profile_region!("compare with the solution");
    largest(world, strip.error(STEPS as f64 * dt()))
}

fn largest(world: &SimpleCommunicator, mine: f64) -> f64 {
    let mut of_all = 0.0;
    world.all_reduce_into(&mine, &mut of_all, SystemOperation::max());
    of_all
}

/// Distance of neighbouring points.
fn h() -> f64 {
    1.0 / (N + 1) as f64
}

/// Just below what explicit Euler bears: h^2 / 4.
fn dt() -> f64 {
    0.2 * h() * h()
}

/// Some rows of the plate, with a row of the neighbour, or of the edge, above and below them.
struct Strip {
    /// The plate's row that is the first of this strip.
    first: usize,
    rows: usize,
    now: Vec<f64>,
    next: Vec<f64>,
}

/// A row has its two points on the edge.
const WIDTH: usize = N + 2;

impl Strip {
    fn new(rank: i32, size: i32) -> Self {
        let (rank, size) = (rank as usize, size as usize);
        let first = rank * N / size + 1;
        let rows = (rank + 1) * N / size + 1 - first;
        let mut strip = Self {
            first,
            rows,
            now: vec![0.0; (rows + 2) * WIDTH],
            next: vec![0.0; (rows + 2) * WIDTH],
        };
        for row in 1..=rows {
            for column in 1..=N {
                strip.now[row * WIDTH + column] = strip.solution(row, column, 0.0);
            }
        }
        strip
    }

    /// Neighbours swap their outermost rows. Even ranks begin with the one below, odd ranks with the one
    /// above, so that everybody always has a partner.
    fn exchange_halos(&mut self, world: &SimpleCommunicator) {
        let (rank, size) = (world.rank(), world.size());
        let mut sides = [(rank + 1, self.rows, self.rows + 1), (rank - 1, 1, 0)];
        if rank % 2 == 1 {
            sides.reverse();
        }
        for (neighbour, own, halo) in sides {
            if (0..size).contains(&neighbour) {
                let partner = world.process_at_rank(neighbour);
                let row = self.now[own * WIDTH..][..WIDTH].to_vec();
                send_receive_into(
                    &row[..],
                    &partner,
                    &mut self.now[halo * WIDTH..][..WIDTH],
                    &partner,
                );
            }
        }
    }

    /// Computes the next temperatures and returns the largest change.
    fn update(&mut self) -> f64 {
        let factor = dt() / (h() * h());
        let mut largest: f64 = 0.0;
        for row in 1..=self.rows {
            for at in row * WIDTH + 1..=row * WIDTH + N {
                let around =
                    self.now[at - 1] + self.now[at + 1] + self.now[at - WIDTH] + self.now[at + WIDTH];
                let change = factor * (around - 4.0 * self.now[at]);
                self.next[at] = self.now[at] + change;
                largest = largest.max(change.abs());
            }
        }
        largest
    }

    fn advance(&mut self) {
        std::mem::swap(&mut self.now, &mut self.next);
    }

    /// What separation of variables gives for a plate that starts as one half-wave each way.
    fn solution(&self, row: usize, column: usize, time: f64) -> f64 {
        let (x, y) = (column as f64 * h(), (self.first + row - 1) as f64 * h());
        (PI * x).sin() * (PI * y).sin() * (-2.0 * PI * PI * time).exp()
    }

    fn error(&self, time: f64) -> f64 {
        let points = (1..=self.rows).flat_map(|row| (1..=N).map(move |column| (row, column)));
        points
            .map(|(row, column)| (self.now[row * WIDTH + column] - self.solution(row, column, time)).abs())
            .fold(0.0, f64::max)
    }
}

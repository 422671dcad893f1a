//! Numbers beside the intervals: how many bytes and flops a call takes, and what residual it ends with.
//!
//! Solves a tridiagonal system by conjugate gradients.
//!
//! ```text
//! cargo run --example numbers [PROFILE.h5]
//! ```

use scope_profiler::{ProfileManager, ProfilingConfig, ProfilingH5Reader, Result, profile_region};
use tracing::field::Empty;
use tracing::info_span;

const SIZE: usize = 20_000;

fn main() -> Result<()> {
    run(&std::env::args().nth(1).unwrap_or_else(|| "numbers.h5".into()))
}

/// Writes a profile, and prints what it says.
pub fn run(file: &str) -> Result<()> {
    let config = ProfilingConfig::new()
        .file_path(file)
        .label("numbers example")
        .fields(["bytes", "flops", "residual"]);
    ProfileManager::setup(config)?;
    tracing::subscriber::set_global_default(ProfileManager::subscriber()).expect("the first one");

    solve();

    // Writes the file, prints the table and where it went.
    ProfileManager::finalize()?;
    rates(file)
}

/// Conjugate gradients; each iteration is a span that ends with its residual.
fn solve() {
    let (mut x, mut r) = (vec![0.0; SIZE], vec![1.0; SIZE]);
    let mut p = r.clone();
    let mut q = vec![0.0; SIZE];
    let mut rho = dot(&r, &r);
    for _ in 0..20 {
        let iteration = info_span!("iteration", residual = Empty).entered();
        multiply(&p, &mut q);
        let alpha = rho / dot(&p, &q);
        axpy(alpha, &p, &mut x);
        axpy(-alpha, &q, &mut r);
        let next = dot(&r, &r);
        scale_and_add(next / rho, &r, &mut p);
        rho = next;
        iteration.record("residual", rho.sqrt());
    }
}

/// `q = A p` with 2.1 on the diagonal of A and -1 beside it.
fn multiply(p: &[f64], q: &mut [f64]) {
    let _region = profile_region!("multiply", bytes = 16 * p.len(), flops = 5 * p.len());
    let last = p.len() - 1;
    for i in 0..=last {
        let left = if i > 0 { p[i - 1] } else { 0.0 };
        let right = if i < last { p[i + 1] } else { 0.0 };
        q[i] = 2.1 * p[i] - left - right;
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    let _region = profile_region!("dot", bytes = 16 * a.len(), flops = 2 * a.len());
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn axpy(alpha: f64, x: &[f64], y: &mut [f64]) {
    let _region = profile_region!("axpy", bytes = 24 * x.len(), flops = 2 * x.len());
    y.iter_mut().zip(x).for_each(|(y, x)| *y += alpha * x);
}

/// `p = r + beta p`.
fn scale_and_add(beta: f64, r: &[f64], p: &mut [f64]) {
    let _region = profile_region!("scale and add", bytes = 24 * r.len(), flops = 2 * r.len());
    p.iter_mut().zip(r).for_each(|(p, r)| *p = r + beta * *p);
}

/// Prints what the file says of each region with bytes and flops, and the residuals.
fn rates(file: &str) -> Result<()> {
    let reader = ProfilingH5Reader::open(file)?;
    for region in ["multiply", "dot", "axpy", "scale and add"] {
        let calls = &reader.get_region(region)?[0];
        let total = |field: &str| {
            let numbers = calls.field(field).into_iter().flat_map(|numbers| numbers.iter());
            numbers.flatten().map(|number| number.as_f64()).sum::<f64>()
        };
        // Bytes in a nanosecond are gigabytes in a second.
        let ns = calls.total_duration_ns() as f64;
        let (bytes, flops) = (total("bytes") / ns, total("flops") / ns);
        println!("{region:14} {bytes:6.2} GB/s {flops:6.2} Gflop/s");
    }
    let iterations = &reader.get_region("iteration")?[0];
    let residuals = iterations
        .field("residual")
        .into_iter()
        .flat_map(|numbers| numbers.iter());
    let residuals: Vec<f64> = residuals.flatten().map(|number| number.as_f64()).collect();
    println!(
        "residuals: {:.1e} ... {:.1e}",
        residuals[0],
        residuals[residuals.len() - 1]
    );
    Ok(())
}

//! Reads a profile in Rust: statistics of each region and rank, and a Gantt chart.
//!
//! ```text
//! cargo run --example read_profile PROFILE.h5 [gantt.png]
//! ```

use scope_profiler::{PlotOptions, ProfilingH5Reader, RegionFilter, Result, plot_gantt, units};

fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let Some(file) = args.next() else {
        eprintln!("usage: read_profile PROFILE.h5 [gantt.png]");
        std::process::exit(2);
    };
    let picture = args.next().unwrap_or_else(|| "gantt.png".into());

    let reader = ProfilingH5Reader::open(&file)?;
    println!("{file}: {} rank(s)", reader.num_ranks());
    println!(
        "{:<28} {:>4} {:>9} {:>10} {:>10} {:>10}",
        "region", "rank", "calls", "total", "average", "longest"
    );
    for region in reader.get_regions(&RegionFilter::new())? {
        for (rank, timings) in region.regions() {
            println!(
                "{:<28} {rank:>4} {:>9} {:>10} {:>10} {:>10}",
                region.name(),
                timings.num_calls(),
                units::duration(timings.total_duration_ns()),
                units::duration_f64(timings.average_duration_ns()),
                units::duration(timings.max_duration_ns()),
            );
        }
    }

    plot_gantt(&reader, &PlotOptions::new().filepath(&picture))?;
    println!("wrote {picture}");
    Ok(())
}

//! Counters: values over time that belong to no region, as the number of particles in a box and their energy.
//!
//! Particles fly through a box, lose energy at its walls, and leave through a hole. A source makes new ones. A pool of
//! threads works off what has left.
//!
//! ```text
//! cargo run --example counters [PROFILE.h5]
//! ```

use scope_profiler::profile::{Samples, Source};
use scope_profiler::{
    ProfileManager, ProfilingConfig, ProfilingH5Reader, Result, profile_counter, profile_region,
};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

const STEPS: u32 = 200;
const WORKERS: u32 = 2;

/// Place and velocity along an axis.
type Particle = (f64, f64);

fn main() -> Result<()> {
    run(&std::env::args().nth(1).unwrap_or_else(|| "counters.h5".into()))
}

/// Writes a profile, and prints what it says.
pub fn run(file: &str) -> Result<()> {
    let config = ProfilingConfig::new().file_path(file).label("counters example");
    ProfileManager::setup(config)?;

    let (sender, receiver) = channel();
    let receiver = Mutex::new(receiver);
    thread::scope(|scope| {
        for worker in 0..WORKERS {
            let receiver = &receiver;
            scope.spawn(move || work(worker, receiver));
        }
        simulate(&sender);
        drop(sender);
    });

    ProfileManager::finalize()?;
    report(file)
}

fn simulate(left: &Sender<Particle>) {
    let mut particles: Vec<Particle> = Vec::new();
    for step in 0..STEPS {
        let _step = profile_region!("step");
        if step % 40 < 10 {
            emit(step, &mut particles);
        }
        push(&mut particles);
        leave(&mut particles, left);
        profile_counter!("particles", particles.len());
        let energy: f64 = particles.iter().map(|(_, v)| v * v / 2.0).sum();
        profile_counter!("energy:J", energy);
    }
}

fn emit(step: u32, particles: &mut Vec<Particle>) {
    let _region = profile_region!("emit");
    let new = |n: u32| (0.5, f64::from((n * 7 + step * 13) % 100) / 50.0 - 1.0);
    particles.extend((0..500).map(new));
}

fn push(particles: &mut [Particle]) {
    let _region = profile_region!("push");
    for (place, velocity) in particles {
        for _ in 0..20 {
            *place += *velocity * 0.002;
            if *place < 0.0 {
                (*place, *velocity) = (-*place, -*velocity * 0.9);
            }
        }
    }
}

/// What is beyond the end of the box is handed to the workers.
fn leave(particles: &mut Vec<Particle>, left: &Sender<Particle>) {
    let _region = profile_region!("leave");
    particles.retain(|particle| {
        let stays = particle.0 < 1.0;
        if !stays {
            // Without a receiver there is nobody to count it.
            left.send(*particle).ok();
        }
        stays
    });
}

fn work(worker: u32, left: &Mutex<Receiver<Particle>>) {
    // A counter of its own for each worker: its name is made of data.
    let name = format!("handled by worker {worker}");
    let mut handled = 0_u64;
    loop {
        let next = left.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((place, velocity)) = next else { break };
        let _region = profile_region!("handle");
        handled += u64::from(place.hypot(velocity).is_finite());
        if handled % 16 == 0 {
            ProfileManager::counter(&name, handled);
        }
    }
}

/// Prints what the file says of each counter.
fn report(file: &str) -> Result<()> {
    let reader = ProfilingH5Reader::open(file)?;
    let mut samples = Samples::new();
    for (index, row) in reader.counter_rows().iter().enumerate() {
        reader.read_counter(index, 0..row.samples, &mut samples)?;
        let counter = &reader.counters()[row.counter];
        let values = samples.values().iter().flatten().map(|value| value.as_f64());
        let most = values.fold(f64::MIN, f64::max);
        let unit = counter.unit().unwrap_or_default();
        println!(
            "{}: {} samples, at most {most} {unit}",
            counter.name(),
            row.samples
        );
    }
    Ok(())
}

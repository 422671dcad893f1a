//! Rank, size and job from the launcher's environment variables.

mod ancestor;
mod known;

use super::{Comm, digest, is_switched_off};
use known::{BATCH_SYSTEMS, LAUNCHERS, Launcher};

/// What one launcher says about this process.
#[derive(Clone, Copy, Debug)]
struct Said<'a> {
    launcher: &'a Launcher,
    rank_key: &'static str,
    rank: u32,
    size: Size,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Size {
    Known(u32),
    /// The launcher does not say the number of processes.
    Unknown,
    /// The number is that of the batch job, which may not apply to this process.
    Unconfirmed,
}

impl Comm {
    /// Rank and size by the launcher's environment variables; serial where there are none, or no valid ones.
    pub(crate) fn of_launcher(environment: impl Fn(&str) -> Option<String>) -> Self {
        if is_switched_off(&environment) {
            return Self::serial();
        }
        let all = LAUNCHERS
            .iter()
            .filter_map(|launcher| Said::by(launcher, &environment));
        // A launch of one process may be one of several, as when each rank of `srun` calls `mpirun -n 1`.
        let mut alone = None;
        for said in all {
            match said.size {
                Size::Known(1) => alone = alone.or(Some(said)),
                Size::Known(size) => return said.comm(size, &environment),
                // A launcher that knows the number takes precedence.
                Size::Unknown | Size::Unconfirmed if alone.is_some() => {}
                Size::Unknown | Size::Unconfirmed => return said.comm(0, &environment),
            }
        }
        Self::serial()
    }

    /// Whether there certainly are several processes.
    pub(crate) fn is_one_of_several(&self) -> bool {
        self.size > 1 || self.rank > 0
    }
}

/// The name of the batch job of this process.
pub(crate) fn batch_job(environment: impl Fn(&str) -> Option<String>) -> Option<String> {
    let set = |key: &str| environment(key).filter(|value| !value.is_empty());
    BATCH_SYSTEMS.iter().find_map(|(job, element)| {
        let job = set(job)?;
        // Outside of a job array it is 0 or "undefined".
        let element = set(element).filter(|element| element.parse().is_ok_and(|number: u64| number > 0));
        Some(match element {
            Some(element) => format!("{job}.{element}"),
            None => job,
        })
    })
}

impl<'a> Said<'a> {
    fn by(launcher: &'a Launcher, environment: &impl Fn(&str) -> Option<String>) -> Option<Self> {
        let number = |key: &str| environment(key).and_then(|value| value.trim().parse::<u32>().ok());
        let is_set = |key: &&str| environment(key).is_some_and(|value| !value.is_empty());
        if !launcher.only_with.is_empty() && !launcher.only_with.iter().any(is_set) {
            return None;
        }
        let (rank_key, rank) = launcher.rank.iter().find_map(|key| Some((*key, number(key)?)))?;
        let size = launcher.size.iter().find_map(|key| number(key));
        let size = match size {
            Some(size) if rank >= size => return None,
            _ if launcher.name == "Slurm" => of_slurm(rank, size, environment)?,
            Some(size) => Size::Known(size),
            None => Size::Unknown,
        };
        Some(Self {
            launcher,
            rank_key,
            rank,
            size,
        })
    }

    fn comm(&self, size: u32, environment: &impl Fn(&str) -> Option<String>) -> Comm {
        Comm {
            rank: self.rank,
            size,
            job: self.name_of_launch(environment),
            launcher: Some(self.launcher.name),
            may_be_alone: self.size == Size::Unconfirmed,
        }
    }

    /// A name that all processes of this launch share, and no other launch has.
    fn name_of_launch(&self, environment: &impl Fn(&str) -> Option<String>) -> Option<String> {
        let set = |key: &str| environment(key).filter(|value| !value.is_empty());
        let mut parts: Vec<String> = self.launcher.ids.iter().filter_map(|key| set(key)).collect();
        if self.launcher.name == "Slurm" {
            parts.extend(set("SLURM_JOB_ID"));
        }
        if parts.is_empty() {
            let on_this_node = set("MPI_LOCALNRANKS").and_then(|value| value.trim().parse().ok());
            let is_on_one_node = match self.size {
                Size::Known(size) => on_this_node.unwrap_or(size) == size,
                // Unknown. Processes on other nodes get another name, so their logs are kept apart.
                Size::Unknown | Size::Unconfirmed => true,
            };
            parts.extend(ancestor::launch(self.rank_key, is_on_one_node));
        }
        // A batch job may have several launches, or steps; and a job that is restarted is a different run.
        parts.extend(batch_job(environment));
        if parts.is_empty() {
            // Each process makes up a name for its log.
            return None;
        }
        parts.extend(set("SLURM_STEP_ID"));
        parts.extend(set("SLURM_RESTART_COUNT"));
        Some(digest(&parts.iter().map(String::as_str).collect::<Vec<_>>()))
    }
}

/// In a batch script and the shell of `salloc`, Slurm's variables are those of the whole job; only in a step
/// of `srun` are they the process's own.
fn of_slurm(rank: u32, size: Option<u32>, environment: &impl Fn(&str) -> Option<String>) -> Option<Size> {
    let set = |key: &str| environment(key).filter(|value| !value.is_empty());
    let of_step = set("SLURM_STEP_NUM_TASKS").and_then(|value| value.trim().parse::<u32>().ok());
    match (set("SLURM_STEP_ID"), of_step) {
        (Some(step), _) if !is_step_of_tasks(&step) => None,
        (_, Some(size)) => (rank < size).then_some(Size::Known(size)),
        (Some(_), None) => Some(size.map_or(Size::Unknown, Size::Known)),
        // In a batch script the rank is 0.
        (None, None) if rank > 0 => size.map(Size::Known),
        (None, None) => size.map(|size| match size {
            1 => Size::Known(1),
            _ => Size::Unconfirmed,
        }),
    }
}

/// The batch script, the shell of `salloc` and external processes have step numbers at the end of the range.
fn is_step_of_tasks(step: &str) -> bool {
    const FIRST_SPECIAL: u64 = 0xffff_fff0;
    step.trim().parse().is_ok_and(|step: u64| step < FIRST_SPECIAL)
}

#[cfg(test)]
mod tests;

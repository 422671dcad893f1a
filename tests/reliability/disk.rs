//! Disks that are full, limited, gone, or not to be written to.

use super::{Contents, Ended, Random, Running, directory, runs, skip, until, usual_child, victim};
use scope_profiler::{
    ProfilingH5Reader,
    merge::{find_logs, merge},
};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// A file system in memory of a size of its own, mounted on a directory.
struct SmallDisk(TempDir);

impl SmallDisk {
    /// None where this process may not mount.
    fn new(kilobytes: u64) -> Option<Self> {
        let directory = directory();
        let mounted = mount(directory.path(), &format!("size={kilobytes}k"));
        if !mounted {
            skip("a full disk: mounting a small one is not permitted here");
        }
        mounted.then(|| Self(directory))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn grow(&self) {
        assert!(mount(self.path(), "remount,size=256m"));
    }
}

fn mount(on: &Path, options: &str) -> bool {
    Command::new("mount")
        .args(["-t", "tmpfs", "-o", options, "none"])
        .arg(on)
        .output()
        .is_ok_and(|output| output.status.success())
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        Command::new("umount").arg("-l").arg(self.path()).output().ok();
    }
}

/// A victim that goes on until it is told to stop.
struct OnAndOn {
    talk: TempDir,
    running: Running,
}

impl OnAndOn {
    fn start(file: &Path, prepare: impl FnOnce(&mut Command)) -> Self {
        let talk = directory();
        let mut command = usual_child::command(victim());
        command
            .arg("on and on")
            .env("VICTIM_TALK", talk.path())
            .env("VICTIM_FILE", file);
        prepare(&mut command);
        let running = Running::spawn(Path::new("/"), command);
        Self { talk, running }
    }

    fn wait_for(&self, what: &str) {
        until(|| self.talk.path().join(what).exists());
    }

    /// What it says at its end, which is the end of any program.
    fn stop(self) -> Told {
        std::fs::write(self.talk.path().join("stop"), "").unwrap();
        let ended = self.running.wait();
        assert!(ended.status.success(), "{ended:?}");
        let number = |key: &str| {
            let mut words = ended.said.split_whitespace();
            words.find(|word| *word == key)?;
            words.next()?.parse().ok()
        };
        Told {
            calls: number("calls").expect("the program came to its end"),
            recorded: number("recorded"),
            dropped: number("dropped"),
            ended,
        }
    }
}

#[derive(Debug)]
struct Told {
    /// Calls that the victim made.
    calls: u64,
    /// What `finalize` said, where it could make the file.
    recorded: Option<u64>,
    dropped: Option<u64>,
    ended: Ended,
}

impl Told {
    #[track_caller]
    fn warned_once(&self) {
        let warnings = self.ended.complained.matches("cannot write").count();
        assert_eq!(warnings, 1, "{self:?}");
    }

    /// Every call is in the file or counted as dropped there.
    #[track_caller]
    fn accounted_for(&self, contents: &Contents) {
        let (written, dropped) = (
            contents.fact("written_intervals"),
            contents.fact("dropped_intervals"),
        );
        assert_eq!(written + dropped, self.calls, "{self:?}");
        assert_eq!(contents.fact("open_calls"), 0);
        if let Some(recorded) = self.recorded {
            assert_eq!((recorded, self.dropped), (self.calls, Some(dropped)));
        }
    }
}

pub(crate) fn merged(file: &Path) -> PathBuf {
    let log_directory = file.with_file_name("run.h5.d");
    let merged = file.with_file_name("merged.h5");
    merge(&find_logs(&[log_directory]).unwrap(), &merged).unwrap();
    merged
}

fn names_in(directory: &Path) -> Vec<String> {
    let entries = directory.read_dir().unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_disk_that_gets_full_and_has_room_again() {
    let Some(disk) = SmallDisk::new(1024) else { return };
    let file = disk.path().join("run.h5");
    let victim = OnAndOn::start(&file, |_| ());
    victim.wait_for("full");
    disk.grow();
    victim.wait_for("recovered");
    let told = victim.stop();
    told.warned_once();
    assert!(told.dropped.is_some_and(|dropped| dropped > 0), "{told:?}");
    told.accounted_for(&Contents::unordered(&file));
    assert_eq!(names_in(disk.path()), ["run.h5"]);
}

#[test]
fn a_disk_that_stays_full() {
    let mut random = Random(4);
    for _ in 0..runs(10) {
        let Some(disk) = SmallDisk::new(300 + random.below(3_000)) else {
            return;
        };
        let file = disk.path().join("run.h5");
        let victim = OnAndOn::start(&file, |_| ());
        victim.wait_for("full");
        let told = victim.stop();
        told.warned_once();
        if told.recorded.is_none() {
            assert!(told.ended.said.contains("scope-profiler-pproc merge"), "{told:?}");
            assert_eq!(names_in(disk.path()), ["run.h5.d"]);
            disk.grow();
            told.accounted_for(&Contents::unordered(&merged(&file)));
        } else {
            told.accounted_for(&Contents::unordered(&file));
        }
    }
}

#[cfg(feature = "cli")]
#[test]
fn a_disk_that_gets_full_while_logs_are_merged() {
    let logs = directory();
    Running::start(logs.path(), "exit", &[("VICTIM_CALLS", "50000")]).wait();
    let log_directory = logs.path().join("run.h5.d");
    let mut random = Random(5);
    let mut failed = 0;
    for _ in 0..runs(10) {
        let Some(disk) = SmallDisk::new(8 + random.below(1_100)) else {
            return;
        };
        let output = disk.path().join("out.h5");
        std::fs::write(&output, "the result of another run").unwrap();
        let mut command = usual_child::command(env!("CARGO_BIN_EXE_scope-profiler-pproc"));
        command.arg("merge").arg(&log_directory).arg("-o").arg(&output);
        let ended = Running::spawn(logs.path(), command).wait();
        if ended.status.success() {
            assert_eq!(Contents::of(&output).calls_of(0), 50_000);
            continue;
        }
        failed += 1;
        assert_eq!(ended.status.code(), Some(1), "{ended:?}");
        assert!(ended.complained.contains("out.h5: cannot write"), "{ended:?}");
        let old = std::fs::read_to_string(&output).unwrap();
        assert_eq!(old, "the result of another run");
        assert_eq!(names_in(disk.path()), ["out.h5"], "no half of a file is left");
    }
    assert!(failed > 0);
    assert_eq!(Contents::of_logs(logs.path()).calls_of(0), 50_000);
}

#[test]
fn a_limit_for_the_size_of_files() {
    let mut random = Random(6);
    for _ in 0..runs(10) {
        let directory = directory();
        let file = directory.path().join("run.h5");
        let bytes = (300 << 10) + random.below(2 << 20);
        let victim = OnAndOn::start(&file, |command| {
            // SAFETY: setrlimit may be called between fork and exec.
            #[allow(unsafe_code)]
            unsafe {
                command.pre_exec(move || {
                    let limit = libc::rlimit {
                        rlim_cur: bytes,
                        rlim_max: bytes,
                    };
                    libc::setrlimit(libc::RLIMIT_FSIZE, &limit);
                    Ok(())
                });
            }
        });
        victim.wait_for("full");
        let told = victim.stop();
        told.warned_once();
        let made = if told.recorded.is_none() {
            assert_eq!(names_in(directory.path()), ["run.h5.d"]);
            merged(&file)
        } else {
            file
        };
        told.accounted_for(&Contents::unordered(&made));
    }
}

#[test]
fn a_directory_that_is_deleted_meanwhile() {
    let directory = directory();
    let place = directory.path().join("results");
    std::fs::create_dir(&place).unwrap();
    let file = place.join("run.h5");
    let victim = OnAndOn::start(&file, |_| ());
    victim.wait_for("begun");
    std::fs::remove_dir_all(&place).unwrap();
    until(|| find_logs(&[place.join("run.h5.d")]).is_ok());
    let told = victim.stop();
    assert!(told.ended.complained.contains("was deleted while"), "{told:?}");
    assert_eq!(told.dropped, Some(0));
    told.accounted_for(&Contents::of(&file));
}

#[test]
fn a_directory_that_is_deleted_and_cannot_be_made_again() {
    let directory = directory();
    let place = directory.path().join("results");
    std::fs::create_dir(&place).unwrap();
    let victim = OnAndOn::start(&place.join("run.h5"), |_| ());
    victim.wait_for("begun");
    // The victim may have made it again in between.
    until(|| {
        std::fs::remove_dir_all(&place).ok();
        std::fs::write(&place, "a file is in the way").is_ok()
    });
    let told = victim.stop();
    if told.recorded.is_none() {
        assert!(told.ended.said.contains("error"), "{told:?}");
        assert_eq!(std::fs::read_to_string(&place).unwrap(), "a file is in the way");
    }
}

#[test]
fn a_directory_that_becomes_read_only() {
    use std::os::unix::fs::PermissionsExt;
    let directory = directory();
    let place = directory.path().join("results");
    std::fs::create_dir(&place).unwrap();
    let file = place.join("run.h5");
    // Permissions mean nothing to root.
    // SAFETY: has no conditions.
    #[allow(unsafe_code)]
    let is_root = unsafe { libc::geteuid() } == 0;
    let anyone = 65_534;
    let talk_to_anyone = |path: &Path| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o777)).unwrap();
    };
    talk_to_anyone(directory.path());
    talk_to_anyone(&place);
    let talk = tempfile::tempdir().unwrap();
    talk_to_anyone(talk.path());
    let victim = OnAndOn::start(&file, |command| {
        command.env("VICTIM_TALK", talk.path());
        if is_root {
            command.uid(anyone).gid(anyone);
        }
    });
    let victim = OnAndOn { talk, ..victim };
    victim.wait_for("begun");
    for path in [place.join("run.h5.d"), place.clone()] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o555)).unwrap();
    }
    let told = victim.stop();
    assert!(told.ended.said.contains("scope-profiler-pproc merge"), "{told:?}");
    for path in [place.join("run.h5.d"), place.clone()] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o777)).unwrap();
    }
    told.accounted_for(&Contents::of(&merged(&file)));
}

/// Takes `flock` away from the process, as a file system that was mounted without locks does.
#[cfg(target_os = "linux")]
fn without_locks(command: &mut Command) {
    const LOAD: u16 = (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16;
    const JUMP: u16 = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
    const RETURN: u16 = (libc::BPF_RET | libc::BPF_K) as u16;
    let filter = |code, jt, jf, k| libc::sock_filter { code, jt, jf, k };
    // SAFETY: prctl may be called between fork and exec; the program is whole and outlives the call.
    #[allow(unsafe_code)]
    unsafe {
        command.pre_exec(move || {
            let program = [
                filter(LOAD, 0, 0, 0),
                filter(JUMP, 0, 1, libc::SYS_flock as u32),
                filter(RETURN, 0, 0, libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32),
                filter(RETURN, 0, 0, libc::SECCOMP_RET_ALLOW),
            ];
            let program = libc::sock_fprog {
                len: program.len() as u16,
                filter: program.as_ptr().cast_mut(),
            };
            let done = libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
                && libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &program) == 0;
            if done {
                Ok(())
            } else {
                Err(std::io::Error::last_os_error())
            }
        });
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_system_without_locks() {
    let directory = directory();
    let file = directory.path().join("run.h5");
    let victim = OnAndOn::start(&file, |command| {
        without_locks(command);
        command.env_remove("HDF5_USE_FILE_LOCKING");
    });
    victim.wait_for("begun");
    let told = victim.stop();
    // Which of the two depends on the version of HDF5.
    let made = if told.recorded.is_some() {
        file
    } else {
        assert!(told.ended.said.contains("HDF5_USE_FILE_LOCKING"), "{told:?}");
        merged(&file)
    };
    told.accounted_for(&Contents::of(&made));
    ProfilingH5Reader::open(&made).unwrap();
}

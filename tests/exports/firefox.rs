//! The format of the Firefox Profiler, opened by its own code, which is the npm package of its command line.

use crate::consumers::node_package;
use crate::running::exported;
use crate::sums::{files, of_file};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A session of the command line with one profile: a process that others ask.
struct Session {
    program: PathBuf,
    directory: tempfile::TempDir,
    server: Child,
}

impl Session {
    fn open(program: &Path, profile: &Path) -> Self {
        let program = program.join("dist/profiler-cli.js");
        let directory = tempfile::tempdir().unwrap();
        let server = Command::new("node")
            .arg(&program)
            .arg("--daemon")
            .arg(profile)
            .args(["--session", "it"])
            .env("PROFILER_CLI_SESSION_DIR", directory.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("node starts");
        let mut session = Self {
            program,
            directory,
            server,
        };
        // Asked while it loads, it may never answer.
        let log = session.directory.path().join("it.log");
        while !std::fs::read_to_string(&log).is_ok_and(|log| log.contains("Profile loaded")) {
            let ended = session.server.try_wait().unwrap();
            assert!(ended.is_none(), "the profile was not loaded: {ended:?}");
            std::thread::yield_now();
        }
        session
    }

    fn ask(&self, question: &[&str]) -> Value {
        let output = Command::new("node")
            .arg(&self.program)
            .args(question)
            .args(["--session", "it", "--json"])
            .env("PROFILER_CLI_SESSION_DIR", self.directory.path())
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{question:?}: {errors}");
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

#[test]
fn the_profiler_shows_every_interval_as_a_marker_of_its_thread() {
    let Some(program) = node_package("@firefox-devtools/profiler-cli") else {
        return;
    };
    let (files, keep) = files();
    for file in files {
        let export = keep.directory().join("run.firefox.json");
        std::fs::write(&export, exported(&file, &["--to", "firefox"])).unwrap();
        let session = Session::open(&program, &export);
        let mut threads: BTreeMap<(u32, String), BTreeMap<String, (u64, f64)>> = BTreeMap::new();
        for ((rank, thread, region), (calls, total, _)) in of_file(&file) {
            let mean_ms = total as f64 / calls as f64 / 1e6;
            threads
                .entry((rank, thread))
                .or_default()
                .insert(region, (calls, mean_ms));
        }
        let mut seen = 0;
        let info = session.ask(&["profile", "info", "--all"]);
        for process in info["processes"].as_array().unwrap() {
            for thread in process["threads"].as_array().unwrap() {
                let handle = thread["threadHandle"].as_str().unwrap();
                let rank = process["name"].as_str().unwrap().strip_prefix("rank ").unwrap();
                let key = (rank.parse().unwrap(), thread["name"].as_str().unwrap().to_owned());
                let markers = session.ask(&["thread", "markers", "--thread", handle]);
                let mut regions = threads.remove(&key).unwrap_or_else(|| panic!("{key:?}"));
                for marker in markers["byType"].as_array().unwrap() {
                    let name = marker["markerName"].as_str().unwrap();
                    let (calls, mean_ms) = regions.remove(name).unwrap_or_else(|| panic!("{name}"));
                    assert_eq!(marker["count"].as_u64(), Some(calls), "{name}");
                    let mean = marker["durationStats"]["avg"].as_f64().unwrap_or(0.0);
                    assert!((mean - mean_ms).abs() < 1e-6, "{name}: {mean} {mean_ms}");
                    seen += calls;
                }
                assert!(regions.is_empty(), "{regions:?}");
            }
        }
        assert!(threads.is_empty() && seen > 0, "{} {threads:?}", file.display());
    }
}

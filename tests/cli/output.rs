//! From a file to pictures, statistics and the page.

use crate::common::{Profile, Run, golden, sample};
use crate::program::{complaint, names_in, program, program_on_a_full_disk, run, stdout, str, usage_error};
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

/// Writes `sample` into a new directory with these further arguments; what was printed, and there.
fn written(profile: &Profile, arguments: &[&str]) -> (String, PathBuf) {
    let out = profile.directory().join("a new").join("figures");
    let output = program()
        .arg(profile.path())
        .arg("-o")
        .arg(&out)
        .args(arguments)
        .output()
        .unwrap();
    (stdout(&output), out)
}

/// A browser that notes what it was to open, for as long as the directory is there.
fn browser(directory: &Path) -> (PathBuf, PathBuf) {
    let (browser, note) = (directory.join("browser"), directory.join("opened"));
    let script = format!(
        "#!/bin/sh\nprintf '%s' \"$1\" > '{note}.part'\nmv '{note}.part' '{note}'\n",
        note = note.display()
    );
    fs::write(&browser, script).unwrap();
    fs::set_permissions(&browser, fs::Permissions::from_mode(0o755)).unwrap();
    (browser, note)
}

/// Longer than anything here takes on the busiest machine.
const NEVER: Duration = Duration::from_secs(1_800);

/// The content of a file that another process is about to write.
fn awaited(path: &Path) -> String {
    let started = Instant::now();
    loop {
        if let Ok(text) = fs::read_to_string(path) {
            return text;
        }
        assert!(started.elapsed() < NEVER, "{} does not come", path.display());
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn an_output_directory_gets_two_charts_and_the_statistics_and_each_path_is_printed() {
    let profile = sample();
    let (text, out) = written(&profile, &[]);
    let files = ["gantt_plot.png", "durations_plot.png", "region_statistics.json"];
    let expected: String = files
        .iter()
        .map(|file| format!("{}\n", out.join(file).display()))
        .collect();
    assert_eq!(text, expected);
    assert_eq!(names_in(&out).len(), files.len());
    for picture in &files[..2] {
        assert!(
            fs::read(out.join(picture))
                .unwrap()
                .starts_with(b"\x89PNG\r\n\x1a\n")
        );
    }
    let json = fs::read(out.join(files[2])).unwrap();
    let statistics: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert!(statistics.is_object());
}

#[test]
fn of_four_ranks_the_heat_map_is_written_without_being_asked_for() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("figures");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/py018_mpi4.h5");
    stdout(&run(&[str(&file), "-o", str(&out), "--data"]));
    let mut expected = ["gantt_plot", "durations_plot", "rank_heatmap"]
        .map(|stem| [".csv", ".png"].map(|end| format!("{stem}{end}")))
        .concat();
    expected.push("region_statistics.json".into());
    expected.sort();
    assert_eq!(names_in(&out), expected);
    // On fewer of them there is nothing odd to be seen.
    let fewer = directory.path().join("fewer");
    stdout(&run(&[str(&file), "-r", "0-2", "-o", str(&fewer)]));
    assert!(!names_in(&fewer).contains(&"rank_heatmap.png".to_owned()));
}

#[test]
fn every_format_is_what_its_name_says() {
    let profile = sample();
    let (text, out) = written(&profile, &["--format", "html", "svg", "png"]);
    assert_eq!(text.lines().count(), 6);
    for (file, start) in [
        ("gantt_plot.png", "\u{fffd}PNG"),
        ("gantt_plot.svg", "<svg"),
        ("gantt_plot.html", "<!doctype html>"),
        ("durations_plot.png", "\u{fffd}PNG"),
        ("durations_plot.svg", "<svg"),
    ] {
        let content = fs::read(out.join(file)).unwrap();
        let content = String::from_utf8_lossy(&content).to_lowercase();
        assert!(content.starts_with(&start.to_lowercase()), "{file}");
    }
}

#[test]
fn files_of_an_earlier_run_are_replaced_and_others_are_left_alone() {
    let profile = sample();
    let (_, out) = written(&profile, &[]);
    let first = fs::read(out.join("gantt_plot.png")).unwrap();
    fs::write(out.join("gantt_plot.png"), "old").unwrap();
    fs::write(out.join("notes.txt"), "mine").unwrap();
    written(&profile, &[]);
    assert_eq!(fs::read(out.join("gantt_plot.png")).unwrap(), first);
    assert_eq!(fs::read_to_string(out.join("notes.txt")).unwrap(), "mine");
}

#[test]
fn quiet_writes_the_files_and_prints_nothing() {
    let profile = sample();
    let (text, out) = written(&profile, &["--quiet"]);
    assert_eq!(text, "");
    assert_eq!(names_in(&out).len(), 3);
}

#[test]
fn a_page_is_as_small_as_it_is_asked_to_be() {
    let mut chance = 1_u64;
    let mut length = || {
        chance ^= chance << 13;
        chance ^= chance >> 7;
        chance ^= chance << 17;
        (chance >> 55) as i64
    };
    let calls: Vec<_> = (0..20_000)
        .map(|i| (i * 1_000, i * 1_000 + length(), 0))
        .collect();
    let profile = Profile::new().region(0, "solve", &calls).close();
    let size = |size: &str| {
        let (_, out) = written(&profile, &["--format", "html", "--max-html-size", size]);
        fs::metadata(out.join("gantt_plot.html")).unwrap().len()
    };
    let whole = size("1GB");
    // What is no bar takes its room all the same.
    let least = size("1kB");
    let limit = least + 30_000;
    let small = size(&format!("{limit}B"));
    // A lane is made coarser step by step, not at once.
    assert!(
        limit - 2_500 < small && small <= limit && limit < whole,
        "{least} {small} {whole}"
    );
    let text = usage_error(&[str(&profile.path()), "--show", "--max-html-size", "large"]);
    assert!(
        text.contains("--max-html-size") && text.contains("large"),
        "{text}"
    );
}

#[test]
fn hard_names_are_drawn_like_others() {
    let long = "x".repeat(300);
    let mut profile = Profile::new();
    for (i, name) in ["two\nlines", "🔥 hot", "<b>&amp;\"'", "\u{1b}[31m", &long]
        .iter()
        .enumerate()
    {
        profile = profile.region(0, name, &[(i as i64, i as i64 + 5, 0)]);
    }
    let profile = profile.close();
    let (_, out) = written(&profile, &["--format", "png", "svg", "html"]);
    let svg = fs::read_to_string(out.join("gantt_plot.svg")).unwrap();
    assert!(svg.contains("&lt;b&gt;&amp;amp;"), "{svg}");
    assert!(!svg.contains('\u{1b}') && !svg.contains("<b>"), "{svg}");
}

#[test]
fn the_page_is_opened_with_the_browser_of_the_environment() {
    let profile = sample();
    let (browser, note) = browser(profile.directory());
    let mut child = program()
        .env("BROWSER", &browser)
        .env("PATH", std::env::var_os("PATH").unwrap())
        .args([str(&profile.path()), "--show"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let address = awaited(&note);
    assert!(address.starts_with("http://127.0.0.1:"), "{address}");
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert_eq!(line, format!("Opened {address}\n"));
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn an_output_that_is_a_file_is_named_and_left_as_it_is() {
    let profile = sample();
    let occupied = profile.directory().join("occupied");
    fs::write(&occupied, "a file").unwrap();
    for out in [occupied.clone(), occupied.join("out")] {
        let text = complaint(&run(&[str(&profile.path()), "-o", str(&out)]));
        assert!(text.contains(str(&out)) && text.contains("directory"), "{text}");
    }
    assert_eq!(fs::read_to_string(&occupied).unwrap(), "a file");
}

#[test]
fn a_directory_in_the_place_of_a_picture_is_named() {
    let profile = sample();
    let out = profile.directory().join("out");
    fs::create_dir_all(out.join("gantt_plot.png")).unwrap();
    let text = complaint(&run(&[str(&profile.path()), "-o", str(&out)]));
    assert!(text.contains("gantt_plot.png: is a directory"), "{text}");
    assert_eq!(names_in(&out), ["gantt_plot.png"]);
}

#[test]
fn a_full_disk_leaves_no_half_picture_and_keeps_the_old_one() {
    let profile = sample();
    let out = profile.directory().join("out");
    fs::create_dir(&out).unwrap();
    fs::write(out.join("gantt_plot.png"), "the one before").unwrap();
    let output = program_on_a_full_disk()
        .args([str(&profile.path()), "-o", str(&out)])
        .output()
        .unwrap();
    let text = complaint(&output);
    assert!(
        text.contains("gantt_plot.png: cannot write the picture"),
        "{text}"
    );
    assert_eq!(names_in(&out), ["gantt_plot.png"]);
    assert_eq!(
        fs::read_to_string(out.join("gantt_plot.png")).unwrap(),
        "the one before"
    );
}

#[test]
#[cfg(target_os = "linux")]
fn standard_output_that_is_full_is_a_failure() {
    let profile = sample();
    let output = program()
        .arg(profile.path())
        .stdout(fs::OpenOptions::new().write(true).open("/dev/full").unwrap())
        .output()
        .unwrap();
    let text = complaint(&output);
    assert!(text.starts_with("standard output cannot be written"), "{text}");
}

#[test]
fn where_nothing_could_be_drawn_no_directory_is_left() {
    let empty = Profile::new()
        .with(|file| {
            file.create_group("rank0")
                .unwrap()
                .create_group("regions")
                .unwrap();
        })
        .close();
    let out = empty.directory().join("a new").join("figures");
    let output = run(&[str(&empty.path()), "-o", str(&out)]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(names_in(empty.directory()), ["run.h5"]);

    // One that was there stays, and so does what is in it.
    fs::create_dir(empty.directory().join("a new")).unwrap();
    run(&[str(&empty.path()), "-o", str(&out)]);
    assert_eq!(names_in(empty.directory()), ["a new", "run.h5"]);
    assert_eq!(names_in(&empty.directory().join("a new")), [""; 0]);
}

#[test]
fn the_help_and_the_guide_name_every_chart() {
    let help = stdout(&program().arg("--help").output().unwrap());
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/cli.md");
    let gallery = fs::read_to_string(guide.with_file_name("gallery.md")).unwrap();
    let guide = fs::read_to_string(guide).unwrap();
    for chart in scope_profiler::chart::CHARTS {
        let line = format!("- {}:", chart.name());
        let shown = help.lines().find(|text| text.trim_start().starts_with(&line));
        assert!(shown.is_some_and(|text| text.contains(chart.about())), "{help}");
        assert!(guide.contains(&format!("`{}`", chart.name())), "{}", chart.name());
        let figure = format!("- **`{}`**", chart.file_stem());
        assert!(guide.contains(&figure), "{figure}");
        let heading = format!("\n### `{}`: ", chart.name());
        let picture = format!("images/gallery/{}.png)", chart.file_stem());
        for part in [heading, picture] {
            assert!(gallery.contains(&part), "docs/gallery.md has no {part:?}");
        }
    }
}

#[test]
fn a_window_of_the_gantt_chart_shows_the_calls_in_it() {
    let profile = sample();
    let (_, out) = written(
        &profile,
        &["--plots", "gantt", "--data", "--window", "250us..450us"],
    );
    let table = fs::read_to_string(out.join("gantt_plot.csv")).unwrap();
    let bars: Vec<String> = table
        .lines()
        .skip(1)
        .map(|line| line.split(',').collect::<Vec<_>>()[..6].join(" "))
        .collect();
    assert_eq!(
        bars,
        [
            "main 0 0  250000 450000",
            "main 1 1  250000 450000",
            "solve 0 0  250000 400000",
            "solve 1 1  300000 400000"
        ]
    );
    assert!(out.join("gantt_plot.png").exists());

    let file = profile.path();
    let file = str(&file);
    let complained = complaint(&run(&[file, "-o", "unused", "--window", "1s.."]));
    assert!(complained.contains("after the end of the run"), "{complained}");
    assert!(usage_error(&[file, "--window", "1s..2s"]).contains("--output"));
    assert!(usage_error(&[file, "-o", "unused", "--window", "2s..1s"]).contains("it ends before it begins"));
}

#[test]
fn bars_are_colored_by_a_field_and_its_values_stand_beside_the_picture() {
    let recorded = Run::with(|config| config.fields(["bytes"]));
    for bytes in [40_i64, 90] {
        let send = recorded.profiler.profile_region("send");
        send.record("bytes", bytes);
        recorded.clock.advance(1_000_000);
    }
    recorded.region("wait", 1_000_000, || ());
    recorded.profiler.finalize().unwrap();
    let (file, out) = (recorded.file(), recorded.directory.path().join("figures"));
    let (file, out) = (str(&file), str(&out));
    let of_field = |field: &'static str, more: &[&str]| {
        let arguments = [file, "-o", out, "--plots", "gantt", "--color-by", field];
        run(&[&arguments, more].concat())
    };
    stdout(&of_field("bytes", &["--data", "--format", "svg"]));
    let svg = fs::read_to_string(Path::new(out).join("gantt_plot.svg")).unwrap();
    assert!(
        svg.contains("bytes:") && svg.contains("40 B") && svg.contains("90 B"),
        "{svg}"
    );
    let csv = fs::read_to_string(Path::new(out).join("gantt_plot.csv")).unwrap();
    let values: Vec<&str> = csv.lines().map(|line| line.rsplit(',').next().unwrap()).collect();
    assert_eq!(values, ["value", "40", "90", ""], "{csv}");

    let complained = complaint(&of_field("byte", &[]));
    assert!(
        complained.contains("there is no field \"byte\"; the profile has bytes"),
        "{complained}"
    );
    assert!(usage_error(&[file, "--color-by", "bytes"]).contains("-o DIR or --show"));
}

#[test]
fn lanes_of_ranks_threads_and_tasks_and_the_flame_chart_are_colored_by_a_field_too() {
    let recorded = Run::with(|config| config.fields(["bytes", "residual"]));
    let subscriber = recorded.profiler.subscriber();
    tracing::subscriber::with_default(subscriber, || {
        let step = recorded.profiler.profile_region("step");
        recorded.clock.advance(1_000_000);
        for bytes in [40_i64, 90] {
            let send = recorded.profiler.profile_region("send");
            send.record("bytes", bytes);
            recorded.clock.advance(1_000_000);
        }
        drop(step);
        // As the span of a future: it is entered for each poll.
        let fetch = tracing::info_span!("fetch", bytes = 70, residual = tracing::field::Empty);
        for residual in [0.5, 0.25] {
            fetch.in_scope(|| recorded.clock.advance(1_000_000));
            fetch.record("residual", residual);
            recorded.clock.advance(1_000_000);
        }
        fetch.in_scope(|| recorded.clock.advance(1_000_000));
    });
    recorded.profiler.finalize().unwrap();
    let (file, out) = (recorded.file(), recorded.directory.path().join("figures"));
    let (file, out) = (str(&file), str(&out));
    // The region, start and value of each piece, in ms.
    let rows = |field: &str, chart: &str, lanes: &str| {
        let name = if chart == "gantt" {
            "gantt_plot"
        } else {
            "flame_chart"
        };
        let arguments = [
            file, "-o", out, "--plots", chart, "--lanes", lanes, "--data", "--format", "svg",
        ];
        stdout(&run(&[&arguments[..], &["--color-by", field]].concat()));
        let svg = fs::read_to_string(Path::new(out).join(format!("{name}.svg"))).unwrap();
        assert!(
            svg.contains(&format!("{field}:")) && svg.contains("without"),
            "{svg}"
        );
        let csv = fs::read_to_string(Path::new(out).join(format!("{name}.csv"))).unwrap();
        let mut lines = csv.lines().map(|line| line.split(',').collect::<Vec<_>>());
        let head = lines.next().unwrap();
        let column = |name: &str| head.iter().position(|of| *of == name).unwrap();
        let (region, start, value) = (column("region"), column("start_ns"), column("value"));
        let ms = |ns: &str| ns.parse::<i64>().unwrap() / 1_000_000;
        let rows = lines.map(|of| {
            format!("{} {} {}", of[region], ms(of[start]), of[value])
                .trim_end()
                .to_owned()
        });
        rows.collect::<Vec<_>>()
    };
    let of_rank = [
        "step 0",
        "send 1 40",
        "send 2 90",
        "fetch 3 70",
        "fetch 5",
        "fetch 7",
    ];
    assert_eq!(rows("bytes", "gantt", "rank"), of_rank);
    let of_thread = [
        "step 0",
        "fetch 3 70",
        "fetch 5",
        "fetch 7",
        "send 1 40",
        "send 2 90",
    ];
    assert_eq!(rows("bytes", "gantt", "thread"), of_thread);
    assert_eq!(rows("bytes", "flamechart", "auto"), of_thread);
    assert_eq!(
        rows("bytes", "gantt", "task"),
        ["fetch 3 70", "fetch 5 70", "fetch 7 70"]
    );
    // A number that comes between two polls is of the next one.
    assert_eq!(
        rows("residual", "gantt", "task"),
        ["fetch 3", "fetch 5 0.5", "fetch 7 0.25"]
    );
}

#[test]
fn one_of_several_is_shown_and_two_are() {
    let file = golden("py018_mpi4.h5");
    for (choice, expected) in [
        (vec!["-i", "solver"], "only 1 of 6 regions is shown; "),
        (vec!["-i", "solver", "io"], "only 2 of 6 regions are shown; "),
        (vec!["-r", "2"], "only rank 2 of 4 is shown; "),
        (vec!["-r", "2-3"], "only ranks 2-3 of 4 are shown; "),
        (
            vec!["-i", "solver", "-r", "2"],
            "only 1 of 6 regions, rank 2 of 4 are shown; ",
        ),
    ] {
        let text = stdout(&run(&[vec![str(&file), "--json"], choice].concat()));
        assert!(text.contains(expected), "{text}");
    }
}

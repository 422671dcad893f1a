//! From a file to its table, and what stands in the way.

use crate::common::{self, Profile, Run, golden, sample};
use crate::program::{complaint, program, run, stdout, str, usage_error};
use scope_profiler::export::{self, Export};
use scope_profiler::profile::{Call, Number};
use scope_profiler::units::duration_f64;
use std::fs;
use std::process::{Command, Stdio};

#[test]
fn the_tree_by_caller_has_the_work_of_other_threads_below_what_started_it() {
    let session = Run::new();
    let dispatch = tracing::Dispatch::new(session.profiler.subscriber());
    let on_it = |f: &mut dyn FnMut()| tracing::dispatcher::with_default(&dispatch, f);
    on_it(&mut || {
        let sum = tracing::info_span!("sum").entered();
        session.clock.advance(100);
        std::thread::scope(|scope| {
            let part = || {
                on_it(&mut || {
                    tracing::info_span!(parent: sum.id(), "part").in_scope(|| session.clock.advance(50))
                })
            };
            scope.spawn(part);
        });
    });
    session.profiler.finalize().unwrap();
    let file = session.file();
    let table = |arguments: &[&str]| stdout(&run(&[&[str(&file)], arguments].concat()));
    let by_thread = table(&[]);
    assert!(
        by_thread.contains("\nsum ") && by_thread.contains("\npart "),
        "{by_thread}"
    );
    assert_eq!(table(&["--tree", "thread"]), by_thread);
    let by_caller = table(&["--tree", "caller"]);
    assert!(
        by_caller.contains("\nsum ") && by_caller.contains("\n└─ part "),
        "{by_caller}"
    );
    assert!(usage_error(&[str(&file), "--tree", "rank"]).contains("thread"));
    // The statistics say the same.
    let json: serde_json::Value = serde_json::from_str(&table(&["--tree", "caller", "--json"])).unwrap();
    assert_eq!(
        (&json["tree"][1]["region"], &json["tree"][1]["depth"]),
        (&"part".into(), &1.into())
    );
}

#[test]
fn the_table_is_a_tree_with_a_bar_for_the_share() {
    let profile = sample();
    assert_eq!(
        stdout(&run(&[str(&profile.path())])),
        "\
run.h5: 2 ranks, 2 threads, 8 intervals, wall time 1.00 ms (first to last interval of the rank that took longest)

region    calls    total  exclusive    share             average      min      max     std
main          2  2.00 ms     700 µs  100.0 % ██████████  1.00 ms  1.00 ms  1.00 ms    0 ns
└─ solve      5  1.30 ms    1.25 ms   65.0 % ██████▌      260 µs   100 µs   400 µs  136 µs
   └─ io      1  50.0 µs    50.0 µs    2.5 % ▎           50.0 µs  50.0 µs  50.0 µs    0 ns
clocks: not compared; each rank has its own run time, and times of different ranks cannot be compared

over 2 ranks      min     mean      max  slowest  max - mean  max/mean  ranks
solve          600 µs   650 µs   700 µs        0     50.0 µs      1.08      2
io               0 ns  25.0 µs  50.0 µs        0     25.0 µs      2.00      1
main          1.00 ms  1.00 ms  1.00 ms        0        0 ns      1.00      2
"
    );
}

#[test]
fn a_log_is_shown_as_the_file_made_of_it() {
    let session = common::Run::new();
    session.region("outer", 1_000, || session.region("inner", 500, || ()));
    session.profiler.flush().unwrap();
    let logs = scope_profiler::merge::find_logs(&[session.directory.path().join("run.h5.d")]).unwrap();
    let log = session.file().with_file_name("a.log");
    fs::copy(&logs[0], &log).unwrap();
    let file = session.directory.path().join("a.h5");
    scope_profiler::merge::merge(&[&log], &file).unwrap();
    let of_log = stdout(&run(&[str(&log)]));
    let of_file = stdout(&run(&[str(&file)]));
    assert!(of_log.contains("└─ inner"), "{of_log}");
    assert!(of_log.ends_with("its log has no end mark\n"), "{of_log}");
    assert_eq!(of_log.replace("a.log", "a.h5"), of_file);
}

#[test]
fn without_utf8_the_table_is_plain_ascii() {
    let profile = sample();
    let output = program().env("LANG", "C").arg(profile.path()).output().unwrap();
    let text = stdout(&output);
    assert!(text.is_ascii(), "{text}");
    assert!(text.contains("`- solve"), "{text}");
    assert!(text.contains("100.0 % ##########"), "{text}");
    assert!(text.contains("50.0 us"), "{text}");
}

#[test]
fn a_selection_of_regions_and_ranks_shows_only_those() {
    let profile = sample();
    let text = stdout(&run(&[
        str(&profile.path()),
        "-i",
        "main",
        "solve",
        "-e",
        "ma.n",
        "-r",
        "1",
    ]));
    assert!(
        text.starts_with("run.h5: 1 rank, 1 thread, 4 intervals"),
        "{text}"
    );
    assert!(
        text.contains("solve") && !text.contains("main") && !text.contains("io "),
        "{text}"
    );
}

#[test]
fn what_is_left_out_is_measured_all_the_same() {
    let profile = sample();
    let row = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.contains(name)).unwrap().to_owned();
        let numbers = line.split_once(name).unwrap().1;
        numbers.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let all = stdout(&run(&[str(&profile.path())]));
    let without = stdout(&run(&[str(&profile.path()), "-e", "solve|io"]));
    assert_eq!(row(&without, "main "), row(&all, "main "), "{without}");
    assert!(without.contains("\nfilter: 1 of 3 regions\n"), "{without}");
    assert!(without.contains("over 2 ranks"), "{without}");
    let one = stdout(&run(&[str(&profile.path()), "-r", "0", "-i", "io"]));
    assert!(one.contains("\nfilter: 1 of 3 regions, rank 0 of 2\n"), "{one}");
    // The whole run is one rank's: half of what it was.
    assert!(
        row(&one, "io  ").contains("5.0 %") && row(&all, "io  ").contains("2.5 %"),
        "{one}"
    );
}

#[test]
fn a_table_of_many_regions_is_cut_and_says_how_to_see_them_all() {
    let mut profile = Profile::new();
    for n in 0..100 {
        profile = profile.region(0, &format!("cell {n}"), &[(100 * n, 100 * n + 10, 0)]);
    }
    let profile = profile.close();
    let text = stdout(&run(&[str(&profile.path())]));
    assert_eq!(text.lines().last(), Some("and 40 more; --all shows them"));
    let all = stdout(&run(&[str(&profile.path()), "--all"]));
    assert_eq!(all.lines().filter(|line| line.starts_with("cell ")).count(), 100);
}

#[test]
fn missing_and_incomplete_ranks_are_said_in_plain_words() {
    let profile = Profile::new()
        .region(0, "main", &[(0, 10, 0)])
        .region(1, "main", &[(0, 10, 0)])
        .with(|file| {
            for (name, ranks) in [("missing_ranks", "2,5-6"), ("incomplete_ranks", "1")] {
                let text: hdf5::types::VarLenUnicode = ranks.parse().unwrap();
                file.new_attr::<hdf5::types::VarLenUnicode>()
                    .create(name)
                    .unwrap()
                    .write_scalar(&text)
                    .unwrap();
            }
        })
        .close();
    let text = stdout(&run(&[str(&profile.path())]));
    assert!(text.contains("\nranks 2, 5-6 are missing\n"), "{text}");
    assert!(
        text.contains("\nrank 1 is incomplete: its log has no end mark\n"),
        "{text}"
    );
}

#[test]
fn nodes_that_have_been_up_for_different_times_do_not_make_a_run_of_days() {
    const DAY: i64 = 86_400_000_000_000;
    let profile = Profile::new()
        .region(0, "main", &[(10 * DAY, 10 * DAY + 1_000_000, 0)])
        .region(1, "main", &[(DAY, DAY + 2_000_000, 0)])
        .close();
    let text = stdout(&run(&[str(&profile.path())]));
    assert!(text.contains("wall time 2.00 ms ("), "{text}");
    assert!(text.contains("100.0 %"), "{text}");
    assert!(
        text.contains("times of different ranks cannot be compared"),
        "{text}"
    );
}

#[test]
fn ranks_are_given_as_numbers_and_ranges() {
    let file = golden("s1_ranks12.h5");
    for (spec, ranks) in [("0-3,5", 5), ("11", 1), ("0-11", 12), ("2,2,1-3", 3)] {
        let text = stdout(&run(&[str(&file), "--ranks", spec]));
        let expected = format!(": {ranks} rank{},", if ranks == 1 { "" } else { "s" });
        assert!(text.contains(&expected), "{spec}: {text}");
    }
}

#[test]
fn an_absurd_range_of_ranks_is_answered_at_once() {
    let text = complaint(&run(&[str(&golden("s1_ranks12.h5")), "-r", "0-4000000000"]));
    assert_eq!(text, "there is no rank 12; the file has ranks 0-11");
}

#[test]
fn names_cannot_control_the_terminal() {
    let profile = Profile::new()
        .region(0, "bad\u{1b}[31m\nname", &[(0, 5, 0)])
        .close();
    let text = stdout(&run(&[str(&profile.path())]));
    assert!(text.contains("bad\\u{1b}[31m\\nname"), "{text:?}");
    assert!(!text.contains('\u{1b}'), "{text:?}");
}

#[test]
fn paths_cannot_control_the_terminal() {
    let directory = tempfile::tempdir().unwrap();
    let hostile = directory.path().join("a\u{1b}[31m\nb\u{202e}");
    std::fs::create_dir(&hostile).unwrap();
    let file = hostile.join("run\u{1b}[31m\n\u{202e}.h5");
    std::fs::copy(sample().path(), &file).unwrap();
    let (none, figures) = (hostile.join("none.h5"), hostile.join("figures"));
    for arguments in [
        &[str(&file)][..],
        &["--check", str(&file)],
        &["--check", str(&none)],
        &[str(&none)],
        &[str(&file), "-o", str(&figures)],
        &[str(&file), "-o", str(&file)],
        &["merge", str(&hostile), "-o", str(&none)],
    ] {
        let output = run(arguments);
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8(said).unwrap();
        let controls = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
        assert!(!said.contains(controls), "{arguments:?}: {said:?}");
        // The file's own name is a line of a terminal at most.
        assert!(!said.lines().any(|line| line.starts_with("b")), "{said:?}");
    }
}

#[test]
fn long_names_are_shortened_in_the_middle() {
    let profile = Profile::new()
        .region(0, &format!("begin{}end", "x".repeat(300)), &[(0, 5, 0)])
        .close();
    let text = stdout(&run(&[str(&profile.path())]));
    assert!(
        text.contains("\nbeginxxx") && text.contains("…") && text.contains("xend"),
        "{text}"
    );
    assert!(text.lines().all(|line| line.chars().count() < 170), "{text}");
}

#[test]
fn what_nests_only_in_part_is_said_below_the_table() {
    let profile = Profile::new()
        .region(0, "a", &[(0, 10, 0)])
        .region(0, "b", &[(5, 15, 0)])
        .close();
    let text = stdout(&run(&[str(&profile.path())]));
    let note =
        "1 call partly overlaps another call on its thread; while both are open, the time is the later one's";
    assert_eq!(text.lines().last(), Some(note));
}

#[test]
fn a_file_without_any_region_is_no_error() {
    let empty = Profile::new()
        .with(|file| {
            file.create_group("rank0")
                .unwrap()
                .create_group("regions")
                .unwrap();
        })
        .close();
    let text = stdout(&run(&[str(&empty.path())]));
    assert!(text.contains("1 rank, no regions"), "{text}");
}

#[test]
fn files_that_cannot_be_used_are_named_with_the_cause() {
    let directory = tempfile::tempdir().unwrap();
    let missing = directory.path().join("missing.h5");
    let cases = [
        (missing, "missing.h5: there is no such file"),
        (directory.path().to_owned(), "this is a directory"),
        (golden("not_hdf5.h5"), "not_hdf5.h5: not an HDF5 file"),
        (
            golden("truncated_third.h5"),
            "truncated_third.h5: the file is truncated",
        ),
        (
            golden("s1_missing_end.h5"),
            "rank0/regions/solve has no end_times",
        ),
        (golden("schema_4.h5"), "schema 4 is newer than schema 3"),
    ];
    for (file, cause) in cases {
        let text = complaint(&run(&[str(&file)]));
        assert!(text.contains(cause), "{text}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_is_being_written_is_said_to_be_locked() {
    let profile = Profile::new().region(0, "solve", &[(1, 2, 0)]).close();
    let file = profile.path();
    // Holds the lock while it runs the program, as a writer would.
    let output = Command::new("flock")
        .arg(&file)
        .arg(env!("CARGO_BIN_EXE_scope-profiler-pproc"))
        .arg(&file)
        .env("HDF5_USE_FILE_LOCKING", "TRUE")
        .output()
        .unwrap();
    let text = complaint(&output);
    assert!(
        text.contains("run.h5: the file is locked: another program is writing it"),
        "{text}"
    );
}

#[test]
fn selections_that_cannot_be_used_say_why_and_write_nothing() {
    let profile = sample();
    let out = profile.directory().join("out");
    let cases: [(&[&str], &str); 4] = [
        (
            &["-i", "(open"],
            "the pattern \"(open\" is not a regular expression",
        ),
        (
            &["-e", "[z-a]"],
            "the pattern \"[z-a]\" is not a regular expression",
        ),
        (&["-i", "nothing like this"], "no region is left"),
        (&["-r", "7"], "there is no rank 7; the file has ranks 0-1"),
    ];
    for (selection, cause) in cases {
        let path = profile.path();
        let arguments = [&[str(&path), "-o", str(&out)], selection].concat();
        let text = complaint(&run(&arguments));
        assert!(text.contains(cause), "{text}");
        assert!(!out.exists());
    }
}

#[test]
fn an_output_that_cannot_be_written_is_named() {
    let profile = sample();
    let occupied = profile.directory().join("occupied");
    fs::write(&occupied, "a file").unwrap();
    let text = complaint(&run(&[str(&profile.path()), "-o", str(&occupied.join("out"))]));
    assert!(text.contains("occupied/out"), "{text}");
    assert_eq!(fs::read_to_string(&occupied).unwrap(), "a file");
}

#[test]
fn a_complaint_is_one_line_whatever_the_names() {
    let profile = Profile::new().region(0, "fine", &[(0, 5, 0)]).with(|file| {
        let group = file
            .group("rank0/regions")
            .unwrap()
            .create_group("two\nlines\u{1b}[31m")
            .unwrap();
        common::column(&group, "start_times", &[1_i64]);
    });
    let text = complaint(&run(&[str(&profile.close().path())]));
    assert!(text.contains("two\\nlines\\u{1b}[31m has no end_times"), "{text}");
}

#[test]
fn wrong_command_lines_exit_with_2() {
    assert!(usage_error(&[]).contains("<FILE>"));
    assert!(usage_error(&["-i", "a"]).contains("Usage: scope-profiler-pproc FILE [OPTIONS]"));
    assert!(usage_error(&["run.h5", "--no-such-option"]).contains("--no-such-option"));
    assert!(usage_error(&["run.h5", "-r", "3-0"]).contains("did you mean 0-3"));
    assert!(usage_error(&["run.h5", "-r", "x"]).contains("a rank such as 5"));
    assert!(usage_error(&["run.h5", "-o", "out", "--format", "gif"]).contains("gif"));
}

#[test]
fn a_wrong_option_gets_a_tip_only_where_it_is_close() {
    assert!(usage_error(&["run.h5", "--inclde", "x"]).contains("'--include'"));
    let text = usage_error(&["run.h5", "--outer"]);
    assert!(
        text.contains("'--outer'") && !text.contains("--output") && !text.contains("tip"),
        "{text}"
    );
    assert!(usage_error(&["merg", "run.h5.d", "-o", "run.h5"]).contains("did you mean merge?"));
}

#[test]
fn a_dash_is_no_file_and_no_directory() {
    assert!(usage_error(&["-"]).contains("not from standard input"));
    assert!(usage_error(&["run.h5", "-o", "-"]).contains("not standard output"));
}

#[test]
fn the_file_may_follow_the_patterns() {
    let profile = sample();
    let file = profile.path();
    let expected = stdout(&run(&[str(&file), "-i", "main", "solve"]));
    for words in [
        vec!["-i", "main", "solve", str(&file)],
        vec!["-i", "main", str(&file), "solve"],
        vec!["-r", "0-1", str(&file), "-i", "main", "solve"],
    ] {
        assert_eq!(stdout(&run(&words)), expected, "{words:?}");
    }
    let text = complaint(&run(&["-i", "main", "missing.h5"]));
    assert_eq!(text, "missing.h5: there is no such file");
}

#[test]
fn where_nothing_matches_it_is_said_how_patterns_match_and_what_was_meant() {
    let profile = sample();
    let file = profile.path();
    let text = complaint(&run(&[str(&file), "-i", "olve"]));
    assert_eq!(
        text,
        "no region is left by --include olve; patterns match from the first character of a name on, \
         '.*olve' would match anywhere in it; similar names: \"solve\""
    );
    let text = complaint(&run(&[str(&file), "-i", "Mian"]));
    assert!(text.ends_with("similar names: \"main\""), "{text}");
    let text = complaint(&run(&[str(&file), "-i", "nothing like this"]));
    assert!(
        text.contains("the file has \"") && text.contains("solve"),
        "{text}"
    );
    let text = complaint(&run(&[str(&file), "-e", "."]));
    assert_eq!(text, "no region is left by --exclude .: all regions are excluded");
}

#[test]
fn no_line_of_the_help_is_broken_twice() {
    let help = stdout(&run(&["--help"]));
    let examples = help.split_once("Examples:").unwrap().1;
    assert!(
        examples.lines().all(|line| line.chars().count() < 80),
        "{examples}"
    );
}

#[test]
fn help_has_examples_and_version_has_a_number() {
    let help = stdout(&run(&["--help"]));
    for part in [
        "Examples:",
        "--output",
        "--show",
        "--include",
        "--exclude",
        "--ranks",
        "--format",
        "--quiet",
    ] {
        assert!(help.contains(part), "{part} in {help}");
    }
    let version = stdout(&run(&["--version"]));
    assert_eq!(
        version.trim(),
        format!("scope-profiler-pproc {}", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn quiet_prints_nothing() {
    let profile = sample();
    assert_eq!(stdout(&run(&[str(&profile.path()), "--quiet"])), "");
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    // More than a pipe holds, so that the program is still writing when its reader has gone.
    let mut profile = Profile::new();
    for region in 0..2000 {
        profile = profile.region(
            0,
            &format!("region {region} {}", "x".repeat(60)),
            &[(region, region + 1, 0)],
        );
    }
    let profile = profile.close();
    let mut child = program()
        .arg(profile.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
}

#[test]
fn json_on_standard_output_is_the_statistics_file() {
    let profile = sample();
    let file = profile.path();
    let printed = stdout(&run(&[str(&file), "--json", "-i", "solve"]));
    let directory = profile.directory().join("out");
    stdout(&run(&[str(&file), "-i", "solve", "-o", str(&directory)]));
    let written = fs::read_to_string(directory.join("region_statistics.json")).unwrap();
    assert_eq!(printed, written);
    let document: serde_json::Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(document["regions"]["solve"]["pooled"]["num_calls"], 5);
    usage_error(&[str(&file), "--json", "--show"]);
}

#[test]
fn percentiles_of_the_table_are_those_of_the_json() {
    let profile = sample();
    let file = profile.path();
    let header = |arguments: &[&str]| {
        let output = program().arg(&file).args(arguments).output().unwrap();
        let text = stdout(&output);
        let header = text
            .lines()
            .find(|line| line.starts_with("region"))
            .unwrap()
            .to_owned();
        (text, header)
    };
    // Whoever reads from a pipe gets what was asked for.
    assert!(!header(&[]).1.contains("p50"));
    let (text, columns) = header(&["--percentiles", "--flat"]);
    let columns: Vec<&str> = columns.split_whitespace().collect();
    assert_eq!(columns[3..7], ["exclusive", "p50", "p95", "p99"], "{text}");
    let document: serde_json::Value = serde_json::from_str(&stdout(&run(&[str(&file), "--json"]))).unwrap();
    let solve = &document["regions"]["solve"]["pooled"];
    let expected = ["p50_ns", "p95_ns", "p99_ns"].map(|key| duration_f64(solve[key].as_f64().unwrap()));
    let row = text.lines().find(|line| line.starts_with("solve")).unwrap();
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words(row).contains(&expected.join(" ")), "{text}");
    usage_error(&[str(&file), "--json", "--percentiles"]);
}

#[test]
fn metrics_are_shown_by_the_names_of_their_fields() {
    let session = Run::new();
    let file = session.directory.path().join("numbers.h5");
    let bytes = [("bytes", Number::Int(3_000))];
    let profile = scope_profiler::profile::Profile::builder()
        .interval(Call::new("send", 0..1_000).numbers(&bytes))
        .build();
    Export::new(&profile, export::exporter("hdf5").unwrap())
        .save(&file)
        .unwrap();
    let text = stdout(&run(&[str(&file), "--metrics", "bytes"]));
    assert!(text.contains("3.00 kB  3.00 GB/s    3.00 kB"), "{text}");
    let output = run(&[str(&file), "--metrics", "flops"]);
    assert!(
        complaint(&output).contains("there is no field \"flops\"; the profile has bytes"),
        "{output:?}"
    );
}

#[test]
fn the_table_is_sorted_cut_and_flat_as_it_is_asked_to_be() {
    let profile = sample();
    let rows = |arguments: &[&str]| {
        let output = program().arg(profile.path()).args(arguments).output().unwrap();
        let text = stdout(&output);
        let rows = text
            .lines()
            .skip_while(|line| !line.starts_with("region"))
            .skip(1);
        let names = rows.take_while(|line| !line.starts_with("clocks") && !line.starts_with("and "));
        let names = names.map(|line| line.trim_start_matches([' ', '└', '├', '─', '│']));
        let names = names.filter_map(|line| line.split_whitespace().next());
        names.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(rows(&["--flat"]), ["solve", "main", "io"]);
    assert_eq!(rows(&["--flat", "--sort", "total"]), ["main", "solve", "io"]);
    assert_eq!(rows(&["--flat", "--top", "1"]), ["solve"]);
    assert_eq!(rows(&["--top", "2"]), ["main", "solve"]);
    for wrong in [["--top", "0"], ["--sort", "length"]] {
        let text = usage_error(&[str(&profile.path()), wrong[0], wrong[1]]);
        assert!(text.contains(wrong[0]), "{text}");
    }
}

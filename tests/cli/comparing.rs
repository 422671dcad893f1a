//! Several runs side by side.

use crate::common::{Profile, sample};
use crate::program::{complaint, names_in, program, run, stdout, str, usage_error};
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;

/// `old.h5` and `new.h5` of one rank: in the new one `solve` takes 60 µs instead of 40, `io` is gone and `log` is new.
struct Pair {
    directory: TempDir,
}

impl Pair {
    fn new() -> Self {
        let pair = Self {
            directory: TempDir::new().unwrap(),
        };
        let old = Profile::new()
            .region(0, "main", &[(0, 100_000, 0)])
            .region(0, "solve", &[(10_000, 30_000, 0), (40_000, 60_000, 0)])
            .region(0, "io", &[(70_000, 75_000, 0)]);
        let new = Profile::new()
            .region(0, "main", &[(0, 120_000, 0)])
            .region(0, "solve", &[(10_000, 70_000, 0)])
            .region(0, "log", &[(80_000, 82_000, 0)]);
        for (profile, name) in [(old, "old.h5"), (new, "new.h5")] {
            fs::rename(profile.close().path(), pair.file(name)).unwrap();
        }
        pair
    }

    fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// What is printed of both, with these further arguments.
    fn compared(&self, arguments: &[&str]) -> String {
        let mut command = program();
        command.current_dir(self.directory.path());
        command.args(["compare", "old.h5", "new.h5"]).args(arguments);
        stdout(&command.output().unwrap())
    }
}

#[test]
fn the_region_that_changed_most_comes_first() {
    assert_eq!(
        Pair::new().compared(&[]),
        "\
old: 1 rank, wall time 100 µs
new: 1 rank, wall time 120 µs, +20.0 %

exclusive      old      new    change  relative
solve      40.0 µs  60.0 µs  +20.0 µs   +50.0 %
io         5.00 µs     -     -5.00 µs    -100 %
main       55.0 µs  58.0 µs  +3.00 µs   +5.45 %
log           -     2.00 µs  +2.00 µs       -
"
    );
}

#[test]
fn inclusive_times_tell_what_a_change_means_to_the_callers() {
    let text = Pair::new().compared(&["--time", "inclusive", "-i", "main"]);
    let row = text.lines().last().unwrap();
    assert_eq!(row, "main       100 µs  120 µs  +20.0 µs   +20.0 %");
}

#[test]
fn times_are_means_of_the_ranks_so_that_runs_of_different_size_compare() {
    // Of the two ranks of the sample, solve takes 700 µs on one and 600 µs on the other.
    let (two_ranks, pair) = (sample(), Pair::new());
    let (one, two) = (pair.file("old.h5"), two_ranks.path());
    let compared = [
        "compare",
        str(&two),
        str(&one),
        "--time",
        "inclusive",
        "-i",
        "solve",
    ];
    let text = stdout(&run(&compared));
    assert!(text.contains("run: 2 ranks, wall time 1.00 ms\n"), "{text}");
    let row = text.lines().find(|line| line.starts_with("solve")).unwrap();
    assert_eq!(row, "solve      650 µs  40.0 µs  -610 µs   -93.8 %");
    // One rank of both.
    let text = stdout(&run(&[&compared[..], &["-r", "0"]].concat()));
    assert!(text.contains("\nsolve      700 µs "), "{text}");
}

#[test]
fn runs_go_by_their_labels_or_by_what_tells_their_paths_apart() {
    let (a, b) = (sample(), sample());
    let (a, b) = (a.path(), b.path());
    let labelled = [format!("base={}", str(&a)), format!("a=b={}", str(&b))];
    let text = stdout(&run(&["compare", &labelled[0], str(&b)]));
    assert!(text.starts_with("base: 2 ranks"), "{text}");
    assert!(text.contains("\nrun: 2 ranks"), "{text}");
    assert!(complaint(&run(&["compare", &labelled[1], str(&b)])).starts_with("b="));

    let text = stdout(&run(&["compare", str(&a), str(&b)]));
    let of = |path: &PathBuf| path.parent().unwrap().file_name().unwrap().to_owned();
    let label = format!("{}/run: 2 ranks", of(&a).to_string_lossy());
    assert!(text.starts_with(&label), "{text}");
}

#[test]
fn any_number_of_runs_stand_side_by_side_and_top_shows_the_largest_change() {
    let pair = Pair::new();
    let mut command = program();
    command.current_dir(pair.directory.path()).arg("compare");
    let words = ["a=old.h5", "b=old.h5", "c=old.h5", "d=new.h5", "--top", "1"];
    let text = stdout(&command.args(words).output().unwrap());
    let table: Vec<String> = text
        .lines()
        .skip(5)
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(
        table,
        [
            "exclusive a b c d change relative",
            "solve 40.0 µs 40.0 µs 40.0 µs 60.0 µs +20.0 µs +50.0 %",
            "and 3 more; --all shows them"
        ]
    );
}

#[test]
fn an_output_directory_gets_the_picture_and_its_numbers() {
    let pair = Pair::new();
    let text = pair.compared(&["-o", "a new/out", "--format", "svg", "png", "svg", "--data"]);
    let out = pair.file("a new/out");
    let expected = ["svg", "png", "csv"].map(|end| format!("a new/out/comparison_plot.{end}\n"));
    assert_eq!(text, expected.concat());
    let names = [
        "comparison_plot.csv",
        "comparison_plot.png",
        "comparison_plot.svg",
    ];
    assert_eq!(names_in(&out), names);

    let table = fs::read_to_string(out.join("comparison_plot.csv")).unwrap();
    assert_eq!(
        table.lines().take(5).collect::<Vec<_>>(),
        [
            "region,run,ranks,calls,exclusive_mean_ns,inclusive_mean_ns,change_ns,relative_change",
            "solve,old,1,2,40000,40000,0,0",
            "solve,new,1,1,60000,60000,20000,0.5",
            "io,old,1,1,5000,5000,0,0",
            "io,new,1,,,,-5000,-1",
        ]
    );
    let picture = fs::read_to_string(out.join("comparison_plot.svg")).unwrap();
    for part in [
        "solve",
        "+20.0 µs",
        "+50.0 %",
        "not called",
        "gone",
        "old: 1 rank",
        "(+20.0 %)",
    ] {
        assert!(picture.contains(part), "{part}");
    }
}

#[test]
fn what_cannot_be_compared_says_why_and_writes_nothing() {
    let pair = Pair::new();
    let (old, new) = (pair.file("old.h5"), pair.file("new.h5"));
    let (old, new) = (str(&old), str(&new));
    let out = pair.file("out");
    let out = str(&out);
    assert!(usage_error(&["compare", old]).contains("FILE"));
    assert!(usage_error(&["compare", old, new, "--format", "html", "-o", out]).contains("html"));
    assert!(usage_error(&["compare", old, new, "--data"]).contains("--output"));
    assert!(usage_error(&["compare", old, "-"]).contains("standard input"));
    assert!(usage_error(&[old, new]).contains("compare"));
    let text = complaint(&run(&["compare", old, new, "-i", "sole", "-o", out]));
    assert!(
        text.contains("no region is left") && text.contains("solve"),
        "{text}"
    );
    let text = complaint(&run(&["compare", old, new, "-r", "1", "-o", out]));
    assert!(text.contains("old.h5") && text.contains("rank 1"), "{text}");
    let missing = pair.file("none.h5");
    assert!(complaint(&run(&["compare", old, str(&missing)])).contains("none.h5"));
    assert_eq!(names_in(pair.directory.path()), ["new.h5", "old.h5"]);
}

#[test]
fn quiet_prints_nothing_of_it() {
    assert_eq!(Pair::new().compared(&["-q"]), "");
}

/// Files of 1, 2 and 4 ranks, on which `solve` takes 80, 40 and 25 µs, and `setup` always 10.
fn runs_of_more_and_more_ranks() -> (TempDir, Vec<String>) {
    let directory = TempDir::new().unwrap();
    let mut files = Vec::new();
    for (ranks, solve_ns) in [(4, 25_000), (1, 80_000), (2, 40_000)] {
        let profile = (0..ranks).fold(Profile::new(), |profile, rank| {
            let solve = (10_000, 10_000 + solve_ns, 0);
            let profile = profile.region(rank, "setup", &[(0, 10_000, 0)]);
            profile.region(rank, "solve", &[solve])
        });
        let file = directory.path().join(format!("n{ranks}.h5"));
        fs::rename(profile.close().path(), &file).unwrap();
        files.push(str(&file).to_owned());
    }
    (directory, files)
}

#[test]
fn runs_with_different_numbers_of_ranks_get_a_picture_of_their_scaling() {
    let (directory, files) = runs_of_more_and_more_ranks();
    let out = directory.path().join("out");
    let mut command = program();
    command.arg("compare").args(&files).arg("-o").arg(&out);
    stdout(&command.args(["--data", "--format", "svg"]).output().unwrap());
    let names = [
        "comparison_plot.csv",
        "comparison_plot.svg",
        "scaling_plot.csv",
        "scaling_plot.svg",
    ];
    assert_eq!(names_in(&out), names);
    let table = fs::read_to_string(out.join("scaling_plot.csv")).unwrap();
    assert_eq!(
        table.lines().collect::<Vec<_>>(),
        [
            "region,number,run,time_ns,speedup,efficiency",
            ",1,n1,90000,1,1",
            ",2,n2,50000,1.8,0.9",
            &format!(",4,n4,35000,{},{}", 90.0 / 35.0, 90.0 / 35.0 / 4.0),
            "solve,1,n1,80000,1,1",
            "solve,2,n2,40000,2,1",
            "solve,4,n4,25000,3.2,0.8",
            "setup,1,n1,10000,1,1",
            "setup,2,n2,10000,1,0.5",
            "setup,4,n4,10000,1,0.25",
        ]
    );
    let picture = fs::read_to_string(out.join("scaling_plot.svg")).unwrap();
    for part in [
        "Speedup",
        "Efficiency",
        "ideal",
        "whole run",
        "solve",
        "setup",
        "Ranks",
    ] {
        assert!(picture.contains(part), "{part}");
    }
}

#[test]
fn scaling_may_be_over_a_number_in_the_metadata() {
    let directory = TempDir::new().unwrap();
    let mut command = program();
    command.current_dir(directory.path()).arg("compare");
    for (threads, ns) in [(2_i64, 600), (6, 300)] {
        let profile = Profile::new().region(0, "solve", &[(0, ns, 0)]).with(|file| {
            let attribute = file.new_attr::<i64>().create("threads").unwrap();
            attribute.write_scalar(&threads).unwrap();
        });
        let name = format!("t{threads}.h5");
        fs::rename(profile.close().path(), directory.path().join(&name)).unwrap();
        command.arg(name);
    }
    stdout(
        &command
            .args(["-o", "out", "--data", "--by", "threads"])
            .output()
            .unwrap(),
    );
    let table = fs::read_to_string(directory.path().join("out/scaling_plot.csv")).unwrap();
    let whole: Vec<&str> = table.lines().skip(1).take(2).collect();
    let expected = [
        ",2,t2,600,1,1".to_owned(),
        format!(",6,t6,300,2,{}", 2.0 * 2.0 / 6.0),
    ];
    assert_eq!(whole, expected);
}

#[test]
fn scaling_over_a_number_of_the_metadata_names_a_run_without_it() {
    let (directory, files) = runs_of_more_and_more_ranks();
    let out = directory.path().join("out");
    let mut command = program();
    command.arg("compare").args(&files).arg("-o").arg(&out);
    let text = complaint(&command.args(["--by", "threads"]).output().unwrap());
    assert!(
        text.contains("n4: the metadata has no number \"threads\""),
        "{text}"
    );
    assert!(!out.exists());
}

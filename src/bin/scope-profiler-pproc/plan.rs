//! What is to be done, decided before anything is read or written.

use crate::args::{Args, Choice, EVERY_CHART, Format};
use scope_profiler::chart::{CHARTS, Chart, ChartOptions};
use scope_profiler::{ProfilingH5Reader, RegionFilter, Result};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What one run does.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) file: PathBuf,
    pub(crate) actions: Vec<Action>,
    pub(crate) quiet: bool,
    pub(crate) options: ChartOptions,
}

/// One thing to do with the profile.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Print the statistics table.
    Table,
    /// Print the statistics as JSON.
    Json,
    /// Write files into a directory.
    Write {
        directory: PathBuf,
        outputs: Vec<Output>,
    },
    /// Serve the interactive page, after everything else.
    Show,
}

/// One file to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Output {
    pub(crate) kind: Kind,
    pub(crate) name: String,
    /// Of which profiles it is written.
    pub(crate) when: When,
}

/// Of which profiles a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    /// Of all; an error where there is nothing to draw.
    Always,
    /// Of those that its chart [can be drawn of](Chart::is_possible_for).
    Possible,
    /// Of those that its chart is [usual](Chart::is_default_for) for.
    Usual,
}

/// What a file contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The picture of a chart, by its name in the list of charts.
    Chart(&'static str),
    /// The numbers of a chart.
    Data(&'static str),
    /// Timeline and table in one.
    Page,
    /// The statistics of every region and rank.
    Statistics,
}

pub(crate) const PAGE: &str = "gantt_plot.html";

impl Plan {
    pub(crate) fn new(args: &Args) -> Self {
        let mut actions = Vec::new();
        if let Some(directory) = &args.output {
            let mut outputs = Vec::new();
            let formats: BTreeSet<Format> = args.format.iter().copied().collect();
            let is_wanted = |chart: &&&dyn Chart| {
                let mut wanted = args.plots.iter();
                // Which of them suit the profile is known when it is open.
                args.plots.is_empty() || wanted.any(|name| name == chart.name() || name == EVERY_CHART)
            };
            let charts = CHARTS.iter().filter(is_wanted);
            for (number, chart) in charts.enumerate() {
                for &format in &formats {
                    if format != Format::Html {
                        outputs.push(Output::picture(*chart, format));
                    } else if number == 0 {
                        outputs.push(Output {
                            kind: Kind::Page,
                            name: PAGE.into(),
                            when: When::Always,
                        });
                    }
                }
                if args.data {
                    outputs.push(Output::data(*chart));
                }
                let of_chart = outputs
                    .iter_mut()
                    .filter(|output| output.chart() == Some(chart.name()));
                let when = if args.plots.is_empty() {
                    When::Usual
                } else if args.plots.iter().any(|name| name == chart.name()) {
                    When::Always
                } else {
                    When::Possible
                };
                of_chart.for_each(|output| output.when = when);
            }
            // They are of the whole run, and read all of it.
            if args.window.is_none() {
                outputs.push(Output {
                    kind: Kind::Statistics,
                    name: "region_statistics.json".into(),
                    when: When::Always,
                });
            }
            actions.push(Action::Write {
                directory: directory.clone(),
                outputs,
            });
        }
        if args.json {
            actions.push(Action::Json);
        }
        if args.show {
            actions.push(Action::Show);
        }
        if actions.is_empty() && !args.quiet {
            actions.push(Action::Table);
        }
        Self {
            // Only a subcommand goes without one.
            file: args.files.first().cloned().unwrap_or_default(),
            actions,
            quiet: args.quiet,
            options: options(args),
        }
    }
}

/// How charts are made.
pub(crate) fn options(args: &Args) -> ChartOptions {
    let page = usize::try_from(args.max_html_size.as_u64()).unwrap_or(usize::MAX);
    let options = ChartOptions::new()
        .max_page_bytes(page)
        .lanes(args.lanes.into())
        .fields(&args.metrics);
    let options = match &args.color_by {
        Some(field) => options.color_by(field),
        None => options,
    };
    match args.window {
        Some(window) => options.window(window),
        None => options,
    }
}

impl Output {
    fn picture(chart: &'static dyn Chart, format: Format) -> Self {
        Self {
            kind: Kind::Chart(chart.name()),
            name: format!("{}.{}", chart.file_stem(), format.extension()),
            when: When::Always,
        }
    }

    fn data(chart: &'static dyn Chart) -> Self {
        Self {
            kind: Kind::Data(chart.name()),
            name: format!("{}.csv", chart.file_stem()),
            when: When::Always,
        }
    }

    /// The chart that it is of.
    pub(crate) fn chart(&self) -> Option<&'static str> {
        match self.kind {
            Kind::Chart(name) | Kind::Data(name) => Some(name),
            Kind::Page | Kind::Statistics => None,
        }
    }

    pub(crate) fn path(&self, directory: &Path) -> PathBuf {
        directory.join(&self.name)
    }
}

/// The selection, before the file is known.
pub(crate) fn patterns(choice: &Choice) -> Result<RegionFilter> {
    RegionFilter::new()
        .include(&choice.include)?
        .exclude(&choice.exclude)
}

/// Adds the ranks that were asked for.
pub(crate) fn with_ranks(
    mut filter: RegionFilter,
    choice: &Choice,
    reader: &ProfilingH5Reader,
) -> RegionFilter {
    let present: BTreeSet<u32> = reader.ranks().iter().copied().collect();
    for spec in &choice.ranks {
        // The first rank that is not there is enough for the message, so a range costs no more
        // than the file has ranks.
        let mut missing = false;
        filter = filter.ranks(spec.0.clone().take_while(|rank| {
            let take = !missing;
            missing |= !present.contains(rank);
            take
        }));
    }
    filter
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    fn plan(arguments: &[&str]) -> Plan {
        Plan::new(&Args::parse_from(["pproc", "run.h5"].iter().chain(arguments)))
    }

    fn names(plan: &Plan) -> Vec<&str> {
        plan.actions
            .iter()
            .flat_map(|action| match action {
                Action::Write { outputs, .. } => outputs.iter().map(|output| output.name.as_str()).collect(),
                _ => Vec::new(),
            })
            .collect()
    }

    #[test]
    fn without_options_the_table_is_printed() {
        assert_eq!(plan(&[]).actions, [Action::Table]);
    }

    #[test]
    fn without_a_choice_every_chart_is_written_that_suits_the_profile() {
        let plan = plan(&["-o", "out", "--data"]);
        let [Action::Write { outputs, .. }] = plan.actions.as_slice() else {
            panic!("{plan:?}");
        };
        let (charts, others): (Vec<_>, Vec<_>) =
            outputs.iter().partition(|output| output.when == When::Usual);
        assert_eq!(charts.len(), 2 * CHARTS.len());
        let others: Vec<&str> = others.iter().map(|output| output.name.as_str()).collect();
        assert_eq!(others, ["region_statistics.json"]);
    }

    #[test]
    fn every_format_is_written_once() {
        assert_eq!(
            names(&plan(&[
                "-o",
                "out",
                "--plots",
                "gantt,durations",
                "--format",
                "svg",
                "png,html",
                "svg"
            ])),
            [
                "gantt_plot.png",
                "gantt_plot.svg",
                "gantt_plot.html",
                "durations_plot.png",
                "durations_plot.svg",
                "region_statistics.json"
            ]
        );
    }

    #[test]
    fn a_window_goes_without_the_statistics_of_the_whole_run() {
        assert_eq!(
            names(&plan(&["-o", "out", "--plots", "gantt", "--window", "1s..2s"])),
            ["gantt_plot.png"]
        );
    }

    #[test]
    fn all_charts_are_those_of_the_list() {
        let plan = plan(&["-o", "out", "--plots", "all"]);
        let charts = CHARTS.iter().map(|chart| format!("{}.png", chart.file_stem()));
        let expected: Vec<String> = charts.chain(["region_statistics.json".into()]).collect();
        assert_eq!(names(&plan), expected);
    }

    #[test]
    fn numbers_are_beside_each_picture() {
        assert_eq!(
            names(&plan(&["-o", "out", "--plots", "gantt", "flame", "--data"])),
            [
                "gantt_plot.png",
                "gantt_plot.csv",
                "flame_graph.png",
                "flame_graph.csv",
                "region_statistics.json"
            ]
        );
    }

    #[test]
    fn only_the_charts_that_were_asked_for_are_drawn_and_each_once() {
        let plan = plan(&[
            "-o",
            "out",
            "--plots",
            "durations",
            "durations",
            "--format",
            "svg",
            "html",
        ]);
        assert_eq!(
            names(&plan),
            ["durations_plot.svg", "gantt_plot.html", "region_statistics.json"]
        );
    }

    #[test]
    fn the_page_is_served_once_all_files_are_written() {
        let plan = plan(&["-o", "out", "--show"]);
        assert!(matches!(
            plan.actions.as_slice(),
            [Action::Write { .. }, Action::Show]
        ));
    }
}

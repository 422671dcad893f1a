//! The views as bytes: JSON, compressed (zlib). `assets/page/views.js` is the other end.

use super::Views;
use super::counters::CounterLine;
use super::paths::MOST;
use super::region::RegionView;
use super::{follows, tasks};
use crate::page::bars::compress;
use serde::Serialize;
use std::collections::HashMap;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Json<'a> {
    /// As [`Paths::flat`](super::Paths::flat) has them.
    paths: Vec<i64>,
    /// How many paths are left out.
    paths_left_out: usize,
    ranks: &'a [u32],
    /// By the number of the region in the page.
    regions: Vec<Option<RegionView>>,
    /// Of so many regions, those with the least time, it is not said how much each rank took.
    without_ranks: usize,
    run: &'a [(String, String)],
    tasks: Vec<i64>,
    /// Whether others are left out.
    tasks_are_partial: bool,
    /// As [`follows::flat`] has them.
    follows: Vec<i64>,
    /// How many pairs are left out.
    follows_left_out: usize,
    counters: Vec<CounterLine>,
    /// So many lines are left out.
    counters_left_out: usize,
}

/// The views of a page with these regions, in at most about so many bytes: paths with little time, and the ranks of
/// regions with little time, are left out first.
pub(in crate::page) fn pack(views: &Views, names: &[&str], most_bytes: usize) -> Vec<u8> {
    let mut share = 1.0;
    loop {
        let packed = compress(&encode(views, names, share));
        if packed.len() <= most_bytes || share < 1e-4 {
            return packed;
        }
        share *= (0.9 * most_bytes as f64 / packed.len() as f64).min(0.7);
    }
}

fn encode(views: &Views, names: &[&str], share: f64) -> Vec<u8> {
    let numbers: HashMap<&str, usize> = names
        .iter()
        .enumerate()
        .map(|(number, name)| (*name, number))
        .collect();
    let paths = views
        .paths
        .largest((share * views.paths.rows.len().min(MOST) as f64) as usize);
    let mut regions: Vec<Option<RegionView>> = names
        .iter()
        .map(|name| views.regions.get(*name).cloned())
        .collect();
    let without_ranks = drop_ranks(&mut regions, share);
    let number_of = |region: usize| numbers.get(views.names[region].as_str()).copied();
    let tasks = tasks::longest(&views.tasks.all, share);
    let (follows, follows_left_out) = follows::share(&views.tasks.follows, share);
    let json = Json {
        paths: paths.flat(|name| numbers.get(name).copied()),
        paths_left_out: paths.left_out,
        ranks: &views.ranks,
        regions,
        without_ranks,
        run: &views.run,
        tasks_are_partial: views.tasks.is_partial || tasks.len() < views.tasks.all.len(),
        tasks: tasks::flat(&tasks, views.origin_ns, number_of),
        follows: follows::flat(follows, views.origin_ns, number_of),
        follows_left_out,
        counters: views.counters.iter().map(|line| line.thinned(share)).collect(),
        counters_left_out: views.counters_left_out,
    };
    serde_json::to_vec(&json).expect("plain data becomes JSON")
}

/// Keeps the ranks of a share of the regions, those with the most time; gives how many lost theirs.
fn drop_ranks(regions: &mut [Option<RegionView>], share: f64) -> usize {
    let mut all: Vec<&mut RegionView> = regions.iter_mut().flatten().collect();
    let time = |region: &RegionView| -> i128 {
        let times = region.ranks.iter().flatten();
        times.map(|&(_, ns)| i128::from(ns)).sum()
    };
    all.sort_by_key(|region| std::cmp::Reverse(time(region)));
    let keep = (all.len() as f64 * share).ceil() as usize;
    let dropped = all.len().saturating_sub(keep);
    all.into_iter()
        .skip(keep)
        .for_each(|region| region.ranks = Vec::new());
    dropped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::views::paths::{Paths, Row};
    use serde_json::Value;

    #[test]
    fn what_does_not_fit_is_left_out_and_said() {
        let row = |i: i64| Row {
            depth: 0,
            name: format!("r{i}"),
            calls: 1,
            inclusive_ns: i * 7_919 % 10_007,
            exclusive_ns: i * 104_729 % 10_007,
            mean_ns: 5,
            is_recursive: false,
        };
        let mut views = Views {
            paths: Paths {
                rows: (0..2_000).map(row).collect(),
                left_out: 0,
            },
            ..Views::default()
        };
        views.ranks = (0..64).collect();
        for i in 0..100_i64 {
            let mut region = RegionView::default();
            region.ranks = (0..64)
                .map(|rank| Some((1, (i + 1) * 1_000_003 % (rank + 977))))
                .collect();
            views.regions.insert(format!("r{i}"), region);
        }
        let names: Vec<String> = (0..2_000).map(|i| format!("r{i}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let whole = pack(&views, &names, usize::MAX);
        let part = pack(&views, &names, whole.len() / 3);
        assert!(part.len() <= whole.len() / 3, "{} of {}", part.len(), whole.len());

        let read = |share: f64| -> Value { serde_json::from_slice(&encode(&views, &names, share)).unwrap() };
        let (all, few) = (read(1.0), read(0.25));
        assert_eq!(all["paths"].as_array().unwrap().len(), 7 * 2_000);
        assert_eq!(
            (&all["pathsLeftOut"], &all["withoutRanks"]),
            (&0.into(), &0.into())
        );
        let kept = few["paths"].as_array().unwrap().len() / 7;
        assert!((490..=500).contains(&kept), "{kept}");
        assert_eq!(few["pathsLeftOut"], 2_000 - kept);
        assert_eq!(few["withoutRanks"], 75);
        let with_ranks = few["regions"].as_array().unwrap().iter();
        assert_eq!(
            with_ranks.filter(|region| region["ranks"][0].is_array()).count(),
            25
        );
    }
}

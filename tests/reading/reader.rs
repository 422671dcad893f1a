//! What the reader says of files, whole and damaged; `corpus` has those of the corpus.

use crate::common::{Profile, column, golden};
use scope_profiler::profile::{Intervals, Source, Value};
use scope_profiler::{Error, MpiRegion, ProfilingH5Reader, RegionFilter};
use std::collections::BTreeMap;
use std::fs;

fn refusal(path: impl AsRef<std::path::Path>) -> Error {
    ProfilingH5Reader::open(path).expect_err("the file must be refused")
}

fn all(reader: &ProfilingH5Reader) -> Vec<MpiRegion> {
    reader.get_regions(&RegionFilter::new()).unwrap()
}

#[test]
fn metadata_come_from_root_attributes_and_the_metadata_group() {
    let reader = ProfilingH5Reader::open(golden("s1_root_group_metadata.h5")).unwrap();
    assert_eq!(reader.metadata().get("label"), Some(&Value::Text("hello".into())));
    let reader = ProfilingH5Reader::open(golden("upstream-golden-schema-1.h5")).unwrap();
    assert_eq!(reader.metadata().get("mpi_size"), Some(&Value::Int(1)));
    let reader = ProfilingH5Reader::open(golden("s1_attrs_everywhere.h5")).unwrap();
    assert!(
        reader.metadata().contains_key("producer"),
        "{:?}",
        reader.metadata()
    );
}

#[test]
fn a_name_with_slashes_that_made_groups_in_groups_comes_back() {
    let reader = ProfilingH5Reader::open(golden("s1_slash_name.h5")).unwrap();
    assert_eq!(reader.get_region("a/b").unwrap()[0].num_calls(), 1);
    assert_eq!(all(&reader).len(), 2);
}

#[test]
fn a_group_that_is_no_region_is_passed_over() {
    let reader = ProfilingH5Reader::open(golden("s1_regions_extra_group.h5")).unwrap();
    assert_eq!(
        all(&reader).iter().map(MpiRegion::name).collect::<Vec<_>>(),
        ["solve", "io"]
    );
}

#[test]
fn missing_ranks_leave_a_gap() {
    let reader = ProfilingH5Reader::open(golden("s1_rank_gap.h5")).unwrap();
    assert_eq!(reader.ranks(), [0, 3]);
    let error = reader.get_regions(&RegionFilter::new().ranks([1])).unwrap_err();
    assert!(error.is_not_found());
    assert!(
        error.to_string().contains("no rank 1; the file has ranks 0, 3"),
        "{error}"
    );
}

#[test]
fn a_region_that_one_rank_lacks_is_not_there_on_it() {
    let reader = ProfilingH5Reader::open(golden("s1_asym.h5")).unwrap();
    let b = reader.get_region("b").unwrap();
    assert!(b.get(1).is_none());
    assert_eq!(b[0].num_calls(), 2);
}

#[test]
fn an_unknown_region_is_answered_with_the_known_ones() {
    let reader = ProfilingH5Reader::open(golden("s1_asym.h5")).unwrap();
    let error = reader.get_region("solver").unwrap_err();
    assert!(error.is_not_found());
    assert!(
        error
            .to_string()
            .ends_with(r#"s1_asym.h5: there is no region "solver"; the file has "a", "b""#),
        "{error}"
    );
}

#[test]
fn what_is_not_a_file_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let missing = refusal(directory.path().join("run.h5"));
    assert!(
        missing.is_not_found() && missing.to_string().contains("run.h5: there is no such file"),
        "{missing}"
    );
    assert!(
        refusal(directory.path())
            .to_string()
            .contains("this is a directory")
    );
    fs::write(directory.path().join("empty.h5"), "").unwrap();
    assert!(
        refusal(directory.path().join("empty.h5"))
            .to_string()
            .contains("the file is empty")
    );
}

#[test]
fn a_file_cut_off_anywhere_is_an_error_and_never_a_panic() {
    let whole = fs::read(golden("s1_thread_ids.h5")).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("cut.h5");
    for length in (0..whole.len()).step_by(97) {
        fs::write(&path, &whole[..length]).unwrap();
        assert!(!refusal(&path).is_not_found(), "{length} bytes");
    }
}

#[test]
fn a_file_with_flipped_bytes_is_read_or_refused_and_never_a_panic() {
    let whole = fs::read(golden("s1_thread_ids.h5")).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("flipped.h5");
    for at in (0..whole.len()).step_by(31) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0xff;
        fs::write(&path, &bytes).unwrap();
        if let Ok(reader) = ProfilingH5Reader::open(&path) {
            for region in reader.get_regions(&RegionFilter::new()).into_iter().flatten() {
                for calls in region.regions().values() {
                    let _ = (calls.exclusive_ns(), calls.percentile_ns(50.0));
                }
            }
        }
    }
}

#[test]
fn schema_numbers_of_any_width_are_understood_and_impossible_ones_refused() {
    let file = |number: i64| {
        Profile::new()
            .region(0, "solve", &[(1, 2, 0)])
            .with(|file| {
                file.new_attr::<i64>()
                    .create("scope_profiler_schema")
                    .unwrap()
                    .write_scalar(&number)
                    .unwrap()
            })
            .close()
    };
    assert!(ProfilingH5Reader::open(file(1).path()).is_ok());
    for impossible in [0, -1] {
        assert!(
            refusal(file(impossible).path())
                .to_string()
                .contains("numbered 1 to 3")
        );
    }
    let narrow = Profile::new()
        .region(0, "solve", &[(1, 2, 0)])
        .with(|file| {
            file.new_attr::<u8>()
                .create("scope_profiler_schema")
                .unwrap()
                .write_scalar(&1)
                .unwrap()
        })
        .close();
    assert!(ProfilingH5Reader::open(narrow.path()).is_ok());
}

#[test]
fn rows_come_in_order_of_start_and_the_longer_first() {
    let calls = [(30, 40, 1), (10, 11, 0), (10, 25, 0), (-5, 2, 2)];
    let profile = Profile::new().region(0, "solve", &calls).close();
    let reader = ProfilingH5Reader::open(profile.path()).unwrap();
    let solve = reader.get_region("solve").unwrap();
    assert_eq!(solve[0].start_times_ns(), [-5, 10, 10, 30]);
    assert_eq!(solve[0].end_times_ns(), [2, 25, 11, 40]);
    assert_eq!(solve[0].thread_ids(), [2, 0, 0, 1]);
    let mut middle = Intervals::default();
    reader.read(0, 1..3, &mut middle).unwrap();
    assert_eq!(middle.starts(), [10, 10]);
    assert_eq!(middle.ends(), [25, 11]);
    assert_eq!(middle.threads(), [0, 0]);
}

#[test]
fn a_false_promise_of_order_is_damage() {
    let profile = Profile::new().region(0, "solve", &[(30, 40, 0), (10, 11, 0)]);
    let profile = profile.with(|file| {
        let rank = file.group("rank0").unwrap();
        rank.new_attr::<i64>()
            .create("sorted_by_start")
            .unwrap()
            .write_scalar(&1)
            .unwrap();
    });
    let reader = ProfilingH5Reader::open(profile.close().path());
    let error = reader.unwrap().get_region("solve").unwrap_err();
    assert!(
        error.is_format() && error.to_string().contains("not in order of start"),
        "{error}"
    );
}

/// A region whose columns are made by hand.
fn with_columns(make: impl FnOnce(&hdf5::Group)) -> Profile {
    let profile = Profile::new();
    make(&profile.region_group(0, "solve"));
    profile.close()
}

#[test]
fn integers_of_other_widths_convert() {
    let profile = with_columns(|group| {
        column(group, "start_times", &[1_u32, 5]);
        column(group, "end_times", &[4_u64, 9]);
        column(group, "thread_ids", &[0_i64, -1]);
    });
    let solve = ProfilingH5Reader::open(profile.path())
        .unwrap()
        .get_region("solve")
        .unwrap();
    assert_eq!(solve[0].durations_ns(), [3, 4]);
    assert_eq!(solve[0].thread_ids(), [0, u32::MAX]);
}

#[test]
fn times_beyond_a_signed_integer_are_refused_when_read() {
    let profile = with_columns(|group| {
        column(group, "start_times", &[1_u64]);
        column(group, "end_times", &[u64::MAX]);
    });
    let reader = ProfilingH5Reader::open(profile.path()).unwrap();
    let error = reader.get_region("solve").unwrap_err().to_string();
    assert!(
        error.contains("rank0/regions/solve/end_times holds values beyond"),
        "{error}"
    );
}

#[test]
fn columns_of_the_wrong_kind_are_refused() {
    let floats = with_columns(|group| {
        column(group, "start_times", &[1.5_f64]);
        column(group, "end_times", &[2.5_f64]);
    });
    assert!(
        refusal(floats.path())
            .to_string()
            .contains("solve/start_times holds float64 values")
    );
    let scalar = with_columns(|group| {
        group.new_dataset::<i64>().create("start_times").unwrap();
        column(group, "end_times", &[2_i64]);
    });
    assert!(
        refusal(scalar.path())
            .to_string()
            .contains("0 dimensions instead of one")
    );
    let threads = with_columns(|group| {
        column(group, "start_times", &[1_i64, 2]);
        column(group, "end_times", &[2_i64, 3]);
        column(group, "thread_ids", &[0_u32]);
    });
    assert!(
        refusal(threads.path())
            .to_string()
            .contains("2 start_times but 1 thread_ids")
    );
}

#[test]
fn columns_that_were_declared_but_never_written_are_refused() {
    let huge = 1_usize << 50;
    let contiguous = with_columns(|group| {
        column(group, "start_times", &[1_i64]);
        group
            .new_dataset::<i64>()
            .shape(huge)
            .create("end_times")
            .unwrap();
    });
    assert!(
        refusal(contiguous.path())
            .to_string()
            .contains("bytes of them were written")
    );
    let chunked = with_columns(|group| {
        for name in ["start_times", "end_times"] {
            group
                .new_dataset::<i64>()
                .shape(huge)
                .chunk(1 << 16)
                .deflate(1)
                .create(name)
                .unwrap();
        }
    });
    assert!(
        refusal(chunked.path())
            .to_string()
            .contains("only 0 bytes of them were written")
    );
}

#[test]
fn links_out_of_the_file_are_not_followed() {
    let profile = Profile::new().region(0, "solve", &[(1, 2, 0)]);
    let profile = profile
        .with(|file| file.link_external("other.h5", "/rank1", "rank1").unwrap())
        .close();
    assert!(
        refusal(profile.path())
            .to_string()
            .contains("rank1 is a link into another file")
    );
}

#[test]
fn groups_that_contain_themselves_do_not_hang_the_reader() {
    let profile = Profile::new().region(0, "solve", &[(1, 2, 0)]).with(|file| {
        let regions = file.group("rank0/regions").unwrap();
        regions.create_group("extra").unwrap();
        for name in ["loop", "again", "and_again"] {
            file.link_hard("/rank0/regions", &format!("/rank0/regions/extra/{name}"))
                .unwrap();
        }
    });
    let profile = profile.close();
    // The same region under another name, once for each way there that is followed.
    assert!(all(&ProfilingH5Reader::open(profile.path()).unwrap()).len() < 10);
}

#[test]
fn a_true_name_wins_over_the_name_of_the_group() {
    let profile = Profile::new()
        .region(0, "a|b", &[(1, 2, 0)])
        .region(0, "a|b_1", &[(3, 4, 0)]);
    let profile = profile.with(|file| {
        let attribute = file.group("rank0/regions/a|b_1").unwrap();
        let name: hdf5::types::VarLenUnicode = "a/b".parse().unwrap();
        attribute
            .new_attr::<hdf5::types::VarLenUnicode>()
            .create("name")
            .unwrap()
            .write_scalar(&name)
            .unwrap();
    });
    let reader = ProfilingH5Reader::open(profile.close().path());
    let names: Vec<String> = reader.unwrap().names().to_vec();
    assert_eq!(names, ["a|b", "a/b"]);
}

#[test]
fn two_groups_of_one_rank_number_are_refused() {
    let profile = Profile::new().region(7, "solve", &[(1, 2, 0)]).with(|file| {
        file.create_group("rank007").unwrap();
    });
    assert!(
        refusal(profile.close().path())
            .to_string()
            .contains("are both rank 7")
    );
}

#[test]
fn leading_zeros_do_not_matter_to_a_rank() {
    let profile = Profile::new().region(2, "solve", &[(1, 2, 0)]).with(|file| {
        file.create_group("rank010")
            .unwrap()
            .create_group("regions")
            .unwrap();
    });
    assert_eq!(
        ProfilingH5Reader::open(profile.close().path()).unwrap().ranks(),
        [2, 10]
    );
}

#[test]
fn thread_names_come_from_the_rank() {
    let profile = Profile::new().region(0, "solve", &[(1, 2, 0)]).with(|file| {
        let threads = file.group("rank0").unwrap().create_group("threads").unwrap();
        column(&threads, "index", &[0_u32, 1]);
        column(&threads, "native_id", &[100_i64, 101]);
        let names: Vec<hdf5::types::VarLenUnicode> =
            vec!["main".parse().unwrap(), "worker λ".parse().unwrap()];
        column(&threads, "name", &names);
    });
    let reader = ProfilingH5Reader::open(profile.close().path()).unwrap();
    let names = BTreeMap::from([(0, "main".to_owned()), (1, "worker λ".to_owned())]);
    assert_eq!(reader.thread_names(0).unwrap(), names);
    assert!(reader.thread_names(9).unwrap().is_empty());
}

#[test]
fn what_others_call_threads_or_clock_is_passed_over() {
    let foreign: [fn(&hdf5::Group); 4] = [
        |rank| drop(rank.create_group("threads").unwrap()),
        |rank| column(&rank.create_group("threads").unwrap(), "index", &[1.5_f64]),
        |rank| {
            let threads = rank.create_group("threads").unwrap();
            threads.create_group("index").unwrap();
            threads.create_group("name").unwrap();
        },
        |rank| {
            column(rank, "threads", &[1_i64]);
            column(rank, "clock", &[1_i64]);
        },
    ];
    for make in foreign {
        let profile = Profile::new().region(0, "solve", &[(1, 2, 7)]);
        let profile = profile.with(|file| make(&file.group("rank0").unwrap())).close();
        let reader = ProfilingH5Reader::open(profile.path()).unwrap();
        assert_eq!(reader.get_region("solve").unwrap()[0].thread_ids(), [7]);
        assert!(reader.thread_names(0).unwrap().is_empty());
        assert!(scope_profiler::check::check(profile.path()).unwrap().is_ok());
    }
}

#[test]
fn counted_calls_have_no_times() {
    let profile = Profile::new().region(0, "solve", &[]).with(|file| {
        let region = file.group("rank0/regions/solve").unwrap();
        region
            .new_attr::<u64>()
            .create("num_calls")
            .unwrap()
            .write_scalar(&12)
            .unwrap();
    });
    let solve = ProfilingH5Reader::open(profile.close().path())
        .unwrap()
        .get_region("solve")
        .unwrap();
    assert_eq!((solve[0].num_calls(), solve[0].total_duration_ns()), (12, 0));
    assert_eq!(solve[0].first_start_ns(), None);
}

#[test]
fn own_time_is_worked_out_per_thread() {
    let profile = Profile::new()
        .region(0, "outer", &[(0, 100, 0), (10, 60, 1)])
        .region(0, "inner", &[(20, 50, 0), (20, 30, 1)])
        .close();
    let reader = ProfilingH5Reader::open(profile.path()).unwrap();
    assert_eq!(
        reader.get_region("outer").unwrap()[0].exclusive_ns().unwrap(),
        70 + 40
    );
    assert_eq!(reader.get_region("inner").unwrap()[0].exclusive_ns().unwrap(), 40);
}

#[test]
fn own_time_of_calls_that_do_not_nest_names_them() {
    let profile = Profile::new()
        .region(0, "a", &[(0, 10, 3)])
        .region(0, "b", &[(5, 15, 3)])
        .close();
    let reader = ProfilingH5Reader::open(profile.path()).unwrap();
    let error = reader.get_region("a").unwrap()[0].exclusive_ns().unwrap_err();
    assert!(error.is_not_nested());
    assert_eq!(
        error.to_string(),
        "exclusive time is undefined: on rank 0, thread 3 the calls of \"a\" from 0 to 10 ns and \"b\" from 5 to 15 ns partly overlap"
    );
}

#[test]
fn extreme_times_do_not_overflow() {
    let calls = [
        (i64::MIN, i64::MAX, 0),
        (i64::MIN, i64::MAX, 0),
        (i64::MAX, i64::MIN, 0),
    ];
    let profile = Profile::new().region(0, "solve", &calls).close();
    let solve = ProfilingH5Reader::open(profile.path())
        .unwrap()
        .get_region("solve")
        .unwrap();
    assert_eq!(solve[0].total_duration_ns(), i64::MAX - 1);
    assert_eq!(solve[0].min_duration_ns(), i64::MIN);
    assert!(solve[0].exclusive_ns().is_err());
}

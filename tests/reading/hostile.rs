//! Profiling files made to do harm: to open other files, to fill the memory, to go on for ever.

use crate::common::{Profile, column};
use hdf5::types::VarLenUnicode;
use scope_profiler::{ProfilingH5Reader, RegionFilter, check::check};
use std::fs;
use std::path::Path;

/// The reader's reason to refuse a file, which the check must know as well.
fn refusal(path: &Path) -> String {
    let error = ProfilingH5Reader::open(path).expect_err("the file must be refused");
    assert!(error.is_format(), "{error}");
    match check(path) {
        Ok(report) => assert!(!report.is_ok(), "{report}"),
        Err(error) => assert!(error.is_format(), "{error}"),
    }
    error.to_string()
}

fn texts(names: &[&str]) -> Vec<VarLenUnicode> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

/// A file with a region, whose bytes are changed by hand: `from` becomes `to` wherever it stands.
fn patched(profile: Profile, from: &[u8], to: &[u8]) -> Profile {
    assert_eq!(from.len(), to.len());
    let profile = profile.close();
    let mut bytes = fs::read(profile.path()).unwrap();
    let places: Vec<usize> = (0..bytes.len() - from.len())
        .filter(|&at| bytes[at..].starts_with(from))
        .collect();
    assert!(!places.is_empty());
    for at in places {
        bytes[at..at + to.len()].copy_from_slice(to);
    }
    fs::write(profile.path(), bytes).unwrap();
    profile
}

#[test]
fn no_link_leads_out_of_the_file() {
    let other = Profile::new().region(1, "secret", &[(1, 2, 0)]).with(|file| {
        let threads = file.group("rank1").unwrap().create_group("threads").unwrap();
        column(&threads, "index", &[0_u32]);
        column(&threads, "name", &texts(&["secret"]));
    });
    let other = other.close();
    let other = other.path();
    let other = other.to_str().unwrap();
    for (target, link) in [
        ("/rank1", "rank1"),
        ("/rank1/regions", "rank0/regions"),
        ("/rank1/regions/secret", "rank0/regions/solve"),
        (
            "/rank1/regions/secret/start_times",
            "rank0/regions/solve/start_times",
        ),
        (
            "/rank1/regions/secret/thread_ids",
            "rank0/regions/solve/thread_ids",
        ),
        ("/rank1/threads", "rank0/threads"),
        ("/rank1/threads/name", "rank0/threads/name"),
    ] {
        for soft in [false, true] {
            let profile = Profile::new().region(0, "solve", &[(1, 2, 0)]).with(|file| {
                let threads = file.group("rank0").unwrap().create_group("threads").unwrap();
                column(&threads, "index", &[0_u32]);
                column(&threads, "name", &texts(&["main"]));
                let _ = file.unlink(link);
                if soft {
                    file.link_soft("/rank0", link).unwrap();
                } else {
                    file.link_external(other, target, link).unwrap();
                }
            });
            let text = refusal(&profile.close().path());
            assert!(text.contains(link) && text.contains("link"), "{link}: {text}");
        }
    }
}

#[test]
fn values_are_not_fetched_from_other_files() {
    let directory = tempfile::tempdir().unwrap();
    let secret = directory.path().join("secret");
    fs::write(&secret, [7; 64]).unwrap();
    let secret = secret.to_str().unwrap();
    let external = |group: &hdf5::Group, name: &str| {
        group
            .new_dataset::<i64>()
            .shape(2)
            .external(secret, 0, 64)
            .create(name)
            .unwrap();
    };
    let columns = Profile::new();
    let group = columns.region_group(0, "solve");
    external(&group, "start_times");
    external(&group, "end_times");
    drop(group);
    let text = refusal(&columns.close().path());
    assert!(
        text.contains("start_times keeps its values in other files"),
        "{text}"
    );

    let threads = Profile::new().region(0, "solve", &[(1, 2, 0)]).with(|file| {
        let threads = file.group("rank0").unwrap().create_group("threads").unwrap();
        column(&threads, "index", &[0_u32, 1]);
        external(&threads, "name");
    });
    let text = refusal(&threads.close().path());
    assert!(
        text.contains("threads/name keeps its values in other files"),
        "{text}"
    );
}

#[test]
fn virtual_datasets_are_not_followed() {
    let other = Profile::new().region(0, "secret", &[(1, 2, 0)]).close();
    let profile = Profile::new();
    let group = profile.region_group(0, "solve");
    for name in ["start_times", "end_times"] {
        let other = other.path();
        group
            .new_dataset::<i64>()
            .shape(1)
            .virtual_map(
                other.to_str().unwrap(),
                "rank0/regions/secret/start_times",
                1,
                ..,
                1,
                ..,
            )
            .create(name)
            .unwrap();
    }
    drop(group);
    let text = refusal(&profile.close().path());
    assert!(text.contains("keeps its values in other files"), "{text}");
}

#[test]
fn a_member_whose_name_is_a_path_is_refused() {
    let profile = Profile::new()
        .region(0, "solve", &[(1, 2, 0)])
        .region(0, "one_two", &[]);
    let text = refusal(&patched(profile, b"one_two\0", b"one/two\0").path());
    assert!(text.contains("cannot be called \"one/two\""), "{text}");
}

#[test]
fn two_members_of_one_name_are_refused() {
    let profile = Profile::new()
        .region(0, "solve1", &[(1, 2, 0)])
        .region(0, "solve2", &[]);
    let text = refusal(&patched(profile, b"solve2\0", b"solve1\0").path());
    assert!(text.contains("cannot be called \"solve1\""), "{text}");
}

#[test]
fn hard_links_do_not_make_a_large_profile_of_a_small_file() {
    let links = [
        ("/rank0", "rank1"),
        ("/rank0/regions", "rank1/regions"),
        ("/rank0/regions/solve", "rank0/regions/again"),
    ];
    for (target, link) in links {
        let profile = Profile::new().region(0, "solve", &[(1, 2, 0)]).with(|file| {
            if link == "rank1/regions" {
                file.create_group("rank1").unwrap();
            }
            file.link_hard(target, link).unwrap();
        });
        let text = refusal(&profile.close().path());
        assert!(text.contains("is a second link to"), "{link}: {text}");
    }
}

#[test]
fn an_attribute_without_a_value_is_none() {
    let profile = Profile::new().region(0, "solve", &[(1, 2, 0)]).with(|file| {
        let group = file.group("rank0/regions/solve").unwrap();
        group
            .new_attr::<VarLenUnicode>()
            .shape(hdf5::Extents::Null)
            .create("name")
            .unwrap();
    });
    let reader = ProfilingH5Reader::open(profile.close().path()).unwrap();
    assert_eq!(reader.get_region("solve").unwrap()[0].num_calls(), 1);
}

#[test]
fn extents_whose_product_overflows_are_not_believed() {
    let profile = Profile::new().region(0, "solve", &[(1, 2, 0)]).with(|file| {
        file.new_attr::<i64>().shape((301, 5)).create("absurd").unwrap();
    });
    let extents = |a: u64, b: u64| [a.to_le_bytes(), b.to_le_bytes()].concat();
    let profile = patched(profile, &extents(301, 5), &extents(1 << 33, 1 << 31));
    match ProfilingH5Reader::open(profile.path()) {
        Ok(reader) => assert!(!reader.metadata().contains_key("absurd")),
        Err(error) => assert!(error.is_format(), "{error}"),
    }
}

#[test]
fn chunks_and_extents_of_absurd_size_are_refused() {
    let with = |chunk: usize, extent: usize| {
        let profile = Profile::new();
        let group = profile.region_group(0, "solve");
        for name in ["start_times", "end_times"] {
            group
                .new_dataset::<i64>()
                .shape(extent..)
                .chunk(chunk)
                .deflate(1)
                .create(name)
                .unwrap();
        }
        drop(group);
        profile.close()
    };
    let text = refusal(&with(1 << 27, 1).path());
    assert!(text.contains("is stored in chunks of 1073741824 bytes"), "{text}");
    let text = refusal(&with(1 << 10, 1 << 60).path());
    assert!(text.contains("declares 1152921504606846976 values"), "{text}");
}

#[test]
fn a_nest_of_groups_as_deep_as_the_file_allows_is_searched_to_a_limit() {
    let profile = Profile::new().region(0, "solve", &[(1, 2, 0)]).with(|file| {
        let mut group = file.group("rank0/regions").unwrap();
        for _ in 0..2_000 {
            group = group.create_group("deeper").unwrap();
        }
    });
    let reader = ProfilingH5Reader::open(profile.close().path()).unwrap();
    assert_eq!(reader.get_regions(&RegionFilter::new()).unwrap().len(), 1);
}

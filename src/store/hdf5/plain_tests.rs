//! Groups that were read without the library, compared with what the library says of them.

use super::super::NewFile;
use super::super::makings::Values;
use super::*;
use crate::profile::Value;
use std::path::PathBuf;
use tempfile::TempDir;

const COLUMNS: [&str; 3] = ["starts", "threads", "none"];
const ATTRIBUTES: [&str; 3] = ["name", "total", "empty"];

/// A file whose group `all/some` has columns and attributes.
fn file(attributes: &[(&str, Value)]) -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("run.h5");
    let file = NewFile::create(&path, &path, false).unwrap();
    let group = file.create_group("all").unwrap();
    let group = group.create_ordered_group("regions").unwrap();
    for n in 0..40 {
        let some = group.create_region(&format!("some {n}")).unwrap();
        some.column("starts", Values::Int64(&[-5, n, 1 << 40])).unwrap();
        some.column("threads", Values::Uint32(&[7, u32::MAX, 0])).unwrap();
        some.column("none", Values::Int64(&[])).unwrap();
        for (key, value) in attributes {
            some.attribute(key, value).unwrap();
        }
    }
    file.close().unwrap();
    (directory, path)
}

/// The group of the regions.
fn regions(path: &std::path::Path) -> Group {
    let bytes = std::fs::read(path).unwrap();
    let file = Arc::new(Opened::open(path, bytes.len() as u64, &bytes[..64]).unwrap());
    Group::root(&file)
        .unwrap()
        .group("all")
        .unwrap()
        .group("regions")
        .unwrap()
}

fn plain(path: &std::path::Path) -> Vec<Option<PlainGroup>> {
    let regions = regions(path);
    let members = regions.members_as_made().unwrap().unwrap();
    let plain = members.iter();
    plain
        .map(|member| regions.plain(&member.name, member.address, &COLUMNS, &ATTRIBUTES))
        .collect()
}

#[test]
fn what_this_crate_writes_is_read_as_the_library_reads_it() {
    let text = "Größe ".repeat(30);
    let attributes = [
        ("name", Value::Text(text)),
        ("total", Value::Int(-3)),
        ("empty", Value::Text(String::new())),
        ("beside", Value::Float(0.5)),
    ];
    let (_directory, path) = file(&attributes);
    let regions = regions(&path);
    let mut found = plain(&path);
    assert_eq!(found.len(), 40);
    for (n, plain) in found.iter_mut().enumerate() {
        let plain = plain.as_mut().expect("a plain group");
        let name = format!("some {n}");
        assert_eq!(plain.path, format!("all/regions/{name}"));
        let group = regions.group(&name).unwrap();
        assert_eq!(
            plain.attributes,
            group.attributes(|name| name != "beside").unwrap()
        );
        for name in COLUMNS {
            let (column, same) = (plain.take(name).unwrap(), group.column(name).unwrap());
            let len = same.len();
            assert_eq!(column.len(), len);
            assert_eq!(column.read(0..len).unwrap(), same.read(0..len).unwrap());
            assert_eq!(
                column.read(len / 2..len).unwrap(),
                same.read(len / 2..len).unwrap()
            );
        }
        let threads = group.column("threads").unwrap();
        assert_eq!(threads.read_threads(1..3).unwrap(), [u32::MAX, 0]);
        assert!(plain.take("starts").is_none());
    }
}

#[test]
fn what_is_not_known_is_left_to_the_library() {
    // Of so many attributes HDF5 makes a heap.
    let many: Vec<(String, Value)> = (0..20).map(|n| (format!("a{n}"), Value::Int(n))).collect();
    let many: Vec<(&str, Value)> = many
        .iter()
        .map(|(key, value)| (key.as_str(), value.clone()))
        .collect();
    let of_floats = [("total", Value::Float(0.5))];
    for attributes in [&many[..], &of_floats] {
        let (_directory, path) = file(attributes);
        assert!(plain(&path).iter().all(Option::is_none));
    }
    let (_directory, path) = file(&[]);
    let changed = hdf5::File::open_rw(&path).unwrap();
    let group = changed.group("all/regions").unwrap();
    let chunks = group.group("some 0").unwrap();
    chunks.unlink("none").unwrap();
    chunks
        .new_dataset::<i64>()
        .shape(8)
        .chunk(4)
        .create("none")
        .unwrap();
    group.group("some 1").unwrap().create_group("inside").unwrap();
    group.link_hard("some 2/starts", "some 3/more").unwrap();
    drop(chunks);
    drop(group);
    changed.close().unwrap();
    let found = plain(&path);
    let are_there: Vec<bool> = found.iter().take(5).map(Option::is_some).collect();
    // A column with two links has a header that says so.
    assert_eq!(are_there, [false, false, false, false, true]);
}

#[test]
fn a_header_with_any_bit_turned_is_none() {
    let (_directory, path) = file(&[("total", Value::Int(5))]);
    let sound = std::fs::read(&path).unwrap();
    let members = regions(&path).members_as_made().unwrap().unwrap();
    let first = members[7].address as usize;
    assert_eq!(&sound[first..first + 4], b"OHDR");
    for bit in 0..8 * 120 {
        let mut damaged = sound.clone();
        damaged[first + bit / 8] ^= 1 << (bit % 8);
        std::fs::write(&path, &damaged).unwrap();
        let raw = RawFile::open(&path, damaged.len() as u64, &damaged[..64]).unwrap();
        assert!(raw.header(first as u64).is_none(), "{bit}");
    }
}

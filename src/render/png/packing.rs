//! Rows of a picture, filtered and compressed: parts of it by themselves, at once where there are several cores.

use super::adler::Adler;
use super::rows::Rows;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use std::io::{self, Write};
use std::ops::Range;
use std::{mem, thread};

/// The filter that leaves of each byte what it has more than the one above.
const UP: u8 = 2;

/// About so many bytes are a part. Where a part ends depends on the picture alone, and so does the file.
const PART: usize = if cfg!(test) { 64 } else { 4 << 20 };

/// How data with this header was compressed is nothing to a reader.
const HEADER: [u8; 2] = [0x78, 0x9c];

/// A part of the compressed data, and the checksum of what it was before.
type Part = io::Result<(Vec<u8>, Adler)>;

/// The data of a PNG. No more than `threads` work at it.
pub(super) fn packed(rows: &Rows, level: Compression, threads: usize) -> io::Result<Vec<u8>> {
    let rows_of_part = (PART / (1 + rows.bytes)).max(1);
    let starts: Vec<usize> = (0..rows.len()).step_by(rows_of_part).collect();
    let part = |&start: &usize| part(rows, start..rows.len().min(start + rows_of_part), level);
    let share = starts.len().div_ceil(threads.max(1)).max(1);
    let (own, others) = starts.split_at(share.min(starts.len()));
    let parts: Vec<Part> = thread::scope(|scope| {
        let others: Vec<_> = others
            .chunks(share)
            .map(|starts| {
                let work = move || starts.iter().map(part).collect::<Vec<Part>>();
                (starts, thread::Builder::new().spawn_scoped(scope, work))
            })
            .collect();
        let mut parts: Vec<Part> = own.iter().map(part).collect();
        for (starts, thread) in others {
            match thread.map(|thread| thread.join()) {
                Ok(Ok(of_thread)) => parts.extend(of_thread),
                Ok(Err(panic)) => std::panic::resume_unwind(panic),
                // Without a thread it is done here.
                Err(_) => parts.extend(starts.iter().map(part)),
            }
        }
        parts
    });
    let mut all = HEADER.to_vec();
    let mut sum = Adler::default();
    for part in parts {
        let (bytes, of_part) = part?;
        all.extend(bytes);
        sum.append(of_part);
    }
    all.extend(sum.value().to_be_bytes());
    Ok(all)
}

/// Some rows, as compressed data that others may follow unless the last row is among them.
fn part(all: &Rows, rows: Range<usize>, level: Compression) -> Part {
    let mut encoder = DeflateEncoder::new(Vec::new(), level);
    let mut sum = Adler::default();
    let mut filtered = vec![0; 1 + all.bytes];
    filtered[0] = UP;
    let nothing = vec![0; all.bytes];
    let mut above = rows
        .start
        .checked_sub(1)
        .map_or(&nothing[..], |above| all.row(above));
    let mut is_above = true;
    for row in rows.clone().map(|row| all.row(row)) {
        if std::ptr::eq(row, above) || row == above {
            if !is_above {
                filtered[1..].fill(0);
                is_above = true;
            }
            sum.add(&filtered[..1]);
            sum.add_zeros(all.bytes as u64);
        } else {
            let more = row
                .iter()
                .zip(above)
                .map(|(byte, above)| byte.wrapping_sub(*above));
            filtered[1..]
                .iter_mut()
                .zip(more)
                .for_each(|(to, more)| *to = more);
            sum.add(&filtered);
            is_above = false;
        }
        encoder.write_all(&filtered)?;
        above = row;
    }
    if rows.end == all.len() {
        return Ok((encoder.finish()?, sum));
    }
    // What follows begins at a byte.
    encoder.flush()?;
    Ok((mem::take(encoder.get_mut()), sum))
}

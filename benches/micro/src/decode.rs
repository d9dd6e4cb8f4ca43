//! Archives to arrays.

use std::hint::black_box;
use std::sync::Arc;

use medmnist_core::npz::Archive;

use crate::archive::{MEMBER, npz};
use crate::{Amount, Case, Failure, Run};

const SIDE: usize = 64;
const IMAGE: usize = SIDE * SIDE * 3;

type Pixels = fn(usize) -> Vec<u8>;

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = vec![open()];
    for (name, make) in [("photographic", photographic as Pixels), ("sparse", sparse)] {
        // The smaller is counted under callgrind, which is fifty times as slow.
        for (size, count, threads) in [("1.5MB", 128, 1), ("25MB", 2048, 1), ("25MB", 2048, 2)] {
            cases.push(Case {
                name: format!("decode/{name}_{size}_{threads}_thread{}", if threads == 1 { "" } else { "s" }),
                amount: Amount::Bytes((count * IMAGE) as u64),
                is_countable: count == 128,
                make: Box::new(move || read(&make(count * IMAGE), threads)),
            });
        }
    }
    cases
}

fn read(pixels: &[u8], threads: usize) -> Result<Run, Failure> {
    let archive = Archive::from_bytes(Arc::new(npz(SIDE, pixels)?))?;
    let found = archive.read(MEMBER, threads, None)?;
    assert!(found.as_ref() == pixels, "the array is what was packed");
    Ok(Box::new(move || {
        black_box(archive.read(MEMBER, threads, None).expect("read before"));
    }))
}

/// A file, its directory and the header of its member.
fn open() -> Case {
    Case {
        name: "decode/open".into(),
        amount: Amount::Images(1),
        is_countable: false,
        make: Box::new(|| {
            let path = std::env::temp_dir().join(format!("micro-bench-{}.npz", std::process::id()));
            std::fs::write(&path, npz(SIDE, &sparse(128 * IMAGE))?)?;
            let file = Removed(path);
            Ok(Box::new(move || {
                let archive = Archive::open(&file.0).expect("just written");
                black_box(archive.header(MEMBER).expect("just written"));
            }))
        }),
    }
}

/// A file that is gone when nobody needs it any more.
struct Removed(std::path::PathBuf);

impl Drop for Removed {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Smooth with noise: compresses to about 85 %, as the official pictures do.
fn photographic(len: usize) -> Vec<u8> {
    let mut state = 1_u32;
    (0..len)
        .map(|at| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let (x, y) = ((at / 3 % SIDE) as u32, (at / 3 / SIDE % SIDE) as u32);
            // The sum of four uniform draws is nearly normal.
            let noise: u32 = state.to_be_bytes().iter().map(|&byte| u32::from(byte) >> 2).sum();
            (x + y + noise / 2).to_le_bytes()[0]
        })
        .collect()
}

/// Black but for a block in each image: compresses about 100 : 1, as the volumes of vessels do.
fn sparse(len: usize) -> Vec<u8> {
    (0..len)
        .map(|at| {
            let (x, y, image) = (at / 3 % SIDE, at / 3 / SIDE % SIDE, at / IMAGE);
            let is_inside = (image % 40..image % 40 + 16).contains(&x) && (20..36).contains(&y);
            if is_inside { 200 + (image % 40).to_le_bytes()[0] } else { 0 }
        })
        .collect()
}

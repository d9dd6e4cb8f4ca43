//! Archives made by hand, byte by byte, valid and hostile; `tests/test_npz.py` compares with NumPy's.

use std::path::PathBuf;

use medmnist_core::npz::Archive;
use medmnist_core::{Error, Result};

/// A file that is removed with the test.
struct File(PathBuf);

impl File {
    fn new(name: &str, bytes: &[u8]) -> Self {
        let path = std::env::temp_dir().join(format!("medmnist-core-{}-{name}.npz", std::process::id()));
        std::fs::write(&path, bytes).expect("the temporary folder is writable");
        Self(path)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn npy(data: &[u8]) -> Vec<u8> {
    let text = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': ({},), }}\n", data.len());
    let len = u16::try_from(text.len()).expect("short").to_le_bytes();
    [b"\x93NUMPY\x01\x00", len.as_slice(), text.as_bytes(), data].concat()
}

/// One stored member with every field that a test may want to falsify.
#[derive(Clone)]
struct Zip {
    name: &'static str,
    payload: Vec<u8>,
    method: u16,
    flags: u16,
    crc: Option<u32>,
    size: Option<u64>,
    compressed: Option<u64>,
    zip64: bool,
    copies: u16,
    comment: Vec<u8>,
}

impl Zip {
    fn of(payload: Vec<u8>) -> Self {
        Self {
            name: "a.npy",
            payload,
            method: 0,
            flags: 0,
            crc: None,
            size: None,
            compressed: None,
            zip64: false,
            copies: 1,
            comment: vec![],
        }
    }

    #[allow(clippy::cast_possible_truncation, reason = "saturated or small")]
    fn bytes(&self) -> Vec<u8> {
        let crc = self.crc.unwrap_or_else(|| libdeflater::crc32(&self.payload)).to_le_bytes();
        let size = self.size.unwrap_or(self.payload.len() as u64);
        let compressed = self.compressed.unwrap_or(self.payload.len() as u64);
        let narrow = |value: u64| if self.zip64 { u32::MAX } else { value as u32 }.to_le_bytes();
        let name_len = (self.name.len() as u16).to_le_bytes();
        let [method, flags] = [self.method.to_le_bytes(), self.flags.to_le_bytes()];
        // Sizes in local headers are lies, as NumPy's.
        let local = [
            b"PK\x03\x04\x2d\0".as_slice(),
            &flags,
            &method,
            &[0; 4],
            &crc,
            &[0xff; 8],
            &name_len,
            &[4, 0],
            self.name.as_bytes(),
            &[9, 9, 0, 0],
            &self.payload,
        ]
        .concat();
        let extra = if self.zip64 {
            [&[1, 0, 24, 0][..], &size.to_le_bytes(), &compressed.to_le_bytes(), &0u64.to_le_bytes()].concat()
        } else {
            vec![]
        };
        let entry = [
            b"PK\x01\x02\x2d\0\x2d\0".as_slice(),
            &flags,
            &method,
            &[0; 4],
            &crc,
            &narrow(compressed),
            &narrow(size),
            &name_len,
            &(extra.len() as u16).to_le_bytes(),
            &[0; 10],
            &narrow(0),
            self.name.as_bytes(),
            &extra,
        ]
        .concat();
        let directory = entry.repeat(usize::from(self.copies));
        let [at, len] = [local.len() as u64, directory.len() as u64];
        let copies = u64::from(self.copies).to_le_bytes();
        let tail = if self.zip64 {
            let end64 = at + len;
            [
                b"PK\x06\x06".as_slice(),
                &44u64.to_le_bytes(),
                &[45, 0, 45, 0],
                &[0; 8],
                &copies,
                &copies,
                &len.to_le_bytes(),
                &at.to_le_bytes(),
                b"PK\x06\x07",
                &[0; 4],
                &end64.to_le_bytes(),
                &1u32.to_le_bytes(),
            ]
            .concat()
        } else {
            vec![]
        };
        let [narrow_copies, comment_len] =
            if self.zip64 { [u16::MAX, self.comment.len() as u16] } else { [self.copies, self.comment.len() as u16] }
                .map(u16::to_le_bytes);
        let end = [
            b"PK\x05\x06\0\0\0\0".as_slice(),
            &narrow_copies,
            &narrow_copies,
            &narrow(len),
            &narrow(at),
            &comment_len,
            &self.comment,
        ]
        .concat();
        [local, directory, tail, end].concat()
    }
}

fn read(name: &str, bytes: &[u8]) -> Result<Vec<u8>> {
    let file = File::new(name, bytes);
    let archive = Archive::open(&file.0)?;
    assert_eq!(archive.names().collect::<Vec<_>>(), ["a"]);
    archive.read("a", 1, None).map(|array| array.as_ref().to_vec())
}

#[test]
fn reads_plain_zip64_and_commented_archives() {
    let plain = Zip::of(npy(&[1, 2, 3]));
    assert_eq!(read("plain", &plain.bytes()).expect("valid"), [1, 2, 3]);
    let zip64 = Zip { zip64: true, ..plain.clone() };
    assert_eq!(read("zip64", &zip64.bytes()).expect("valid"), [1, 2, 3]);
    let commented = Zip { comment: b"PK\x05\x06 is not the end".repeat(3), ..plain.clone() };
    assert_eq!(read("commented", &commented.bytes()).expect("valid"), [1, 2, 3]);
    let empty = Zip::of(npy(&[]));
    assert_eq!(read("empty", &empty.bytes()).expect("valid"), [0; 0]);
}

#[test]
fn refuses_each_lie_by_name() {
    let honest = Zip::of(npy(&[1, 2, 3]));
    let len = honest.payload.len() as u64;
    let mut claims_more = npy(&[1, 2, 3]);
    claims_more.pop();
    for (case, zip, message) in [
        ("crc", Zip { crc: Some(7), ..honest.clone() }, "the directory says 00000007"),
        ("encrypted", Zip { flags: 1, ..honest.clone() }, "encrypted"),
        ("method", Zip { method: 12, ..honest.clone() }, "compression method 12"),
        ("duplicate", Zip { copies: 2, ..honest.clone() }, "two members"),
        ("sizes", Zip { size: Some(len - 1), ..honest.clone() }, "two different sizes"),
        ("bomb", Zip { method: 8, size: Some(1032 * len + 1), ..honest.clone() }, "DEFLATE expands at most"),
        ("huge", Zip { method: 8, zip64: true, size: Some(u64::MAX), ..honest.clone() }, "DEFLATE expands at most"),
        ("beyond", Zip { zip64: true, compressed: Some(u64::MAX), size: Some(u64::MAX), ..honest.clone() }, "overlaps"),
        ("deflate", Zip { method: 8, ..Zip::of(vec![0xff; 9]) }, "a block is of no known type"),
        ("length", Zip::of(claims_more), "describes 3 bytes of data, it holds 2"),
        ("not npy", Zip::of(b"hello".to_vec()), "magic bytes"),
    ] {
        let error = read(case, &zip.bytes()).expect_err(case);
        assert!(matches!(&error, Error::Npz { member: Some(name), .. } if name.starts_with('a')), "{case}: {error:?}");
        let sentence = error.to_string();
        assert!(sentence.contains(message) && sentence.contains(".npz: member \"a"), "{case}: {sentence}");
    }
}

#[test]
fn truncation_and_flipped_bits_give_an_error_or_the_right_bytes() {
    for zip64 in [false, true] {
        let bytes = Zip { zip64, ..Zip::of(npy(&[1, 2, 3])) }.bytes();
        for len in 0..bytes.len() {
            let file = File::new("cut", &bytes[..len]);
            let error = Archive::open(&file.0).expect_err("cut");
            assert!(error.to_string().contains("not an npz file, or a truncated one"), "{len}: {error}");
        }
        for position in 0..bytes.len() {
            for bit in 0..8 {
                let mut flipped = bytes.clone();
                flipped[position] ^= 1 << bit;
                let file = File::new("flip", &flipped);
                let Ok(archive) = Archive::open(&file.0) else { continue };
                if let Ok(array) = archive.read("a", 1, None) {
                    assert_eq!(array.as_ref(), [1, 2, 3], "byte {position} bit {bit}");
                }
            }
        }
    }
}

#[test]
fn what_is_no_file_is_an_io_error() {
    for path in [std::env::temp_dir(), std::env::temp_dir().join("medmnist-core-no-such-file.npz")] {
        let error = Archive::open(&path).expect_err("no file");
        assert!(matches!(error, Error::Io { .. }), "{error:?}");
        assert!(error.to_string().starts_with(path.to_str().expect("UTF-8")), "{error}");
    }
    let file = File::new("nothing", &[]);
    assert!(Archive::open(&file.0).expect_err("empty").to_string().contains("0 bytes"));
}

#[test]
fn a_missing_member_lists_those_there_are() {
    let file = File::new("missing", &Zip::of(npy(&[1])).bytes());
    let error = Archive::open(&file.0).expect("valid").read("b", 1, None).expect_err("missing").to_string();
    assert!(error.ends_with("no member \"b\"; it has a"), "{error}");
}

//! What the targets share: archives from bytes, and DEFLATE blocks in an archive, compared with what others make of them.

use std::sync::{Arc, LazyLock};

use flate2::{Decompress, FlushDecompress, Status};
use libdeflater::{DecompressionError, Decompressor};
use medmnist_core::npz::{Archive, NpzError};
use medmnist_core::{Error, Result};

/// Bytes of the npy header in front of the blocks, as NumPy pads it. Fixed, so that it can name a length that is only
/// known when the stream behind it has been decoded.
const HEADER: usize = HEADER_LEN as usize;
const HEADER_LEN: u8 = 128;
/// Bytes of it before its text: magic, version, length.
const BEFORE_TEXT: u8 = 10;
/// Bytes that a byte of DEFLATE can stand for.
const MAX_EXPANSION: usize = 1032;
/// The stored block that a stream starts with: not the last one, `HEADER` bytes, and the complement of that number.
const STORED: [u8; 5] = [0, HEADER_LEN, 0, !HEADER_LEN, 0xff];

/// An archive in memory of just its size, so that a read beyond its end is seen.
pub fn open(bytes: &[u8]) -> Result<Archive> {
    Archive::from_bytes(Arc::new(bytes.to_vec()))
}

/// The bytes of a member, if it can be read; if not, the reason can be printed.
#[must_use]
pub fn read(archive: &Archive, name: &str, threads: usize) -> Option<Vec<u8>> {
    match archive.read(name, threads, None) {
        Ok(array) => {
            assert_eq!(array.as_ref().len(), array.header().byte_len());
            Some(array.as_ref().to_vec())
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            None
        }
    }
}

/// Blocks as the data of a member: what libdeflate and miniz decode is read on any number of threads, and what one of
/// them refuses is refused. Blocks that come to more than `room` bytes are left alone, so that memory stays bounded.
pub fn compare(blocks: &[u8], room: usize, threads: &[usize]) {
    // Once for the length alone: blocks may copy from the header, which names it.
    let stream = stream(0, blocks);
    match libdeflate(&stream, room) {
        Ok(bytes) if is_decoded_by_miniz(&stream, bytes.len()) => check_decoded(blocks, bytes.len(), threads),
        Ok(_) | Err(DecompressionError::BadData) => check_refused(blocks, room, threads),
        Err(DecompressionError::InsufficientSpace) => {}
    }
}

fn check_decoded(blocks: &[u8], size: usize, threads: &[usize]) {
    let stream = stream(size - HEADER, blocks);
    let expected = libdeflate(&stream, size).expect("the same blocks");
    let archive = member(&stream, size, crc32fast::hash(&expected));
    for &threads in threads {
        let found = read(&archive, "a", threads).expect("others decode it");
        assert!(found == expected[HEADER..], "other bytes than libdeflate's on {threads} threads");
        // Into memory and in pieces.
        archive.verify("a", threads, None).expect("what can be read is valid");
    }
}

fn check_refused(blocks: &[u8], room: usize, threads: &[usize]) {
    // All the size there is: with one that is too small, a stream would be refused however it goes on.
    let size = room.min(MAX_EXPANSION * (STORED.len() + HEADER + blocks.len()));
    let archive = member(&stream(size - HEADER, blocks), size, 0);
    for &threads in threads {
        assert_eq!(read(&archive, "a", threads), None, "decoded what others refuse");
        let error = archive.verify("a", threads, None).expect_err("others refuse it");
        let Error::Npz { source, .. } = error else { panic!("{error}") };
        assert!(matches!(source, NpzError::Inflate(_)) && source != *ENDED, "decoded what others refuse");
    }
}

/// How a stream is refused that has ended well, but with fewer bytes than the directory says.
static ENDED: LazyLock<NpzError> = LazyLock::new(|| {
    // An empty block of fixed codes, the last one.
    let archive = member(&stream(1, &[3, 0]), HEADER + 1, 0);
    match archive.verify("a", 1, None) {
        Err(Error::Npz { source, .. }) => source,
        other => panic!("{other:?}"),
    }
});

/// A DEFLATE stream: the npy header of `len` bytes as a stored block, then the blocks.
fn stream(len: usize, blocks: &[u8]) -> Vec<u8> {
    let text = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': ({len},), }}");
    let text_len = HEADER_LEN - BEFORE_TEXT;
    let text = format!("{text:width$}", width = text_len.into());
    assert_eq!(text.len(), usize::from(text_len));
    [&STORED, &b"\x93NUMPY\x01\x00"[..], &[text_len, 0], text.as_bytes(), blocks].concat()
}

fn libdeflate(stream: &[u8], room: usize) -> Result<Vec<u8>, DecompressionError> {
    let mut bytes = vec![0; room];
    let len = Decompressor::new().deflate_decompress(stream, &mut bytes)?;
    bytes.truncate(len);
    Ok(bytes)
}

/// As zlib and the reader here, miniz refuses symbols and bits that no code has (RFC 1951, 3.2.6 and 3.2.7), which
/// libdeflate takes for others.
fn is_decoded_by_miniz(stream: &[u8], size: usize) -> bool {
    // Not quite full: it is to find the end of the stream, too.
    let mut bytes = vec![0; size + 1];
    let status = Decompress::new(false).decompress(stream, &mut bytes, FlushDecompress::Finish);
    matches!(status, Ok(Status::StreamEnd))
}

/// An archive of one deflated member, `a`.
fn member(stream: &[u8], size: usize, crc: u32) -> Archive {
    let narrow = |value: usize| u32::try_from(value).expect("small").to_le_bytes();
    // Method, time and date, CRC-32, sizes, and the length of the name.
    let common = [&[8, 0, 0, 0, 0, 0][..], &crc.to_le_bytes(), &narrow(stream.len()), &narrow(size), &[5, 0]].concat();
    let local = [b"PK\x03\x04\x14\0\0\0", &common[..], &[0, 0], b"a.npy", stream].concat();
    let entry = [b"PK\x01\x02\x14\0\x14\0\0\0", &common[..], &[0; 16], b"a.npy"].concat();
    let end = [b"PK\x05\x06\0\0\0\0\x01\0\x01\0", &narrow(entry.len())[..], &narrow(local.len()), &[0, 0]].concat();
    open(&[local, entry, end].concat()).expect("a valid archive")
}

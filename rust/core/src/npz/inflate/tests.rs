//! Against the compressors of libdeflate and miniz, at all levels, in memory and in pieces.

use std::io::Write;
use std::sync::Mutex;

use proptest::prelude::*;

use super::lanes::Lanes;
use super::*;

fn stream_of<'a>(read_at: &'a (dyn Fn(u64, &mut [u8]) -> Result<()> + Sync), bytes: &[u8]) -> Stream<'a> {
    Stream { len: bytes.len() as u64, read_at }
}

fn reader(bytes: &[u8]) -> impl Fn(u64, &mut [u8]) -> Result<()> + Sync {
    move |at, out| {
        out.copy_from_slice(&bytes[at as usize..][..out.len()]);
        Ok(())
    }
}

fn to_memory(bytes: &[u8], size: usize, threads: usize) -> Result<Vec<u8>, Fault> {
    let read_at = reader(bytes);
    let mut out = vec![0; size];
    let crc = inflate(&stream_of(&read_at, bytes), size as u64, threads, Sink::Memory(&mut out), None)?;
    assert_eq!(crc, libdeflater::crc32(&out));
    Ok(out)
}

fn in_pieces(bytes: &[u8], size: usize, threads: usize) -> Result<Vec<u8>, Fault> {
    let read_at = reader(bytes);
    let out = Mutex::new(vec![0; size]);
    let write = |at: u64, piece: &[u8]| {
        out.lock().expect("no panic")[at as usize..][..piece.len()].copy_from_slice(piece);
        Ok(())
    };
    inflate(&stream_of(&read_at, bytes), size as u64, threads, Sink::Write(&write), None)?;
    Ok(out.into_inner().expect("no panic"))
}

fn libdeflate(data: &[u8], level: i32) -> Vec<u8> {
    let mut compressor = libdeflater::Compressor::new(libdeflater::CompressionLvl::new(level).expect("a level"));
    let mut out = vec![0; compressor.deflate_compress_bound(data.len())];
    let len = compressor.deflate_compress(data, &mut out).expect("room");
    out.truncate(len);
    out
}

fn miniz(data: &[u8], level: u32) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::new(level));
    encoder.write_all(data).expect("memory");
    encoder.finish().expect("memory")
}

/// Bytes as of photographs: a walk with noise, runs of one value, repeats from far behind.
fn bytes_like_images(seed: u64, len: usize, noise: u8) -> Vec<u8> {
    let mut state = seed | 1;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut out: Vec<u8> = Vec::with_capacity(len + 400);
    let mut level = 100u8;
    while out.len() < len {
        match next() % 2048 {
            0 => out.extend(std::iter::repeat_n(level, (next() % 400) as usize)),
            1 if out.len() > 40_000 => {
                let from = out.len() - 1 - (next() % 40_000) as usize;
                let end = out.len().min(from + (next() % 300) as usize);
                out.extend_from_within(from..end);
            }
            2..40 if out.len() > 1000 => out.extend_from_within(out.len() - 900..out.len() - 896),
            40 => (0..next() % 60).for_each(|_| out.extend_from_slice(&[level, 7, 200])),
            _ => {
                level = level.wrapping_add((next() % 7) as u8).wrapping_sub(3);
                out.push(level.wrapping_add((next() % (u64::from(noise) + 1)) as u8));
            }
        }
    }
    out.truncate(len);
    out
}

#[test]
fn every_level_thread_count_and_sink_gives_the_same_bytes() {
    for (noise, len) in [(0, 3 << 20), (40, 3 << 20), (255, 1 << 20)] {
        let data = bytes_like_images(7, len, noise);
        let mut streams: Vec<_> = [1, 6, 12].map(|level| libdeflate(&data, level)).into();
        streams.extend([0, 1, 6, 9].map(|level| miniz(&data, level)));
        for stream in streams {
            for threads in [1, 2, 3, 8] {
                assert!(to_memory(&stream, len, threads).expect("valid") == data, "{noise} {threads}");
                assert!(in_pieces(&stream, len, threads).expect("valid") == data, "{noise} {threads}");
            }
        }
    }
}

#[test]
fn regions_really_are_decoded_from_their_middle() {
    // Otherwise all of this would be a slow way to decode from the start.
    let data = bytes_like_images(3, 4 << 20, 60);
    let stream = miniz(&data, 6);
    let read_at = reader(&stream);
    let stream = stream_of(&read_at, &stream);
    let bytes = {
        let mut bytes = vec![0; 200_000];
        stream.read(500_000, &mut bytes).expect("inside");
        bytes
    };
    let place = find::find_block(&bytes, 0..150_000 * 8).expect("a block");
    let mut lanes = Lanes::new(ROOM).expect("memory");
    lanes.start_known(Side::A, &stream, 0, &[], ROOM).expect("starts");
    lanes.decode(Side::A, &stream, 500_000 * 8).expect("decodes");
    assert_eq!(lanes.bit(Side::A), 500_000 * 8 + place as u64);
}

#[test]
fn runs_of_any_period_are_copied_right() {
    for period in 1..40 {
        let pattern = bytes_like_images(period, period as usize, 255);
        let data: Vec<u8> = pattern.iter().copied().cycle().take(70_001).collect();
        assert_eq!(in_pieces(&libdeflate(&data, 9), data.len(), 2).expect("valid"), data, "{period}");
    }
}

/// Bits of a stream, the first of them lowest, and the codes of its block.
struct BitWriter {
    bits: Vec<bool>,
    litlens: Vec<(u32, u32)>,
    distances: Vec<(u32, u32)>,
}

impl BitWriter {
    /// Begins the only block, with codes of these lengths.
    fn new(litlens: &[u32], distances: &[u32]) -> Self {
        let mut writer = Self { bits: Vec::new(), litlens: canonical(litlens), distances: canonical(distances) };
        for (value, len) in [(0b101, 3), (litlens.len() as u32 - 257, 5), (distances.len() as u32 - 1, 5), (15, 4)] {
            writer.put(value, len);
        }
        // Code lengths 0 to 15 have 4 bits each, which are then their own code; repeats have none.
        (0..19).for_each(|order| writer.put(if order < 3 { 0 } else { 4 }, 3));
        litlens.iter().chain(distances).for_each(|&len| writer.put_code((len, 4)));
        writer
    }

    fn put(&mut self, value: u32, len: u32) {
        self.bits.extend((0..len).map(|bit| value >> bit & 1 == 1));
    }

    fn put_code(&mut self, (code, len): (u32, u32)) {
        self.put(code.reverse_bits() >> (32 - len), len);
    }

    fn symbol(&mut self, symbol: usize) {
        self.put_code(self.litlens[symbol]);
    }

    /// A length and a distance: the symbol of each, the value of its extra bits, and how many these are.
    fn a_match(&mut self, length: (usize, u32, u32), distance: (usize, u32, u32)) {
        self.symbol(length.0);
        self.put(length.1, length.2);
        self.put_code(self.distances[distance.0]);
        self.put(distance.1, distance.2);
    }

    fn finished(mut self) -> Vec<u8> {
        self.symbol(256);
        self.bits.chunks(8).map(|byte| byte.iter().rev().fold(0, |all, &bit| all << 1 | u8::from(bit))).collect()
    }
}

/// The code of each symbol and its length (RFC 1951, 3.2.2).
fn canonical(lens: &[u32]) -> Vec<(u32, u32)> {
    let mut codes = vec![(0, 0); lens.len()];
    let mut next = 0;
    for len in 1..=15 {
        for (code, _) in codes.iter_mut().zip(lens).filter(|(_, at)| **at == len) {
            *code = (next, len);
            next += 1;
        }
        next *= 2;
    }
    codes
}

/// Literals, lengths and distances whose codes are as long as these, in every place of a byte.
fn long_codes_are_decoded(litlen: u32, distance: u32) {
    let mut litlens = [0; 286];
    let (literal, length, filler) = (usize::from(b'a'), 284, 257);
    for (symbol, len) in [(filler, 1), (256, 2), (285, 3), (literal, litlen), (length, litlen)] {
        litlens[symbol] = len;
    }
    let others = 4..litlen;
    let other = |len: u32| usize::from(b'A') + len as usize;
    others.clone().for_each(|len| litlens[other(len)] = len);
    let mut distances = [0; 30];
    (1..distance).for_each(|len| distances[len as usize - 1] = len);
    (distances[28], distances[29]) = (distance, distance);

    let mut writer = BitWriter::new(&litlens, &distances);
    others.clone().for_each(|len| writer.symbol(other(len)));
    (0..130).for_each(|_| writer.a_match((285, 0, 0), (5, 0, 1)));
    let mut len = others.len() + 130 * 258;
    let mut places = [false; 8];
    for round in 0..64 {
        // An odd number of bits, so that eight rounds begin in all places of a byte; the filler has two or three of them.
        (0..3).for_each(|_| writer.symbol(literal));
        writer.a_match((length, 30 - round % 31, 5), (28 + round as usize / 8 % 2, 0x1fff - 97 * round, 13));
        writer.a_match((filler, 0, 0), (1 - distance as usize % 2, 0, 0));
        len += 3 + (257 - round as usize % 31) + 3;
        places[writer.bits.len() % 8] = true;
    }
    assert_eq!(places, [true; 8]);
    let stream = writer.finished();
    let mut expected = vec![0; len];
    assert_eq!(libdeflater::Decompressor::new().deflate_decompress(&stream, &mut expected).expect("valid"), len);
    assert!(to_memory(&stream, len, 1).expect("valid") == expected, "{litlen} {distance}");
}

#[test]
fn the_longest_codes_of_first_and_second_tables_have_enough_bits() {
    long_codes_are_decoded(11, 8);
    long_codes_are_decoded(15, 15);
}

#[test]
fn a_prefix_is_decoded_alone() {
    let data = bytes_like_images(1, 1 << 20, 60);
    let stream = libdeflate(&data, 6);
    let read_at = reader(&stream);
    for len in [0, 1, 128, 10_000] {
        assert_eq!(prefix(&stream_of(&read_at, &stream), len).expect("valid"), data[..len]);
    }
    let short = libdeflate(b"short", 6);
    let read_at = reader(&short);
    assert_eq!(prefix(&stream_of(&read_at, &short), 100).expect("valid"), b"short");
}

#[test]
fn wrong_sizes_and_cut_streams_are_refused() {
    let data = bytes_like_images(5, 1 << 20, 60);
    let stream = libdeflate(&data, 6);
    for (bytes, size, expected) in [
        (&stream[..], data.len() - 1, "it holds more than the directory says"),
        (&stream[..], data.len() + 1, "it holds less than the directory says"),
        (&stream[..stream.len() / 2], data.len(), "its DEFLATE stream is cut short"),
        (&[], 0, "its DEFLATE stream is cut short"),
        (&[6], 0, "a block is of no known type"),
        (&[0, 1, 0, 0, 0], 1, "the length of a stored block contradicts its complement"),
    ] {
        for threads in [1, 2] {
            let fault = to_memory(bytes, size, threads).expect_err(expected);
            assert!(
                matches!(fault, Fault::Data { why, at } if why == expected && at <= bytes.len() as u64),
                "{expected}: {fault:?}"
            );
        }
    }
}

#[test]
fn failures_of_the_caller_come_through() {
    let data = bytes_like_images(5, 4 << 20, 60);
    let stream = miniz(&data, 6);
    let cut = |at: u64, out: &mut [u8]| {
        if at > 1 << 20 { Err(Error::invalid("gone")) } else { reader(&stream)(at, out) }
    };
    let mut out = vec![0; data.len()];
    let fault = inflate(&stream_of(&cut, &stream), data.len() as u64, 2, Sink::Memory(&mut out), None);
    assert!(matches!(fault, Err(Fault::Other(Error::Invalid(why))) if why == "gone"));

    let read_at = reader(&stream);
    let full = |at: u64, _: &[u8]| if at > 1 << 20 { Err(Error::invalid("disk full")) } else { Ok(()) };
    let fault = inflate(&stream_of(&read_at, &stream), data.len() as u64, 2, Sink::Write(&full), None);
    assert!(matches!(fault, Err(Fault::Other(Error::Invalid(why))) if why == "disk full"));

    let enough = |done: u64| if done > 1 << 20 { Err(Error::invalid("Ctrl-C")) } else { Ok(()) };
    let drop = |_: u64, _: &[u8]| Ok(());
    let fault = inflate(&stream_of(&read_at, &stream), data.len() as u64, 1, Sink::Write(&drop), Some(&enough));
    assert!(matches!(fault, Err(Fault::Other(Error::Invalid(why))) if why == "Ctrl-C"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_bytes_give_what_libdeflate_gives(bytes in prop::collection::vec(any::<u8>(), 0..300), start in 0u8..8) {
        // Most streams end at once; those that start with a block type get further.
        let mut bytes = bytes;
        if let Some(first) = bytes.first_mut() { *first = *first & !7 | start; }
        let mut expected = vec![0; 1 << 16];
        let theirs = libdeflater::Decompressor::new().deflate_decompress(&bytes, &mut expected);
        match theirs {
            Ok(len) => prop_assert_eq!(in_pieces(&bytes, len, 1).expect("valid"), &expected[..len]),
            Err(libdeflater::DecompressionError::BadData) => prop_assert!(in_pieces(&bytes, 0, 1).is_err()),
            Err(libdeflater::DecompressionError::InsufficientSpace) => {}
        }
    }

    #[test]
    fn damaged_streams_are_refused_or_change_the_checksum(seed: u64, at in 0usize..100_000, bit in 0u8..8) {
        let data = bytes_like_images(seed, 300_000, 60);
        let mut stream = libdeflate(&data, 6);
        let at = at % stream.len();
        stream[at] ^= 1 << bit;
        let mut expected = vec![0; data.len()];
        let theirs = libdeflater::Decompressor::new().deflate_decompress(&stream, &mut expected);
        match (in_pieces(&stream, data.len(), 2), theirs) {
            (Ok(ours), Ok(len)) => prop_assert!(len == data.len() && ours == expected),
            (Err(_), Err(_)) => {}
            (Err(_), Ok(len)) => prop_assert!(len < data.len()),
            (Ok(_), Err(_)) => prop_assert!(false, "accepted what libdeflate refuses"),
        }
    }
}

//! DEFLATE streams (RFC 1951) of any size to bytes, on several threads, with bounded memory.
//!
//! A stream is cut into regions of its compressed bytes. A worker decodes two of them at once ([`lanes`]): it looks for the
//! start of a block in each ([`find`]) and decodes from there, with markers in place of the 32 KiB before, which it does
//! not know. Results are accepted in order: where the stream, decoded up to a region, has arrived at just the place
//! where the region's lane began, the markers are resolved and the bytes are right. Where it has not, or where a lane
//! could not go on, that region is decoded from where the stream is. So the outcome never depends on what was found, only
//! the time does. (The method is that of pugz and rapidgzip: Kerbiriou and Chikhi, IPDPSW 2019; Knespel and Brunst, HPDC
//! 2023; here regions are decoded in pairs, so that it pays on one thread too.)
#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    reason = "positions inside buffers, bounded by their construction; sizes from the file are checked where they come in"
)]

mod find;
mod header;
mod huffman;
mod lanes;
mod loops;
mod tail;
mod worker;

use std::sync::atomic::AtomicUsize;

use crate::{Error, Result};
use lanes::{Side, Stop};
pub(crate) use tail::Sink;
use tail::Tail;

/// A member's compressed bytes.
pub(crate) struct Stream<'a> {
    /// How many there are.
    pub(crate) len: u64,
    /// Fills a slice from an offset on; the bytes asked for are inside `len`.
    pub(crate) read_at: &'a (dyn Fn(u64, &mut [u8]) -> Result<()> + Sync),
}

impl Stream<'_> {
    fn read(&self, at: u64, out: &mut [u8]) -> Result<(), Fault> {
        (self.read_at)(at, out).map_err(Fault::Other)
    }
}

/// Why a stream cannot be decoded.
#[derive(Debug)]
pub(crate) enum Fault {
    /// It is not what it should be.
    Data {
        /// In which way.
        why: &'static str,
        /// At which byte of the stream.
        at: u64,
    },
    /// Its bytes could not be had, the output could not be written, or the caller wants no more.
    Other(Error),
}

impl Fault {
    fn data(why: &'static str, at: u64) -> Self {
        Self::Data { why, at }
    }

    fn cut_short(stream: &Stream) -> Self {
        Self::data("its DEFLATE stream is cut short", stream.len)
    }
}

/// What the caller wants to be told: the number of bytes decoded so far. An error ends the work.
pub type Progress<'a> = &'a dyn Fn(u64) -> Result<()>;

/// Symbols that a lane has room for: twice what it usually needs. Memory is used as far as symbols are.
const ROOM: usize = 2 * REGION_SYMBOLS;
/// What a region should come to, so that a pair of them stays in the nearer caches.
const REGION_SYMBOLS: usize = 1024 << 10;
/// Compressed bytes of a region: below, looking for a block costs too much; above, nothing is gained.
const REGION: std::ops::RangeInclusive<u64> = 80 << 10..=1024 << 10;
/// Streams that expand more than this are runs of the same bytes; one lane fills memory as fast as it goes.
const RUNS: u64 = 16;

/// More threads would take more memory beside the result than the 64 MB that it is to be decoded in.
const MOST_THREADS: usize = 8;

/// Decodes a stream of `size` bytes into `sink`, on up to `threads` threads; returns the CRC-32 of the bytes.
pub(crate) fn inflate(
    stream: &Stream,
    size: u64,
    threads: usize,
    sink: Sink,
    progress: Option<Progress>,
) -> Result<u32, Fault> {
    let threads = threads.min(MOST_THREADS);
    let regions = count_regions(stream.len, size, threads as u64);
    let job = worker::Job { stream, regions: regions as usize, next: AtomicUsize::new(0), tail: Tail::new(size, sink) };
    let helpers = threads.min(job.regions.div_ceil(2)).saturating_sub(1);
    std::thread::scope(|scope| {
        let job = &job;
        for helper in 1..=helpers {
            // Without a helper the others do its share.
            let _ =
                std::thread::Builder::new().name("inflate".into()).spawn_scoped(scope, move || job.work(helper, None));
        }
        job.work(0, progress);
    });
    job.tail.finish()
}

/// As many pairs as there are threads, or more, or a single region.
fn count_regions(len: u64, size: u64, threads: u64) -> u64 {
    let expansion = size / len.max(1);
    if expansion > RUNS {
        return 1;
    }
    let region = (REGION_SYMBOLS as u64 / expansion.max(1)).clamp(*REGION.start(), *REGION.end());
    let wanted = len.div_ceil(region).next_multiple_of(2 * threads.max(1));
    let pairs = wanted.min(len / REGION.start()) / 2;
    if pairs == 0 { 1 } else { 2 * pairs }
}

/// Decodes the first `len` bytes of a stream, or all if it has fewer.
pub(crate) fn prefix(stream: &Stream, len: usize) -> Result<Vec<u8>, Fault> {
    worker::with_lanes(0, |lanes| {
        lanes.start_known(Side::A, stream, 0, &[], len)?;
        let stop = lanes.decode(Side::A, stream, u64::MAX)?;
        let symbols = lanes.symbols(Side::A);
        debug_assert!(stop == Stop::End || symbols.len() > len);
        // There is no unknown history at the start of a stream, so symbols are bytes.
        Ok(symbols.iter().take(len).map(|&symbol| symbol as u8).collect())
    })
    .map_err(Fault::Other)?
}

#[cfg(test)]
mod tests;

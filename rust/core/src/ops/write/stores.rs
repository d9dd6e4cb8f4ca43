//! How a batch is written, which depends on where its memory is.

use bytemuck::Pod;

use super::block::{BLOCK, Block};
use crate::cache::{self, Level};
use crate::ops::ahead::{NEAREST, NEAREST_TO_WRITE, SECOND, prefetch_beyond};

/// Bytes that memory is written by.
pub(in crate::ops) const LINE: usize = 64;

/// Batches of fewer bytes are in the nearest caches, or so near to them that asking would take longer than waiting.
const NEAR: usize = 4 << 20;

/// Batches of fewer bytes are in some cache, whatever else was written since: a processor core has a few MiB of its own.
const CACHED: usize = 8 << 20;

/// So far ahead of a store its place is asked for, of all places that are written to in turns together: into the nearest cache,
/// which holds little more.
const TO_NEAREST: usize = 8 << 10;

/// The same, into the cache behind it; and from there into the nearest one, where there is one place: with three of them the
/// loop takes longer for asking twice than it gains.
const TO_SECOND: usize = 16 << 10;
const FROM_SECOND: usize = 2 << 10;

/// Where the memory of a batch is when it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stores {
    /// In the nearest caches.
    Near,
    /// In a cache behind them. A place is asked for before it is written to, into one of the core's own caches: stores arrive
    /// in order, and each would wait.
    Ahead(Level),
    /// In none. Whole lines are stored past the caches where they can be: a line that is only written need not be read
    /// before. At 224 pixels that is a third of what has to move.
    Past,
}

impl Stores {
    /// For a batch of `len` bytes, of whose memory the caller may know that the last cache still holds it.
    #[must_use]
    pub fn to(len: usize, is_cached: bool) -> Self {
        if len < NEAR {
            Self::Near
        } else if len < CACHED || is_cached {
            Self::ahead()
        } else {
            Self::Past
        }
    }

    /// As this processor does it best.
    pub(super) fn ahead() -> Self {
        Self::Ahead(cache::of_stores())
    }
}

/// Makes stores past the caches visible to other threads before anything that this one stores later.
pub(in crate::ops) fn finish() {
    #[cfg(target_arch = "x86_64")]
    #[allow(unsafe_code, reason = "the only way to such a fence")]
    // SAFETY: part of every x86-64 processor.
    unsafe {
        std::arch::x86_64::_mm_sfence();
    }
}

/// Each of [`Stores`], for the innermost loops.
pub(super) trait Store {
    /// Stores a block, one of `places` that are written to in turns.
    fn put<B: Block, T: Pod>(place: &mut [T; BLOCK], elements: [T; BLOCK], places: usize);
}

pub(super) struct Near;
pub(super) struct AheadToNearest;
pub(super) struct AheadToSecond;
pub(super) struct Past;

impl Store for Near {
    #[inline(always)]
    fn put<B: Block, T: Pod>(place: &mut [T; BLOCK], elements: [T; BLOCK], _places: usize) {
        *place = elements;
    }
}

impl Store for AheadToNearest {
    #[inline(always)]
    fn put<B: Block, T: Pod>(place: &mut [T; BLOCK], elements: [T; BLOCK], places: usize) {
        *place = elements;
        prefetch_beyond::<NEAREST_TO_WRITE, _>(place, TO_NEAREST / places);
    }
}

impl Store for AheadToSecond {
    #[inline(always)]
    fn put<B: Block, T: Pod>(place: &mut [T; BLOCK], elements: [T; BLOCK], places: usize) {
        *place = elements;
        prefetch_beyond::<SECOND, _>(place, TO_SECOND / places);
        if places == 1 {
            prefetch_beyond::<NEAREST, _>(place, FROM_SECOND);
        }
    }
}

impl Store for Past {
    #[inline(always)]
    fn put<B: Block, T: Pod>(place: &mut [T; BLOCK], elements: [T; BLOCK], _places: usize) {
        B::stream(place, elements);
    }
}

#[cfg(test)]
mod tests {
    use super::Stores;

    #[test]
    fn what_is_cached_is_written_through_the_caches() {
        let stores = |len: usize| [false, true].map(|is_cached| Stores::to(len, is_cached));
        let ahead = Stores::ahead();
        assert_eq!(stores((4 << 20) - 1), [Stores::Near; 2]);
        assert_eq!(stores(4 << 20), [ahead; 2]);
        assert_eq!(stores((8 << 20) - 1), [ahead; 2]);
        assert_eq!(stores(8 << 20), [Stores::Past, ahead]);
    }
}

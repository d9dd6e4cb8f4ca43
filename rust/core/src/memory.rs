//! Blocks of memory: large ones under huge pages where the system has them.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
#[cfg(target_os = "linux")]
use std::time::{Duration, Instant};

use bytemuck::{Pod, Zeroable};
#[cfg(target_os = "linux")]
use memmap2::Advice;
use memmap2::MmapMut;

use crate::{Error, Result};

/// A zeroed block of exactly the bytes asked for, aligned to 64 bytes at least.
///
/// Fresh pages are slow to touch (measured on a 2-core virtual machine: 2 GB/s, against 10 to 20 GB/s under huge pages and
/// more for memory that is warm). So large blocks are maps of whole huge pages, page-aligned; those of less than two come
/// from the heap, which reuses its pages (8 % of the time in which a file of 3 MB is decoded again and again; with a huge
/// page for each, two threads take between 0.9 and 2 times as long, as quickly as the host hands it out); and what is
/// needed again and again is asked for once, see [`crate::batch`].
#[derive(Debug)]
pub struct Memory {
    pages: Pages,
    len: usize,
    is_makeshift: AtomicBool,
}

#[derive(Debug)]
enum Pages {
    Heap(Vec<Line>),
    Map(MmapMut),
}

/// The bytes of a cache line.
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
#[repr(C, align(64))]
struct Line([u8; 64]);

impl Memory {
    /// What a huge page holds on x86-64, and with 4 KiB pages on arm64.
    const HUGE_PAGE: usize = 2 << 20;
    /// Blocks at least this large go under huge pages.
    const LARGE: usize = 2 * Self::HUGE_PAGE;
    /// Small pages for as much as a huge one come in this time.
    #[cfg(target_os = "linux")]
    const SLOW: Duration = Duration::from_millis(1);

    /// Asks the system for `len` bytes.
    pub fn zeroed(len: usize) -> Result<Self> {
        let pages = if len < Self::LARGE {
            Pages::Heap(vec![Line::zeroed(); len.div_ceil(64)])
        } else {
            let error = |source| Error::Memory { bytes: len, source };
            let rounded = len.checked_next_multiple_of(Self::HUGE_PAGE);
            let rounded = rounded.ok_or_else(|| error(std::io::ErrorKind::OutOfMemory.into()))?;
            let map = MmapMut::map_anon(rounded).map_err(error)?;
            // Advice: a kernel without huge pages refuses it, and nothing is lost but speed.
            #[cfg(target_os = "linux")]
            let _ = map.advise(Advice::HugePage);
            Pages::Map(map)
        };
        Ok(Self { pages, len, is_makeshift: AtomicBool::new(false) })
    }

    /// Asks for the pages of a part of a fresh block for which somebody waits: huge ones as long as they come quickly, and
    /// small ones for the rest. A virtual machine may have given its free huge pages back to its host, and has small ones
    /// at hand: 80 MB of huge pages took 204 ms to be touched for the first time on the machine above and 8 ms for the second
    /// time, small ones 53 and 40 ms.
    #[cfg(target_os = "linux")]
    pub fn hurry(&self, from: usize, len: usize) {
        let Pages::Map(map) = &self.pages else { return };
        let (start, end) = (map.as_ptr().addr(), from + len);
        let first = (start + from).next_multiple_of(Self::HUGE_PAGE) - start;
        for at in (first..end).step_by(Self::HUGE_PAGE) {
            let clock = Instant::now();
            // Kernels before 5.14 refuse it, and pages come as they are touched.
            if map.advise_range(Advice::PopulateWrite, at, 1).is_err() {
                return;
            }
            let rest = at + Self::HUGE_PAGE;
            if clock.elapsed() > Self::SLOW && rest < end {
                let advised = map.advise_range(Advice::NoHugePage, rest, end - rest);
                self.is_makeshift.fetch_or(advised.is_ok(), Relaxed);
                return;
            }
        }
    }

    /// Elsewhere pages come as they are touched.
    #[cfg(not(target_os = "linux"))]
    pub fn hurry(&self, _from: usize, _len: usize) {}

    /// Whether some of its pages are small ones that huge ones would be better than.
    #[must_use]
    pub fn is_makeshift(&self) -> bool {
        self.is_makeshift.load(Relaxed)
    }
}

impl AsRef<[u8]> for Memory {
    fn as_ref(&self) -> &[u8] {
        match &self.pages {
            Pages::Heap(lines) => &bytemuck::cast_slice(lines)[..self.len],
            Pages::Map(map) => &map[..self.len],
        }
    }
}

impl AsMut<[u8]> for Memory {
    fn as_mut(&mut self) -> &mut [u8] {
        match &mut self.pages {
            Pages::Heap(lines) => &mut bytemuck::cast_slice_mut(lines)[..self.len],
            Pages::Map(map) => &mut map[..self.len],
        }
    }
}

#[cfg(test)]
impl Memory {
    /// As if its pages had come slowly.
    pub(crate) fn make_makeshift(&self) {
        self.is_makeshift.store(true, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::Memory;

    #[test]
    fn is_zeroed_exactly_sized_and_aligned() {
        for len in [0, 1, 65, 4096, 4 << 20, (4 << 20) + 3] {
            let memory = Memory::zeroed(len).expect("small blocks can be had");
            assert_eq!(memory.as_ref().len(), len);
            assert!(memory.as_ref().iter().all(|&byte| byte == 0));
            let alignment = if len < Memory::LARGE { 64 } else { 4096 };
            assert_eq!(memory.as_ref().as_ptr() as usize % alignment, 0);
        }
    }

    #[test]
    fn memory_that_was_hurried_for_is_as_good() {
        for len in [65, 4 << 20, (4 << 20) + 3, 9 << 20] {
            let mut memory = Memory::zeroed(len).expect("small blocks can be had");
            memory.hurry(0, len / 2);
            memory.hurry(len / 2, len - len / 2);
            assert!(memory.as_ref().len() == len && memory.as_ref().iter().all(|&byte| byte == 0));
            memory.as_mut().fill(1);
        }
    }

    #[test]
    fn impossible_sizes_are_an_error() {
        let error = Memory::zeroed(usize::MAX / 2).expect_err("no machine has that");
        assert!(error.to_string().starts_with("cannot allocate"), "{error}");
    }
}

//! Blocks of memory: large ones under huge pages where the system has them.

use bytemuck::{Pod, Zeroable};
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
}

#[derive(Debug)]
enum Pages {
    Heap(Vec<Line>),
    Huge(MmapMut),
    Small(MmapMut),
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
            let _ = map.advise(memmap2::Advice::HugePage);
            Pages::Huge(map)
        };
        Ok(Self { pages, len })
    }

    /// As [`Memory::zeroed`], of whatever pages the system has at hand, for memory that is needed at once and not for long.
    ///
    /// A virtual machine may have given its free huge pages back to its host. Touching 80 MB of them for the first time took
    /// 204 ms on the machine above, small pages for as much 53 ms.
    pub fn makeshift(len: usize) -> Result<Self> {
        if len < Self::LARGE {
            return Self::zeroed(len);
        }
        let map = MmapMut::map_anon(len).map_err(|source| Error::Memory { bytes: len, source })?;
        // Advice: where huge pages are for all.
        #[cfg(target_os = "linux")]
        let _ = map.advise(memmap2::Advice::NoHugePage);
        Ok(Self { pages: Pages::Small(map), len })
    }

    /// Whether its pages are small ones that larger ones would be better than.
    #[must_use]
    pub fn is_makeshift(&self) -> bool {
        matches!(self.pages, Pages::Small(_))
    }
}

impl AsRef<[u8]> for Memory {
    fn as_ref(&self) -> &[u8] {
        match &self.pages {
            Pages::Heap(lines) => &bytemuck::cast_slice(lines)[..self.len],
            Pages::Huge(map) | Pages::Small(map) => &map[..self.len],
        }
    }
}

impl AsMut<[u8]> for Memory {
    fn as_mut(&mut self) -> &mut [u8] {
        match &mut self.pages {
            Pages::Heap(lines) => &mut bytemuck::cast_slice_mut(lines)[..self.len],
            Pages::Huge(map) | Pages::Small(map) => &mut map[..self.len],
        }
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
    fn makeshift_memory_is_as_good() {
        for len in [65, 4 << 20, (4 << 20) + 3] {
            let mut memory = Memory::makeshift(len).expect("small blocks can be had");
            assert_eq!(memory.is_makeshift(), len >= Memory::LARGE);
            assert!(memory.as_ref().len() == len && memory.as_ref().iter().all(|&byte| byte == 0));
            memory.as_mut().fill(1);
        }
    }

    #[test]
    fn impossible_sizes_are_an_error() {
        for asked in [Memory::zeroed, Memory::makeshift] {
            let error = asked(usize::MAX / 2).expect_err("no machine has that");
            assert!(error.to_string().starts_with("cannot allocate"), "{error}");
        }
    }
}

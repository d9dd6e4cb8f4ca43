//! Large blocks of memory, page-aligned and under huge pages where the system has them.

use memmap2::MmapMut;

use crate::{Error, Result};

/// A zeroed, page-aligned block of exactly the bytes asked for, outside the heap.
///
/// Pages are backed when first touched, which is slow (measured on a 2-core virtual machine: 0.6 GB/s
/// against 18 GB/s for warm pages), so blocks are asked for once and reused; see [`crate::batch`].
#[derive(Debug)]
pub struct Memory {
    map: MmapMut,
    len: usize,
}

impl Memory {
    /// Blocks at least this large go under huge pages: one 2 MiB page is the smallest that can.
    #[cfg(target_os = "linux")]
    const HUGE_PAGE: usize = 2 << 20;

    /// Asks the system for `len` bytes.
    pub fn zeroed(len: usize) -> Result<Self> {
        // A mapping cannot be empty.
        let map = MmapMut::map_anon(len.max(1)).map_err(|source| Error::Memory { bytes: len, source })?;
        #[cfg(target_os = "linux")]
        if len >= Self::HUGE_PAGE {
            // Advice: a kernel without huge pages refuses it, and nothing is lost but speed.
            let _ = map.advise(memmap2::Advice::HugePage);
        }
        Ok(Self { map, len })
    }
}

impl AsRef<[u8]> for Memory {
    fn as_ref(&self) -> &[u8] {
        &self.map[..self.len]
    }
}

impl AsMut<[u8]> for Memory {
    fn as_mut(&mut self) -> &mut [u8] {
        &mut self.map[..self.len]
    }
}

#[cfg(test)]
mod tests {
    use super::Memory;

    #[test]
    fn is_zeroed_exactly_sized_and_page_aligned() {
        for len in [0, 1, 4096, (2 << 20) + 3] {
            let memory = Memory::zeroed(len).expect("small blocks can be had");
            assert_eq!(memory.as_ref().len(), len);
            assert!(memory.as_ref().iter().all(|&byte| byte == 0));
            assert_eq!(memory.as_ref().as_ptr() as usize % 4096, 0);
        }
    }

    #[test]
    fn impossible_sizes_are_an_error() {
        let error = Memory::zeroed(usize::MAX / 2).expect_err("no machine has that");
        assert!(error.to_string().starts_with("cannot allocate"), "{error}");
    }
}

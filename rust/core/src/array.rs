//! Decoded arrays: bytes with the type and shape that an npy header gave them.

use crate::memory::Memory;
use crate::npz::Header;

/// One array of an archive, decoded into memory of its own.
#[derive(Debug)]
pub struct Array {
    header: Header,
    memory: Memory,
    offset: usize,
}

impl Array {
    /// `memory[offset..]` holds exactly the elements that `header` describes; the npz reader has checked it.
    pub(crate) fn new(header: Header, memory: Memory, offset: usize) -> Self {
        Self { header, memory, offset }
    }

    /// Type, order and shape.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }
}

impl AsRef<[u8]> for Array {
    /// The elements' bytes, in the order and byte order that the header names.
    fn as_ref(&self) -> &[u8] {
        &self.memory.as_ref()[self.offset..]
    }
}

impl AsMut<[u8]> for Array {
    fn as_mut(&mut self) -> &mut [u8] {
        &mut self.memory.as_mut()[self.offset..]
    }
}

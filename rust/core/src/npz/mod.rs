//! `.npz` archives: ZIP files of `.npy` members, as [`numpy.savez`] writes them.
//!
//! On hostile input every function here returns an error: none panics, reads outside the file, or allocates on a
//! header's word alone (a member may claim at most what DEFLATE could expand its bytes to).
//!
//! [`numpy.savez`]: https://numpy.org/doc/stable/reference/generated/numpy.savez.html
#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects, clippy::panic, clippy::expect_used)]

mod header;
mod decode;
#[allow(dead_code)]
mod inflate;
mod zip;

use std::fs::File;
use std::path::{Path, PathBuf};

use memmap2::Mmap;

pub use header::Header;

use crate::array::Array;
use crate::memory::Memory;
use crate::{Error, Result};
use zip::{Directory, Entry};

/// What can be wrong with an archive or a member of it.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum NpzError {
    /// There is no end of central directory record.
    #[error("not an npz file, or a truncated one ({len} bytes, and no ZIP directory at their end)")]
    NotZip {
        /// The file's size in bytes.
        len: usize,
    },
    /// A structure reaches beyond the end of the file.
    #[error("{what} at byte {offset} reaches beyond the end of the file")]
    Truncated {
        /// The structure.
        what: &'static str,
        /// Where it starts.
        offset: u64,
    },
    /// A structure does not start with its signature, or contradicts another one.
    #[error("{what} at byte {offset} is damaged: {why}")]
    Damaged {
        /// The structure.
        what: &'static str,
        /// Where it starts.
        offset: u64,
        /// In which way.
        why: &'static str,
    },
    /// The ZIP feature is not one that npz files use.
    #[error("{0}; npz members are stored (0) or deflated (8), in one file, not encrypted")]
    Unsupported(String),
    /// Two members have the same name.
    #[error("two members of that name")]
    Duplicate,
    /// A member claims to be larger than DEFLATE could have made it.
    #[error("claims {claimed} bytes from {compressed}; DEFLATE expands at most 1032 : 1")]
    Bomb {
        /// The size claimed.
        claimed: u64,
        /// The size in the file.
        compressed: u64,
    },
    /// The compressed bytes are no DEFLATE stream of the claimed size.
    #[error("cannot be inflated: {0}")]
    Inflate(&'static str),
    /// The checksum does not match the bytes.
    #[error("corrupt: CRC-32 is {found:08x}, the directory says {expected:08x}")]
    Crc {
        /// From the directory.
        expected: u32,
        /// Of the bytes.
        found: u32,
    },
    /// The npy header is malformed.
    #[error("npy header: {0}")]
    Header(String),
    /// The header describes another number of bytes than there are.
    #[error("its header describes {described} bytes of data, it holds {held}")]
    Length {
        /// Product of shape and item size.
        described: usize,
        /// Bytes after the header.
        held: usize,
    },
}

/// An open archive: the directory is read, members are decoded when asked for.
#[derive(Debug)]
pub struct Archive {
    path: PathBuf,
    map: Mmap,
    directory: Directory,
}

impl Archive {
    /// Opens the file and reads its directory.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self> {
        let path = path.into();
        let map = match map_file(&path) {
            Ok(map) => map,
            Err(source) => return Err(Error::Io { path, source }),
        };
        match zip::read_directory(&map) {
            Ok(directory) => Ok(Self { path, map, directory }),
            Err((member, source)) => Err(Error::Npz { path, member, source }),
        }
    }

    /// The members' names in the order of the directory, without `.npy`, as `numpy.load` gives them.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.directory.members.iter().map(Entry::array_name)
    }

    /// Decodes a member into memory of its own; its CRC-32 and its shape are checked.
    pub fn read(&self, name: &str) -> Result<Array> {
        let Some(entry) = self.directory.get(name) else {
            let available = self.names().collect::<Vec<_>>().join(", ");
            return Err(Error::NoMember { path: self.path.clone(), name: name.into(), available });
        };
        let at_fault = |source| Error::Npz { path: self.path.clone(), member: Some(name.into()), source };
        let payload = entry.payload(&self.map).map_err(at_fault)?;
        let size = decode::plausible_size(entry).map_err(at_fault)?;
        let mut memory = Memory::zeroed(size)?;
        decode::decode(entry, payload, memory.as_mut()).map_err(at_fault)?;
        let (header, rest) = Header::parse(memory.as_ref()).map_err(at_fault)?;
        let held = rest.len();
        if header.byte_len() != held {
            return Err(at_fault(NpzError::Length { described: header.byte_len(), held }));
        }
        let offset = size.saturating_sub(held);
        Ok(Array::new(header, memory, offset))
    }
}

#[allow(unsafe_code)]
fn map_file(path: &Path) -> std::io::Result<Mmap> {
    let file = File::open(path)?;
    if file.metadata()?.is_dir() {
        return Err(std::io::ErrorKind::IsADirectory.into());
    }
    // SAFETY: the map is private and read-only, and no reference into it leaves `Archive`: members are copied or
    // inflated out of it and their CRC-32 is checked on the copy, so another process that writes to the file
    // meanwhile can make that check fail but cannot change memory that safe code holds a reference to. A file that
    // is cut short while it is mapped raises SIGBUS, as for every memory-mapped file.
    unsafe { Mmap::map(&file) }
}

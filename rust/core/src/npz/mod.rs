//! `.npz` archives: ZIP files of `.npy` members, as [`numpy.savez`] writes them.
//!
//! On hostile input every function here returns an error: none panics, reads outside the archive, or allocates on a
//! header's word alone: a member's size must be what its npy header describes, and no more than its bytes can expand to.
//!
//! [`numpy.savez`]: https://numpy.org/doc/stable/reference/generated/numpy.savez.html
#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects, clippy::panic, clippy::expect_used)]

mod archive;
mod header;
mod inflate;
mod source;
mod writer;
mod zip;

pub use archive::{Archive, View};
pub use header::Header;
pub use inflate::Progress;
pub use source::Bytes;
pub(crate) use writer::Writer;
pub use zip::{Entry, Method};

/// What can be wrong with an archive or a member of it.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum NpzError {
    /// There is no end of central directory record.
    #[error("not an npz file, or a truncated one ({len} bytes, and no ZIP directory at their end)")]
    NotZip {
        /// The archive's size in bytes.
        len: u64,
    },
    /// A structure reaches beyond the end of the archive, or of what is left of it.
    #[error("{what} reaches beyond the end of the file")]
    Truncated {
        /// The structure.
        what: &'static str,
    },
    /// A structure does not start with its signature, or contradicts another one.
    #[error("{what} is damaged: {why}")]
    Damaged {
        /// The structure.
        what: &'static str,
        /// In which way.
        why: &'static str,
    },
    /// A member's bytes reach into another member or the directory.
    #[error("overlaps what comes behind it")]
    Overlap,
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
        described: u64,
        /// Bytes after the header.
        held: u64,
    },
}

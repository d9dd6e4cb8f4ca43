//! From a member's bytes in the file to its bytes in memory, in one call, with its checksum.

use libdeflater::{DecompressionError, Decompressor};

use super::NpzError;
use super::zip::{Entry, Method};

/// The most that one byte of DEFLATE can stand for: two bits for 258 bytes (RFC 1951; 1032 : 1).
const MAX_EXPANSION: u64 = 1032;

/// The member's size, if its compressed bytes could possibly hold that much.
pub(super) fn plausible_size(entry: &Entry) -> Result<usize, NpzError> {
    let bomb = NpzError::Bomb { claimed: entry.size, compressed: entry.compressed };
    match entry.method {
        Method::Stored if entry.size != entry.compressed => {
            return Err(NpzError::Inflate("a stored member has two different sizes"));
        }
        Method::Deflated if entry.size > entry.compressed.saturating_mul(MAX_EXPANSION) => return Err(bomb),
        Method::Stored | Method::Deflated => {}
    }
    usize::try_from(entry.size).map_err(|_| bomb)
}

/// Fills `out`, which has the member's plausible size, from `payload` and checks the CRC-32 of the result.
pub(super) fn decode(entry: &Entry, payload: &[u8], out: &mut [u8]) -> Result<(), NpzError> {
    match entry.method {
        Method::Stored => out.copy_from_slice(payload),
        Method::Deflated => {
            let written = Decompressor::new().deflate_decompress(payload, out).map_err(|error| {
                NpzError::Inflate(match error {
                    DecompressionError::BadData => "no valid DEFLATE stream",
                    DecompressionError::InsufficientSpace => "it holds more than the directory says",
                })
            })?;
            if written != out.len() {
                return Err(NpzError::Inflate("it holds less than the directory says"));
            }
        }
    }
    let found = libdeflater::crc32(out);
    if found == entry.crc { Ok(()) } else { Err(NpzError::Crc { expected: entry.crc, found }) }
}

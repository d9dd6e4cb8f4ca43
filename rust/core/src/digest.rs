//! What tells samples apart without keeping them: to find blank ones and duplicates in sets of any size.

use std::sync::{Mutex, PoisonError};

use xxhash_rust::xxh3::xxh3_128;

use crate::npz::{Archive, Progress};
use crate::{Error, Result};

/// A sample in brief.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest {
    /// XXH3, 128 bits: two samples with the same hash are the same but for a chance of one in 2¹²⁸ per pair.
    pub hash: u128,
    /// Whether all its bytes are the same.
    pub is_blank: bool,
}

impl Digest {
    /// Of one sample.
    #[must_use]
    pub fn of(sample: &[u8]) -> Self {
        let is_blank = sample.windows(2).all(|pair| pair[0] == pair[1]);
        Self { hash: xxh3_128(sample), is_blank }
    }
}

/// Of each entry of a member along its first axis. The member is decoded once, in bounded memory, and its CRC-32 checked.
pub fn of_member(archive: &Archive, name: &str, progress: Option<Progress>) -> Result<Vec<Digest>> {
    let header = archive.header(name)?;
    let count = header.shape.first().copied().unwrap_or(0);
    if count == 0 || header.byte_len() == 0 {
        archive.verify(name, 1, progress)?;
        return Ok(Vec::new());
    }
    if header.fortran_order && header.shape.len() > 1 {
        return Err(Error::invalid(format!("member {name:?} is in Fortran order: its samples are not in one piece")));
    }
    let state = Mutex::new(Samples {
        skip: archive.header_len(name)?,
        len: header.byte_len() / count,
        partial: Vec::new(),
        digests: Vec::with_capacity(count.min(1 << 20)),
    });
    // On one thread the bytes come in order.
    archive.copy(
        name,
        1,
        &|_, bytes| {
            state.lock().unwrap_or_else(PoisonError::into_inner).take(bytes);
            Ok(())
        },
        progress,
    )?;
    Ok(state.into_inner().unwrap_or_else(PoisonError::into_inner).digests)
}

struct Samples {
    /// Bytes of the npy header that are still to come.
    skip: usize,
    len: usize,
    /// The beginning of a sample whose end is still to come.
    partial: Vec<u8>,
    digests: Vec<Digest>,
}

impl Samples {
    fn take(&mut self, bytes: &[u8]) {
        let skipped = self.skip.min(bytes.len());
        self.skip -= skipped;
        let mut bytes = &bytes[skipped..];
        if !self.partial.is_empty() {
            let (rest, behind) = bytes.split_at(bytes.len().min(self.len - self.partial.len()));
            self.partial.extend_from_slice(rest);
            bytes = behind;
            if self.partial.len() < self.len {
                return;
            }
            self.digests.push(Digest::of(&self.partial));
            self.partial.clear();
        }
        let samples = bytes.chunks_exact(self.len);
        self.partial.extend_from_slice(samples.remainder());
        self.digests.extend(samples.map(Digest::of));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_told_apart_however_they_arrive() {
        let bytes: Vec<u8> = [&[9; 5][..], &[1; 6], &[1, 2, 3, 4, 5, 6], &[1; 6], &[1, 1, 1, 1, 1, 2]].concat();
        for step in 1..bytes.len() {
            let mut samples = Samples { skip: 5, len: 6, partial: vec![], digests: vec![] };
            bytes.chunks(step).for_each(|piece| samples.take(piece));
            let [a, b, c, d] = samples.digests[..] else { panic!("{} samples", samples.digests.len()) };
            assert!(a == c && a != b && a != d && b != d, "{step}");
            assert_eq!([a, b, c, d].map(|digest| digest.is_blank), [true, false, true, false]);
        }
    }
}

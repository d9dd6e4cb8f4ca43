//! Which samples come when: the order of one epoch, as a function of (seed, epoch) alone.

mod shuffle;

use crate::random::Key;
use crate::{Error, Result};

/// The order in which one pass over `len` samples visits them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    len: u32,
    /// `None`: as they lie in the file.
    permutation: Option<Vec<u32>>,
}

impl Order {
    /// Samples as they lie in the file.
    pub fn sequential(len: usize) -> Result<Self> {
        Ok(Self { len: checked(len)?, permutation: None })
    }

    /// All samples once, in random order.
    pub fn shuffled(len: usize, key: Key) -> Result<Self> {
        let len = checked(len)?;
        Ok(Self { len, permutation: Some(shuffle::permutation(len, key)) })
    }

    /// The samples at `positions` of this order.
    pub fn indices(&self, positions: std::ops::Range<usize>) -> impl Iterator<Item = u32> + '_ {
        positions.filter_map(|position| match &self.permutation {
            Some(permutation) => permutation.get(position).copied(),
            None => u32::try_from(position).ok().filter(|&index| index < self.len),
        })
    }
}

/// Indices are drawn as 32 bits: the largest official set has 236,386 samples.
fn checked(len: usize) -> Result<u32> {
    u32::try_from(len).map_err(|_| Error::invalid(format!("{len} samples; at most {} can be ordered", u32::MAX)))
}

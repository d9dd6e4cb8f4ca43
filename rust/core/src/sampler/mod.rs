//! Which samples come when: the order of an epoch, as a function of (seed, epoch) alone, and each rank's share of it.

mod balanced;
mod shard;
mod shuffle;
mod weighted;

use std::sync::Arc;

pub use shard::{Remainder, Shard};

use crate::random::{Key, Purpose};
use crate::{Error, Result};

/// The order of any epoch over a number of items. What epochs share is made once, and clones share it too.
#[derive(Debug, Clone)]
pub struct Sampler {
    kind: Kind,
    items: usize,
    num_samples: usize,
    /// The items' indices in the data set, where they are not the items themselves.
    subset: Option<Arc<[u32]>>,
}

#[derive(Debug, Clone)]
enum Kind {
    Sequential,
    Shuffled,
    /// Cumulative weights.
    WithReplacement(Arc<[f64]>),
    /// Weights.
    WithoutReplacement(Arc<[f64]>),
    /// The items of each class.
    Balanced(Arc<[Vec<u32>]>),
}

impl Sampler {
    /// All items as they lie in the file.
    pub fn sequential(len: usize) -> Result<Self> {
        Self::new(Kind::Sequential, len, len)
    }

    /// All items once, in random order.
    pub fn shuffled(len: usize) -> Result<Self> {
        Self::new(Kind::Shuffled, len, len)
    }

    /// The first `num_samples` of random orders of all items, one after the other.
    pub fn reshuffled(len: usize, num_samples: usize) -> Result<Self> {
        at_least_one("num_samples", num_samples)?;
        at_least_one("items", len)?;
        Self::new(Kind::Shuffled, len, num_samples)
    }

    /// `num_samples` items, each drawn with a probability in proportion to its weight; without replacement, from the
    /// items not drawn yet. Weights are finite, at least 0, and some are above 0.
    pub fn weighted(weights: &[f64], num_samples: usize, replacement: bool) -> Result<Self> {
        at_least_one("num_samples", num_samples)?;
        let relative = weighted::relative(weights)?;
        let kind = if replacement {
            Kind::WithReplacement(weighted::cumulative(relative))
        } else {
            let positive = relative.iter().filter(|&&weight| weight > 0.0).count();
            if num_samples > positive {
                return Err(Error::invalid(format!(
                    "num_samples = {num_samples} without replacement; allowed: 1 to {positive}, the weights above 0"
                )));
            }
            Kind::WithoutReplacement(relative.into())
        };
        Self::new(kind, weights.len(), num_samples)
    }

    /// `num_samples` items, as many of each class that is present; if that leaves a remainder, one more of some
    /// classes, others each epoch. The counts of two items of a class differ by at most one.
    pub fn balanced(classes: &[i64], num_samples: usize) -> Result<Self> {
        at_least_one("num_samples", num_samples)?;
        at_least_one("items", classes.len())?;
        Self::new(Kind::Balanced(balanced::items_by_class(classes)), classes.len(), num_samples)
    }

    fn new(kind: Kind, items: usize, num_samples: usize) -> Result<Self> {
        // Indices and positions are 32 bits in a draw's name: the largest official set has 236,386 samples.
        for (name, value) in [("items", items), ("num_samples", num_samples)] {
            if u32::try_from(value).is_err() {
                return Err(Error::invalid(format!("{name} = {value}; allowed: at most {}", u32::MAX)));
            }
        }
        Ok(Self { kind, items, num_samples, subset: None })
    }

    /// The same order over a part of a data set: `indices[i]` in the place of `i`.
    ///
    /// There are as many indices as items; what already is a subset takes any number that covers its own indices.
    pub fn subset(&self, indices: Vec<u32>) -> Result<Self> {
        let subset = match &self.subset {
            None if indices.len() == self.items => indices.into(),
            None => {
                let (found, items) = (indices.len(), self.items);
                return Err(Error::invalid(format!("{found} indices for {items} items; allowed: as many of each")));
            }
            Some(own) => {
                own.iter().map(|&index| indices.get(index as usize).copied()).collect::<Option<_>>().ok_or_else(
                    || {
                        let largest = self.largest().unwrap_or_default();
                        Error::invalid(format!(
                            "{} indices; allowed: more than {largest}, which is asked for",
                            indices.len()
                        ))
                    },
                )?
            }
        };
        Ok(Self { subset: Some(subset), ..self.clone() })
    }

    /// Samples of an epoch, on all ranks together.
    #[must_use]
    #[allow(clippy::len_without_is_empty, reason = "an epoch of no samples is nothing to ask for")]
    pub fn len(&self) -> usize {
        self.num_samples
    }

    /// The largest index that an order may contain; `None` where there is none.
    #[must_use]
    pub fn largest(&self) -> Option<u32> {
        match &self.subset {
            Some(subset) => subset.iter().copied().max(),
            None => self.items.checked_sub(1).map(narrow),
        }
    }

    /// One epoch.
    #[must_use]
    pub fn order(&self, key: Key) -> Order {
        let items = match &self.kind {
            Kind::Sequential => Items::Sequential,
            Kind::WithReplacement(cumulative) => Items::Drawn(Arc::clone(cumulative), key),
            Kind::Shuffled => {
                let mut listed = Vec::new();
                let items: Vec<u32> = (0..narrow(self.items)).collect();
                shuffle::repeat(&items, self.num_samples, &mut key.stream(Purpose::Order, 0), &mut listed);
                Items::Listed(listed.into())
            }
            Kind::WithoutReplacement(weights) => {
                Items::Listed(weighted::distinct(weights, self.num_samples, key).into())
            }
            Kind::Balanced(classes) => Items::Listed(balanced::order(classes, self.num_samples, key).into()),
        };
        Order { items, len: self.num_samples, subset: self.subset.clone() }
    }
}

/// The samples of one epoch, for any thread. Clones share what there is to share.
#[derive(Debug, Clone)]
pub struct Order {
    items: Items,
    len: usize,
    subset: Option<Arc<[u32]>>,
}

#[derive(Debug, Clone)]
enum Items {
    Sequential,
    Listed(Arc<[u32]>),
    /// By these cumulative weights, each position in a stream of its own: nothing is made before it is asked for.
    Drawn(Arc<[f64]>, Key),
}

impl Order {
    /// Number of positions.
    #[must_use]
    #[allow(clippy::len_without_is_empty, reason = "an epoch of no samples is nothing to ask for")]
    pub fn len(&self) -> usize {
        self.len
    }

    /// The index in the data set of the sample at `position`.
    ///
    /// # Panics
    /// If `position` is not below the length.
    #[must_use]
    pub fn get(&self, position: usize) -> u32 {
        assert!(position < self.len, "position {position} of an order of {}", self.len);
        let item = match &self.items {
            Items::Sequential => narrow(position),
            Items::Listed(items) => items[position],
            Items::Drawn(cumulative, key) => weighted::draw(cumulative, key.stream(Purpose::Order, narrow(position))),
        };
        self.subset.as_ref().map_or(item, |subset| subset[item as usize])
    }

    /// Samples as they lie in the file.
    pub fn sequential(len: usize) -> Result<Self> {
        Ok(Sampler::sequential(len)?.order(Key { seed: 0, epoch: 0 }))
    }

    /// All samples once, in random order.
    pub fn shuffled(len: usize, key: Key) -> Result<Self> {
        Ok(Sampler::shuffled(len)?.order(key))
    }

    /// The samples at `positions` of this order.
    pub fn indices(&self, positions: std::ops::Range<usize>) -> impl Iterator<Item = u32> + '_ {
        positions.map(|position| self.get(position))
    }
}

fn at_least_one(name: &str, value: usize) -> Result<()> {
    if value == 0 { Err(Error::invalid(format!("{name} = 0; allowed: 1 or more"))) } else { Ok(()) }
}

/// Of a number that a constructor has found to fit.
#[allow(clippy::cast_possible_truncation, reason = "items and num_samples are below 2³²")]
fn narrow(number: usize) -> u32 {
    number as u32
}

#[cfg(test)]
mod tests;

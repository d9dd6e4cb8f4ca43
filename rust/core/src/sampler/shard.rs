//! Each rank's share of an order, by the rules of `torch.utils.data.DistributedSampler`.

use crate::{Error, Result};

/// What becomes of samples that do not divide by the number of ranks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remainder {
    /// Every rank gets as many samples: the order is continued with its own beginning, as often as it takes.
    Pad,
    /// Every rank gets as many samples: the last ones are left out.
    Drop,
    /// Every sample once: some ranks get one more than others.
    Keep,
}

/// One rank's share: every `world_size`-th position, from `rank` on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    rank: usize,
    world_size: usize,
    remainder: Remainder,
}

impl Shard {
    /// The share of `rank`, which is below `world_size`.
    pub fn new(rank: usize, world_size: usize, remainder: Remainder) -> Result<Self> {
        if u32::try_from(world_size).is_err() || world_size == 0 {
            return Err(Error::invalid(format!("world_size = {world_size}; allowed: 1 to {}", u32::MAX)));
        }
        if rank >= world_size {
            return Err(Error::invalid(format!("rank = {rank}; allowed: 0 to {}", world_size - 1)));
        }
        Ok(Self { rank, world_size, remainder })
    }

    /// All there is.
    #[must_use]
    pub fn whole() -> Self {
        Self { rank: 0, world_size: 1, remainder: Remainder::Keep }
    }

    /// This rank's samples of an order of `total`, of which all ranks together have used `start`.
    ///
    /// # Panics
    /// If `start` is above `total`.
    #[must_use]
    pub fn len(&self, total: usize, start: usize) -> usize {
        assert!(start <= total, "start {start} in an order of {total}");
        let rest = total - start;
        match self.remainder {
            Remainder::Pad => rest.div_ceil(self.world_size),
            Remainder::Drop => rest / self.world_size,
            Remainder::Keep => rest.saturating_sub(self.rank).div_ceil(self.world_size),
        }
    }

    /// Where in an order of `total` this rank's sample `k` is, after the first `start`; `k` is below the length.
    #[must_use]
    pub fn position(&self, total: usize, start: usize, k: usize) -> usize {
        (start + self.rank + k * self.world_size) % total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn positions(shard: Shard, total: usize, start: usize) -> Vec<usize> {
        (0..shard.len(total, start)).map(|k| shard.position(total, start, k)).collect()
    }

    /// `DistributedSampler.__init__` and `__iter__`, line by line.
    fn distributed_sampler(total: usize, rank: usize, num_replicas: usize, drop_last: bool) -> Vec<usize> {
        let num_samples = if drop_last && !total.is_multiple_of(num_replicas) {
            total.saturating_sub(num_replicas).div_ceil(num_replicas)
        } else {
            total.div_ceil(num_replicas)
        };
        let total_size = num_samples * num_replicas;
        let mut indices: Vec<usize> = (0..total).collect();
        if drop_last {
            indices.truncate(total_size);
        } else {
            let padding_size = total_size - total;
            if padding_size <= total {
                indices.extend_from_within(..padding_size);
            } else {
                let repeated = indices.repeat(padding_size.div_ceil(total));
                indices.extend_from_slice(&repeated[..padding_size]);
            }
        }
        indices.into_iter().take(total_size).skip(rank).step_by(num_replicas).collect()
    }

    #[test]
    fn shares_are_those_of_distributed_sampler() {
        for total in 1..40 {
            for world_size in 1..90 {
                for rank in 0..world_size {
                    for (remainder, drop_last) in [(Remainder::Pad, false), (Remainder::Drop, true)] {
                        let shard = Shard::new(rank, world_size, remainder).expect("a rank");
                        assert_eq!(
                            positions(shard, total, 0),
                            distributed_sampler(total, rank, world_size, drop_last),
                            "{total} samples, {shard:?}"
                        );
                    }
                }
            }
        }
    }

    /// From any start, all ranks together go through the rest in order, and beyond it only where they pad.
    #[test]
    fn ranks_together_go_on_where_the_others_stopped() {
        for total in 0..12 {
            for start in 0..=total {
                for world_size in 1..15 {
                    for remainder in [Remainder::Pad, Remainder::Drop, Remainder::Keep] {
                        let ranks: Vec<Vec<usize>> = (0..world_size)
                            .map(|rank| {
                                positions(Shard::new(rank, world_size, remainder).expect("a rank"), total, start)
                            })
                            .collect();
                        let longest = ranks.iter().map(Vec::len).max().unwrap_or_default();
                        let together: Vec<usize> = (0..longest)
                            .flat_map(|k| ranks.iter().filter_map(move |rank| rank.get(k)))
                            .copied()
                            .collect();
                        let rest = total - start;
                        let expected = match remainder {
                            Remainder::Pad => rest.next_multiple_of(world_size),
                            Remainder::Drop => rest / world_size * world_size,
                            Remainder::Keep => rest,
                        };
                        let expected: Vec<usize> = (start..start + expected).map(|position| position % total).collect();
                        assert_eq!(together, expected, "{total} from {start}, {world_size} ranks, {remainder:?}");
                        if remainder != Remainder::Keep {
                            assert!(ranks.iter().all(|rank| rank.len() == longest));
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn the_whole_is_everything_in_order() {
        assert_eq!(positions(Shard::whole(), 5, 0), [0, 1, 2, 3, 4]);
        assert_eq!(positions(Shard::whole(), 5, 3), [3, 4]);
        assert_eq!(Shard::whole().len(0, 0), 0);
    }

    #[test]
    fn impossible_ranks_are_refused() {
        for (rank, world_size, expected) in [
            (0, 0, "world_size = 0; allowed: 1 to 4294967295"),
            (0, 1 << 32, "world_size = 4294967296; allowed: 1 to 4294967295"),
            (2, 2, "rank = 2; allowed: 0 to 1"),
        ] {
            let error = Shard::new(rank, world_size, Remainder::Pad).expect_err("impossible");
            assert_eq!(error.to_string(), expected);
        }
    }
}

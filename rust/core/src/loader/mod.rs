//! Batches: samples in an epoch's order, through a plan, into slots, on threads.

mod crew;
mod data;
mod epoch;
mod pass;
mod pool;
mod queue;
mod statistics;

use std::sync::{Arc, Mutex, PoisonError};

pub use data::{Data, Images, Labels, Part};
pub use epoch::Epoch;
pub use pool::Next;
pub use statistics::Statistics;

use self::pass::{Ordered, Pass};
use self::pool::Pool;
use self::queue::Queue;
use self::statistics::Counters;
use crate::batch::SlotPool;
use crate::random::Key;
use crate::sampler::{Sampler, Shard};
use crate::{Error, Result};

/// How a loader cuts an epoch into batches and who makes them.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Samples per batch, at least 1.
    pub batch_size: usize,
    /// Leaves out a last batch that is smaller than the others.
    pub drop_last: bool,
    /// Names the random order and the random transforms.
    pub seed: u64,
    /// Worker threads; 0 makes each batch in the thread that asks for it.
    pub threads: usize,
    /// Batches per thread made ahead of the consumer, at least 1.
    pub prefetch: usize,
    /// Batches go into memory that the caller lends, and not into slots of the loader.
    pub lent_memory: bool,
}

/// Everything that stays the same from epoch to epoch.
#[derive(Debug)]
pub struct Loader {
    data: Arc<Data>,
    sampler: Sampler,
    shard: Shard,
    options: Options,
    counters: Arc<Counters>,
    here: Mutex<Here>,
}

/// What belongs to a process and is made anew in a forked child.
#[derive(Debug)]
struct Here {
    slots: Arc<SlotPool>,
    pool: Option<Arc<Pool>>,
}

impl Loader {
    /// Checks that the parts fit together. The sampler's indices are those of `data`.
    pub fn new(data: Data, sampler: Sampler, shard: Shard, options: Options) -> Result<Self> {
        let positive = |name: &str, value: usize| match value {
            0 => Err(Error::invalid(format!("{name} = 0; allowed: 1 or more"))),
            _ => Ok(()),
        };
        positive("batch_size", options.batch_size)?;
        positive("prefetch_factor", options.prefetch)?;
        if let Some(index) = sampler.largest().map(|index| index as usize).filter(|&index| index >= data.len()) {
            return Err(Error::OutOfRange { index, len: data.len() });
        }
        // A batch larger than an epoch is never filled.
        let largest = options.batch_size.min(shard.len(sampler.len(), 0));
        let slot_len = largest.checked_mul(data.plan().output_len()).ok_or_else(|| {
            Error::invalid(format!("batch_size = {}: a batch does not fit into memory", options.batch_size))
        })?;
        // Beside the batches made ahead, a training loop holds the one that it works on and, until the assignment of the
        // loop variable, the one before; meanwhile its thread may make one.
        let slots = SlotPool::new(slot_len, options.ahead().saturating_add(3));
        let here = Mutex::new(Here { slots, pool: None });
        Ok(Self { data: Arc::new(data), sampler, shard, options, counters: Arc::default(), here })
    }

    /// Samples of this rank, in what is left of an epoch from position `start` of its order on.
    #[must_use]
    pub fn samples(&self, start: usize) -> usize {
        self.shard.len(self.sampler.len(), start.min(self.sampler.len()))
    }

    /// Batches of them.
    #[must_use]
    pub fn batches(&self, start: usize) -> usize {
        let Options { batch_size, drop_last, .. } = self.options;
        let samples = self.samples(start);
        if drop_last { samples / batch_size } else { samples.div_ceil(batch_size) }
    }

    /// What it reads.
    #[must_use]
    pub fn data(&self) -> &Data {
        &self.data
    }

    /// Bytes of memory that a batch needs.
    #[must_use]
    pub fn slot_len(&self) -> usize {
        self.here().slots.slot_len()
    }

    /// Batches that may be made or wait before the consumer asks for them.
    #[must_use]
    pub fn ahead(&self) -> usize {
        self.options.ahead()
    }

    /// Starts an epoch, from position `start` of its order on; the same numbers give the same bytes.
    pub fn epoch(&self, epoch: u32, start: usize) -> Result<Epoch> {
        let key = Key { seed: self.options.seed, epoch };
        let start = start.min(self.sampler.len());
        let order = self.sampler.order(key);
        let ordered = Ordered { order, shard: self.shard, start, batch_size: self.options.batch_size };
        self.start(key, Some(ordered), Some(self.batches(start)))
    }

    /// Starts a pass whose batches will be named by [`Epoch::give`].
    pub fn pass(&self, epoch: u32) -> Result<Epoch> {
        self.start(Key { seed: self.options.seed, epoch }, None, None)
    }

    fn start(&self, key: Key, ordered: Option<Ordered>, batches: Option<usize>) -> Result<Epoch> {
        let (pool, slots) = {
            let mut here = self.here();
            let pool = match &here.pool {
                Some(pool) if pool.is_ours() => Arc::clone(pool),
                _ => Pool::start(self.options.threads)?,
            };
            // A pool that came with a fork is left alone for ever: dropped, it would not touch its threads.
            here.pool = Some(Arc::clone(&pool));
            here.slots = here.slots.of_this_process();
            (pool, Arc::clone(&here.slots))
        };
        let (data, counters) = (Arc::clone(&self.data), Arc::clone(&self.counters));
        let queue = Queue::new(batches, self.ahead(), self.options.lent_memory);
        Ok(Epoch::start(pool, Pass::new(data, slots, key, counters, ordered), queue))
    }

    /// What it has done so far.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        self.counters.read(self.here().slots.in_use())
    }

    /// Held for moments only, by threads that hold Python's lock: so it is free in a forked child.
    fn here(&self) -> std::sync::MutexGuard<'_, Here> {
        self.here.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Options {
    fn ahead(self) -> usize {
        self.threads.max(1).saturating_mul(self.prefetch)
    }
}

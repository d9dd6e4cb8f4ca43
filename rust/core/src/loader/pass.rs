//! One pass over the data: what stays the same while its batches are made.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Condvar};
use std::time::Duration;

use cpu_time::ThreadTime;

use super::data::{Data, Labels};
use super::queue::Job;
use super::statistics::Counters;
use crate::batch::{Batch, Parts, Place, SlotPool};
use crate::ops::Stores;
use crate::random::Key;
use crate::sampler::{Order, Shard};
use crate::{Error, Result};

/// Bytes of a batch that are worth a thread of their own.
const SHARE: usize = 16 << 20;

/// CPU time of a batch that is worth a thread of its own: many times what it takes to wake one. With fewer batches in the
/// making at a time, more of their memory stays in the caches: a tenth more volumes of 28³, two threads on two processors.
const SHARE_TIME: Duration = Duration::from_micros(150);

/// A consumer helps to make what it waits for if batches take less CPU time than this; longer ones are worth sleeping for.
const SHORT: Duration = Duration::from_millis(1);

/// The same where two batches fit into the last cache: who works on one together needs memory for no third one.
const SHORT_IN_CACHE: Duration = Duration::from_millis(3);

/// A consumer that is away for longer than this between two batches is not counted on.
const NEAR: Duration = Duration::from_micros(150);

#[derive(Debug)]
pub(super) struct Pass {
    pub data: Arc<Data>,
    pub slots: Arc<SlotPool>,
    pub key: Key,
    pub counters: Arc<Counters>,
    /// Where its batches come from, if they are not handed in.
    pub ordered: Option<Ordered>,
    /// A batch that a consumer waits for is made, or nobody works on this pass any more.
    pub made: Condvar,
    /// Grows whenever there may be something for a consumer that looks for it and does not sleep.
    pub news: AtomicUsize,
    /// Whether its consumer came for a batch soon after the one before; one that has not come yet is expected.
    is_near: AtomicBool,
}

/// What is left of an epoch's order for one rank, in batches.
#[derive(Debug)]
pub(super) struct Ordered {
    pub order: Order,
    pub shard: Shard,
    /// Position in the order where the pass begins.
    pub start: usize,
    pub batch_size: usize,
}

impl Ordered {
    fn batch(&self, number: usize) -> Vec<u32> {
        let total = self.order.len();
        let len = self.shard.len(total, self.start);
        let first = number * self.batch_size;
        let last = first.saturating_add(self.batch_size).min(len);
        (first..last).map(|k| self.order.get(self.shard.position(total, self.start, k))).collect()
    }
}

/// A batch in the making, by one thread or by several.
#[derive(Debug)]
pub(super) struct Draft {
    pub number: usize,
    indices: Vec<u32>,
    labels: Labels,
    memory: Parts,
    /// Samples of a share.
    share: usize,
    /// Where its memory is.
    stores: Stores,
}

impl Draft {
    /// How many shares there are, for a thread each.
    pub(super) fn shares(&self) -> usize {
        self.memory.count()
    }

    /// The batch, when all shares are made.
    pub(super) fn finished(self) -> Batch {
        Batch { images: self.memory.into_place(), labels: self.labels, len: self.indices.len() }
    }
}

impl Pass {
    pub(super) fn new(
        data: Arc<Data>,
        slots: Arc<SlotPool>,
        key: Key,
        counters: Arc<Counters>,
        ordered: Option<Ordered>,
    ) -> Self {
        let (made, news, is_near) = (Condvar::new(), AtomicUsize::new(0), AtomicBool::new(true));
        Self { data, slots, key, counters, ordered, made, news, is_near }
    }

    /// Begins a batch that up to `threads` threads will make. Small ones are made by one: sharing has its price.
    pub(super) fn begin(&self, job: Job, threads: usize) -> Result<Draft> {
        self.guarded(job.number, |_| {
            let ordered = || self.ordered.as_ref().map(|ordered| ordered.batch(job.number)).unwrap_or_default();
            let indices = job.given.unwrap_or_else(ordered);
            let used = indices.len() * self.data.plan().output_len();
            let cpu = self.counters.cpu_of(indices.len()).unwrap_or_default();
            let worth = (cpu.as_nanos() / SHARE_TIME.as_nanos()).max((used / SHARE) as u128);
            // Nobody has to be woken to take the second half.
            let worth = if worth == 1 && self.is_joint() { 2 } else { worth };
            let shares = usize::try_from(worth).unwrap_or(usize::MAX).clamp(1, threads.max(1));
            let writer = (shares == 1).then(|| std::thread::current().id());
            let place = match job.lent {
                Some(memory) => Place::Lent(memory),
                None => Place::Slot(self.slots.take(used, writer)?),
            };
            let found = place.as_ref().len();
            if found < used {
                return Err(Error::invalid(format!("{found} bytes of memory for a batch; it needs {used}")));
            }
            let share = indices.len().div_ceil(shares).max(1);
            let stores = Stores::to(used, place.is_cached());
            let memory = Parts::new(place, used, share * self.data.plan().output_len());
            let labels = self.data.labels(&indices);
            Ok(Draft { number: job.number, indices, labels, memory, share, stores })
        })
    }

    /// Makes a share of a batch.
    pub(super) fn make_share(&self, draft: &Draft, number: usize) -> Result<()> {
        self.guarded(draft.number, |current| {
            let indices = draft.indices.chunks(draft.share).nth(number);
            if let Some((indices, part)) = indices.zip(draft.memory.take(number)) {
                self.data.fill(indices, self.key, current, draft.stores, part);
                self.counters.filled(indices.len());
            }
            Ok(())
        })
    }

    /// A consumer has come for a batch, so long after the last one was yielded.
    pub(super) fn came_after(&self, away: Duration) {
        self.is_near.store(away < NEAR, Relaxed);
    }

    /// Whether its batches take so little time that a consumer helps to make them rather than sleep.
    pub(super) fn is_short(&self) -> bool {
        let limit = if self.slots.keeps_two() { SHORT_IN_CACHE } else { SHORT };
        self.mean_cpu().is_some_and(|cpu| cpu < limit)
    }

    /// Whether workers count on its consumer's help.
    pub(super) fn is_joint(&self) -> bool {
        self.is_near.load(Relaxed) && self.is_short()
    }

    /// Whether its batches have shares for two threads, one of them its consumer.
    pub(super) fn is_halved(&self) -> bool {
        self.is_joint() && self.mean_cpu().is_some_and(|cpu| cpu >= SHARE_TIME)
    }

    /// CPU time of a batch on average, as far as one can know.
    fn mean_cpu(&self) -> Option<Duration> {
        self.counters.cpu_of(self.counters.mean_len()?)
    }

    /// Does work for a batch, and counts its CPU time; a panic becomes an error that names the sample in the cell.
    fn guarded<T>(&self, number: usize, work: impl FnOnce(&Cell<Option<u32>>) -> Result<T>) -> Result<T> {
        let clock = ThreadTime::try_now().ok();
        let current = Cell::new(None);
        // Unwind safety: a batch of which a share was not made is dropped whole; nothing else is written to.
        let done = catch_unwind(AssertUnwindSafe(|| work(&current)));
        if let Some(cpu) = clock.and_then(|clock| clock.try_elapsed().ok()) {
            self.counters.worked(cpu);
        }
        done.unwrap_or_else(|panic| {
            let sample = current.get().map_or_else(String::new, |index| format!(", sample {index}"));
            let (epoch, cause) = (self.key.epoch, cause(&*panic));
            Err(Error::Worker(format!("batch {number} of epoch {epoch}{sample}: its worker panicked: {cause}")))
        })
    }
}

/// What a panic said.
fn cause(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message")
}

#[cfg(test)]
impl Pass {
    /// A pass over small samples, of which a slot is said to have so many bytes and a batch of eight takes so long, whose
    /// consumer is near.
    pub(super) fn near(slot_len: usize, cpu: Duration) -> Self {
        use super::{Images, Part};
        use crate::ops::{Output, Plan, SampleShape};

        let shape = SampleShape::Image { height: 1, width: 1, channels: 1 };
        let plan = Arc::new(Plan::compile(&[], shape, false, Output::default()).expect("fits"));
        let part = Part { images: Images::new(vec![0; 8]), plan };
        let data = Data::new(vec![part], Labels::I64(vec![0; 8]), 1, None).expect("fits");
        let pass =
            Self::new(Arc::new(data), SlotPool::new(slot_len, 4), Key { seed: 0, epoch: 0 }, Arc::default(), None);
        pass.counters.filled(8);
        pass.counters.worked(cpu);
        pass.counters.yielded(8, Duration::ZERO, Duration::ZERO);
        pass
    }
}

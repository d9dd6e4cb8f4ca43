//! One pass over the data: what stays the same while its batches are made.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar};

use cpu_time::ThreadTime;

use super::data::Data;
use super::queue::Job;
use super::statistics::Counters;
use crate::batch::{Batch, Place, SlotPool};
use crate::random::Key;
use crate::sampler::{Order, Shard};
use crate::{Error, Result};

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

impl Pass {
    /// Makes a batch; a panic becomes an error that names the sample.
    pub(super) fn make(&self, job: Job) -> Result<Batch> {
        let clock = ThreadTime::try_now().ok();
        let (number, current) = (job.number, Cell::new(None));
        // Unwind safety: a batch that was being made is dropped whole; nothing else is written to.
        let made = catch_unwind(AssertUnwindSafe(|| self.fill(job, &current)));
        if let Some(cpu) = clock.and_then(|clock| clock.try_elapsed().ok()) {
            self.counters.made(cpu);
        }
        made.unwrap_or_else(|panic| {
            let sample = current.get().map_or_else(String::new, |index| format!(", sample {index}"));
            let cause = cause(&*panic);
            Err(Error::Worker(format!(
                "batch {number} of epoch {}{sample}: its worker panicked: {cause}",
                self.key.epoch
            )))
        })
    }

    fn fill(&self, job: Job, current: &Cell<Option<u32>>) -> Result<Batch> {
        let ordered = || self.ordered.as_ref().map(|ordered| ordered.batch(job.number)).unwrap_or_default();
        let indices = job.given.unwrap_or_else(ordered);
        let used = indices.len() * self.data.plan().output_len();
        let mut images = match job.lent {
            Some(memory) => Place::Lent(memory),
            None => Place::Slot(self.slots.take(used)?),
        };
        let found = images.as_ref().len();
        if found < used {
            return Err(Error::invalid(format!("{found} bytes of memory for a batch; it needs {used}")));
        }
        self.data.fill(&indices, self.key, current, &mut images.as_mut()[..used]);
        Ok(Batch { labels: self.data.labels(&indices), images, len: indices.len() })
    }
}

/// What a panic said.
fn cause(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message")
}

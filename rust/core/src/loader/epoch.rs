//! One pass over the data: workers make batches in any order, the consumer gets them in theirs.
//!
//! Shared between threads: `Queue`, under one lock that is never held while a batch is made, and two conditions,
//! `made` (for consumers) and `wanted` (for workers). Everything else is read-only. A worker may be at most a window
//! of batches ahead of the consumer, so a batch always has a place in the ring. `tests/loader.rs` holds it to that.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::{Loader, ahead};
use crate::batch::{Batch, SlotPool};
use crate::random::Key;
use crate::sampler::Order;
use crate::{Error, Result};

/// An iterator over the batches of one epoch, for any number of consuming threads. Dropping it stops the workers.
#[derive(Debug)]
pub struct Epoch {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
    process: u32,
}

/// What [`Epoch::next`] found.
#[derive(Debug)]
pub enum Next {
    /// The next batch in order.
    Batch(Batch),
    /// Not made yet; ask again.
    Pending,
    /// There are no more.
    End,
}

#[derive(Debug)]
struct Shared {
    loader: Arc<Loader>,
    slots: Arc<SlotPool>,
    order: Order,
    key: Key,
    batches: usize,
    queue: Mutex<Queue>,
    made: Condvar,
    wanted: Condvar,
}

#[derive(Debug)]
struct Queue {
    /// Number of the next batch that a worker takes up.
    next_made: usize,
    /// Number of the next batch that a consumer gets.
    next_yielded: usize,
    /// Batch `n` waits at `n % ring.len()`.
    ring: Vec<Option<Result<Batch>>>,
    stopped: bool,
}

impl Epoch {
    pub(super) fn start(loader: Arc<Loader>, key: Key, order: Order) -> Result<Self> {
        let batches = loader.batches();
        let threads = loader.options.threads.min(batches);
        let ring = std::iter::repeat_with(|| None).take(ahead(loader.options).min(batches)).collect();
        let shared = Arc::new(Shared {
            slots: loader.slots(),
            loader,
            order,
            key,
            batches,
            queue: Mutex::new(Queue { next_made: 0, next_yielded: 0, ring, stopped: false }),
            made: Condvar::new(),
            wanted: Condvar::new(),
        });
        let mut epoch = Self { shared, workers: Vec::with_capacity(threads), process: std::process::id() };
        for number in 0..threads {
            let shared = Arc::clone(&epoch.shared);
            let worker = std::thread::Builder::new()
                .name(format!("medmnist-{number}"))
                .spawn(move || shared.work())
                .map_err(|error| Error::Worker(format!("cannot start worker thread {number}: {error}")))?;
            epoch.workers.push(worker);
        }
        Ok(epoch)
    }

    /// The next batch; waits for it no longer than `patience`. A worker's failure arrives in its batch's place.
    pub fn next(&self, patience: Duration) -> Result<Next> {
        if !self.is_ours() {
            return Err(Error::Worker(
                "this iterator was made before the process forked and its threads stayed there; iterate anew".into(),
            ));
        }
        if self.workers.is_empty() {
            return self.shared.make_next();
        }
        self.shared.wait_for_next(patience)
    }

    /// Batches that have not been yielded yet; none in a forked child.
    #[must_use]
    pub fn remaining(&self) -> usize {
        if self.is_ours() { self.shared.batches - self.shared.lock().next_yielded } else { 0 }
    }

    fn is_ours(&self) -> bool {
        self.process == std::process::id()
    }

    /// The loader whose epoch this is.
    #[must_use]
    pub fn loader(&self) -> &Loader {
        &self.shared.loader
    }
}

impl Drop for Epoch {
    fn drop(&mut self) {
        if !self.is_ours() {
            // A forked child has neither the threads nor, perhaps, a free lock: it leaves both alone.
            self.workers.drain(..).for_each(std::mem::forget);
            return;
        }
        self.shared.lock().stopped = true;
        self.shared.wanted.notify_all();
        for worker in self.workers.drain(..) {
            // Workers catch their panics; there is nothing to learn from the result.
            let _ = worker.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A worker's life.
    fn work(&self) {
        while let Some(number) = self.take_up() {
            let result = self.make(number);
            let mut queue = self.lock();
            let place = number % queue.ring.len();
            queue.ring[place] = Some(result);
            drop(queue);
            self.made.notify_all();
        }
    }

    /// The number of the batch to make next, as soon as it is wanted; `None` when there is nothing left to do.
    fn take_up(&self) -> Option<usize> {
        let mut queue = self.lock();
        loop {
            if queue.stopped || queue.next_made == self.batches {
                return None;
            }
            if queue.next_made < queue.next_yielded + queue.ring.len() {
                queue.next_made += 1;
                return Some(queue.next_made - 1);
            }
            queue = self.wanted.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn wait_for_next(&self, patience: Duration) -> Result<Next> {
        let deadline = Instant::now() + patience;
        let mut queue = self.lock();
        loop {
            if queue.next_yielded == self.batches {
                return Ok(Next::End);
            }
            let place = queue.next_yielded % queue.ring.len();
            if let Some(result) = queue.ring[place].take() {
                queue.next_yielded += 1;
                drop(queue);
                self.wanted.notify_one();
                return result.map(Next::Batch);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(Next::Pending);
            }
            let (reacquired, _) = self.made.wait_timeout(queue, left).unwrap_or_else(PoisonError::into_inner);
            queue = reacquired;
        }
    }

    /// Without workers: makes the next batch here and now.
    fn make_next(&self) -> Result<Next> {
        let mut queue = self.lock();
        let number = queue.next_yielded;
        if number == self.batches {
            return Ok(Next::End);
        }
        queue.next_yielded += 1;
        drop(queue);
        self.make(number).map(Next::Batch)
    }

    fn make(&self, number: usize) -> Result<Batch> {
        // Unwind safety: a batch that was being made is dropped whole; nothing else is written to.
        catch_unwind(AssertUnwindSafe(|| self.loader.make(number, &self.order, self.key, &self.slots)))
            .unwrap_or_else(|_| Err(Error::Worker(format!("batch {number}: its worker panicked"))))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;
    use crate::loader::{Images, Options};
    use crate::ops::{Output, Plan, SampleShape};

    fn epoch(threads: usize) -> Epoch {
        let shape = SampleShape::Image { height: 1, width: 1, channels: 1 };
        let plan = Arc::new(Plan::compile(&[], shape, false, Output::default()).expect("fits"));
        let options = Options { batch_size: 1, shuffle: false, drop_last: false, seed: 0, threads, prefetch: 1 };
        Loader::new(Images::new(vec![0; 9]), vec![0; 9], 1, plan, options).expect("fits").epoch(0).expect("starts")
    }

    /// As in a forked child: another process number, and a lock that nobody will ever release.
    #[test]
    fn an_inherited_epoch_neither_hangs_nor_goes_on() {
        let mut inherited = epoch(2);
        inherited.process = std::process::id().wrapping_add(1);
        let shared = Arc::clone(&inherited.shared);
        let held = shared.lock();
        assert_eq!(inherited.remaining(), 0);
        let error = inherited.next(Duration::ZERO).expect_err("not this process's").to_string();
        assert!(error.contains("before the process forked"), "{error}");
        drop(inherited);
        // The workers are this process's after all: let them go.
        drop(held);
        shared.lock().stopped = true;
        shared.wanted.notify_all();
    }

    #[test]
    fn patience_ends_although_other_batches_arrive() {
        let epoch = epoch(0);
        let enough = AtomicBool::new(false);
        // A place for a batch that no worker will make.
        epoch.shared.lock().ring.push(None);
        std::thread::scope(|scope| {
            let chatter = scope.spawn(|| {
                let start = Instant::now();
                while !enough.load(Ordering::Relaxed) && start.elapsed() < Duration::from_secs(20) {
                    epoch.shared.made.notify_all();
                    std::thread::sleep(Duration::from_millis(1));
                }
            });
            assert!(matches!(epoch.shared.wait_for_next(Duration::from_millis(50)), Ok(Next::Pending)));
            assert!(!chatter.is_finished(), "waited until there was no other batch to wait for");
            enough.store(true, Ordering::Relaxed);
        });
    }
}

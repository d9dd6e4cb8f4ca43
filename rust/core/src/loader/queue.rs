//! The batches of one pass between those who make them and those who take them, in order.
//!
//! Plain data under the lock of the pool. A worker may be at most a window of batches ahead of the consumer, so a batch
//! always has a place in the ring.

use std::collections::VecDeque;
use std::time::Instant;

use crate::Result;
use crate::batch::{Batch, Lent};

/// Who is where.
#[derive(Debug)]
pub(super) struct Queue {
    /// Number of the next batch that somebody takes up.
    next_made: usize,
    /// Number of the next batch that a consumer gets.
    next_yielded: usize,
    /// Number of batches that are known of: all of an epoch's, or those handed in so far.
    batches: usize,
    /// Batch `n` waits at `n % ring.len()`.
    ring: Vec<Option<Result<Batch>>>,
    /// Samples of the batches that were handed in, in order; `None` where the pass has an order of its own.
    given: Option<VecDeque<Vec<u32>>>,
    /// Memory that was handed in for batches; `None` where they take slots of the loader.
    lent: Option<VecDeque<Lent>>,
    /// Batches in the making.
    pub making: usize,
    /// Threads that wait for a batch.
    pub waiting: usize,
    /// When the last batch was yielded, or the first one asked for.
    pub mark: Option<Instant>,
}

/// A batch to be made.
#[derive(Debug)]
pub(super) struct Job {
    pub number: usize,
    /// Its samples, unless the pass's own order says.
    pub given: Option<Vec<u32>>,
    /// Its memory, unless it is a slot of the loader.
    pub lent: Option<Lent>,
}

impl Queue {
    /// `batches` of an epoch's order, or `None` if they will be handed in; `window` of them ahead of the consumer.
    pub(super) fn new(batches: Option<usize>, window: usize, is_lent: bool) -> Self {
        let places = batches.map_or(window, |batches| window.min(batches)).max(1);
        Self {
            next_made: 0,
            next_yielded: 0,
            batches: batches.unwrap_or(0),
            ring: std::iter::repeat_with(|| None).take(places).collect(),
            given: batches.is_none().then(VecDeque::new),
            lent: is_lent.then(VecDeque::new),
            making: 0,
            waiting: 0,
            mark: None,
        }
    }

    /// Adds the samples of one more batch.
    pub(super) fn give(&mut self, indices: Vec<u32>) {
        if let Some(given) = &mut self.given {
            given.push_back(indices);
            self.batches += 1;
        }
    }

    /// Adds memory for one more batch.
    pub(super) fn lend(&mut self, memory: Lent) {
        if let Some(lent) = &mut self.lent {
            lent.push_back(memory);
        }
    }

    /// The batch to make next, if one is wanted and there is memory for it.
    pub(super) fn take_up(&mut self) -> Option<Job> {
        let is_wanted = self.next_made < self.batches.min(self.next_yielded + self.ring.len());
        if !is_wanted || self.lent.as_ref().is_some_and(VecDeque::is_empty) {
            return None;
        }
        let number = self.next_made;
        self.next_made += 1;
        self.making += 1;
        let given = self.given.as_mut().and_then(VecDeque::pop_front);
        let lent = self.lent.as_mut().and_then(VecDeque::pop_front);
        Some(Job { number, given, lent })
    }

    /// Takes in a batch; whether it is the one that consumers wait for.
    pub(super) fn put(&mut self, number: usize, batch: Result<Batch>) -> bool {
        self.making -= 1;
        let place = number % self.ring.len();
        self.ring[place] = Some(batch);
        number == self.next_yielded
    }

    /// The next batch in order, if it is made.
    pub(super) fn take(&mut self) -> Option<Result<Batch>> {
        let place = self.next_yielded % self.ring.len();
        let batch = self.ring[place].take()?;
        self.next_yielded += 1;
        Some(batch)
    }

    /// Wants no more batches.
    pub(super) fn stop(&mut self) {
        self.batches = self.next_made;
    }

    /// Batches that are known of and not yielded yet.
    pub(super) fn remaining(&self) -> usize {
        self.batches - self.next_yielded
    }

    /// Whether so few batches wait that workers should be woken: at half of the window, so that a slow consumer does
    /// not pay for waking one with every batch.
    pub(super) fn is_low(&self) -> bool {
        2 * (self.next_made - self.next_yielded) <= self.ring.len()
    }
}

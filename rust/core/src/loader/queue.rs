//! The batches of one pass between those who make them and those who take them, in order.
//!
//! Plain data under the lock of the pool. A worker may be at most a window of batches ahead of the consumer, so a batch
//! always has a place in the ring.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use super::pass::Draft;
use crate::batch::{Batch, Lent};
use crate::{Error, Result};

/// Who is where.
#[derive(Debug)]
pub(super) struct Queue {
    /// Number of the next batch that somebody takes up.
    next_made: usize,
    /// Number of the next batch that a consumer gets.
    next_yielded: usize,
    /// Number of batches that are known of: all of an epoch's, or those handed in so far.
    batches: usize,
    /// Batches that are made ahead of the consumer.
    window: usize,
    /// Batch `n` waits at `n % ring.len()`: a window of them, and one that a consumer makes itself.
    ring: Vec<Option<Result<Batch>>>,
    /// Samples of the batches that were handed in, in order; `None` where the pass has an order of its own.
    given: Option<VecDeque<Vec<u32>>>,
    /// Memory that was handed in for batches; `None` where they take slots of the loader.
    lent: Option<VecDeque<Lent>>,
    /// Batches in the making.
    pub making: usize,
    /// Those of them that have shares for other threads, in order.
    open: VecDeque<Open>,
    /// Workers that make batches or shares of them.
    pub workers: usize,
    /// Consumers that do.
    pub helping: usize,
    /// The share that a consumer took last, which it takes of the next batch too, for the reason that workers do.
    helped: usize,
    /// Threads that wait for a batch.
    pub waiting: usize,
    /// When the last batch was yielded, or the first one asked for.
    pub mark: Option<Instant>,
}

/// A batch that several threads make.
#[derive(Debug)]
struct Open {
    draft: Arc<Draft>,
    /// Shares that nobody has taken yet.
    untaken: Vec<usize>,
    /// Shares that are not made yet.
    unmade: usize,
    failure: Option<Error>,
}

/// What a thread does next.
#[derive(Debug)]
pub(super) enum Task {
    Batch(Job),
    Share(Arc<Draft>, usize),
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

impl Open {
    /// Takes a share: a certain one, unless it is taken.
    fn take(&mut self, wanted: usize) -> usize {
        let place = self.untaken.iter().position(|&share| share == wanted).unwrap_or(0);
        self.untaken.swap_remove(place)
    }
}

impl Queue {
    /// `batches` of an epoch's order, or `None` if they will be handed in; `window` of them ahead of the consumer.
    pub(super) fn new(batches: Option<usize>, window: usize, is_lent: bool) -> Self {
        let window = batches.map_or(window, |batches| window.min(batches)).max(1);
        Self {
            next_made: 0,
            next_yielded: 0,
            batches: batches.unwrap_or(0),
            window,
            ring: std::iter::repeat_with(|| None).take(window + 1).collect(),
            given: batches.is_none().then(VecDeque::new),
            lent: is_lent.then(VecDeque::new),
            making: 0,
            open: VecDeque::new(),
            workers: 0,
            helping: 0,
            helped: 0,
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

    /// Lets others take a share of a batch.
    pub(super) fn open(&mut self, draft: Arc<Draft>) {
        let shares = draft.shares();
        self.open.push_back(Open { draft, untaken: (0..shares).collect(), unmade: shares, failure: None });
    }

    /// The share to make next, of the first batch that has one: the same of each for a worker, if it can be. Processors may
    /// have last caches of their own, and what a worker wrote last of a slot is in its own.
    pub(super) fn take_share(&mut self, worker: usize) -> Option<(Arc<Draft>, usize)> {
        let open = self.open.iter_mut().find(|open| !open.untaken.is_empty())?;
        let shares = open.draft.shares();
        Some((Arc::clone(&open.draft), open.take(worker % shares)))
    }

    /// Batches in the making that may have no memory yet.
    pub(super) fn beginning(&self) -> usize {
        self.making - self.open.len()
    }

    /// Takes in a share; whether that completed a batch that consumers wait for.
    pub(super) fn put_share(&mut self, draft: Arc<Draft>, made: Result<()>) -> bool {
        let number = draft.number;
        // Whoever is last must be the only one to have it.
        drop(draft);
        let Some(at) = self.open.iter().position(|open| open.draft.number == number) else { return false };
        let open = &mut self.open[at];
        open.unmade -= 1;
        open.failure = open.failure.take().or(made.err());
        if open.unmade > 0 {
            return false;
        }
        let complete = self.open.remove(at).and_then(|open| match open.failure {
            Some(error) => Some(Err(error)),
            None => Arc::into_inner(open.draft).map(|draft| Ok(draft.finished())),
        });
        complete.is_some_and(|batch| self.put(number, batch))
    }

    /// The batch to make next, if one is wanted and there is memory for it.
    pub(super) fn take_up(&mut self) -> Option<Job> {
        // What a consumer makes itself is not made ahead.
        let ahead = self.window + usize::from(self.helping > 0);
        let is_wanted = self.next_made < self.batches.min(self.next_yielded + ahead);
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

    /// What a consumer does while it waits: for its own batch or, if it may work `ahead`, for any.
    pub(super) fn help(&mut self, ahead: bool) -> Option<Task> {
        let next = self.next_yielded;
        let mut open = self.open.iter_mut().filter(|open| ahead || open.draft.number == next);
        if let Some(open) = open.find(|open| !open.untaken.is_empty()) {
            self.helping += 1;
            self.helped = open.take(self.helped);
            return Some(Task::Share(Arc::clone(&open.draft), self.helped));
        }
        if !ahead && self.next_made != next {
            return None;
        }
        self.helping += 1;
        let job = self.take_up();
        self.helping -= usize::from(job.is_none());
        job.map(Task::Batch)
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

    /// Whether all batches that are known of are taken up.
    pub(super) fn is_done(&self) -> bool {
        self.next_made == self.batches
    }

    /// Batches that are known of and not yielded yet.
    pub(super) fn remaining(&self) -> usize {
        self.batches - self.next_yielded
    }

    /// Whether so few batches wait that workers should be woken: at half of the window, so that a slow consumer does
    /// not pay for waking one with every batch.
    pub(super) fn is_low(&self) -> bool {
        2 * (self.next_made - self.next_yielded) <= self.window
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_consumer_makes_itself_is_not_made_ahead() {
        let mut queue = Queue::new(Some(9), 2, false);
        let number = |job: Option<Job>| job.map(|job| job.number);
        let help = |queue: &mut Queue| match queue.help(true) {
            Some(Task::Batch(job)) => Some(job.number),
            _ => None,
        };
        assert_eq!(number(queue.take_up()), Some(0));
        assert_eq!(help(&mut queue), Some(1));
        // Two are made ahead nevertheless, and no more, by whomever.
        assert_eq!(number(queue.take_up()), Some(2));
        assert_eq!(number(queue.take_up()), None);
        assert_eq!(help(&mut queue), None);
        assert_eq!((queue.making, queue.helping), (3, 1));
        // Each has a place of its own.
        (0..3).for_each(|number| {
            queue.put(number, Err(Error::invalid(number.to_string())));
        });
        for number in 0..3 {
            let error = queue.take().and_then(Result::err).expect("was put").to_string();
            assert_eq!(error, number.to_string());
        }
        assert!(queue.take().is_none());
    }

    #[test]
    fn who_may_not_work_ahead_begins_its_own_batch_only() {
        let mut queue = Queue::new(Some(9), 4, false);
        let number = |task| match task {
            Some(Task::Batch(job)) => Some(job.number),
            _ => None,
        };
        assert_eq!(number(queue.help(false)), Some(0));
        assert_eq!(number(queue.help(false)), None);
        assert_eq!(number(queue.help(true)), Some(1));
        assert_eq!((queue.making, queue.helping), (2, 2));
    }
}

//! The threads of a loader: started with its first pass, shared by all of them, gone with the last.
//!
//! Shared between threads: `State`, under one lock that is never held while a batch is made, and conditions: `wanted`
//! (for workers) and one for the consumers of each pass. Nobody is woken who does not sleep: waking costs a call of the
//! system, which is more than the rest of a consumer's turn.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::pass::{Draft, Pass};
use super::queue::{Job, Queue};
use crate::batch::{Batch, Lent};
use crate::{Error, Result};

/// A consumer sleeps until its batch is made if batches take more CPU time than this; else it makes one meanwhile. Small
/// ones are made in hardly more time than it takes to fall asleep and to be woken (28 x 28 RGB, two threads on two
/// processors: a fifth more images per second); with larger ones it would only be in the way of the workers (a tenth
/// less).
const WORTH_SLEEPING: Duration = Duration::from_micros(150);

/// Worker threads, none where consumers make their batches themselves. Dropping it stops them.
#[derive(Debug)]
pub(super) struct Pool {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
    process: u32,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    wanted: Condvar,
}

#[derive(Debug, Default)]
struct State {
    active: Vec<Active>,
    /// Which pass is looked at first: they take turns.
    turn: usize,
    /// Workers that sleep.
    idle: usize,
    stopped: bool,
}

/// What a worker does next.
enum Task {
    Batch(Job),
    Share(Arc<Draft>),
}

#[derive(Debug)]
struct Active {
    pass: Arc<Pass>,
    queue: Queue,
}

impl Pool {
    pub(super) fn start(threads: usize) -> Result<Arc<Self>> {
        let shared = Arc::new(Shared { state: Mutex::default(), wanted: Condvar::new() });
        let mut pool = Self { shared, workers: Vec::with_capacity(threads), process: std::process::id() };
        for number in 0..threads {
            let shared = Arc::clone(&pool.shared);
            let worker = std::thread::Builder::new()
                .name(format!("medmnist-{number}"))
                .spawn(move || shared.work(threads))
                .map_err(|error| Error::Worker(format!("cannot start worker thread {number}: {error}")))?;
            pool.workers.push(worker);
        }
        Ok(Arc::new(pool))
    }

    /// Whether this process made it: a forked child has neither its threads nor, perhaps, a free lock.
    pub(super) fn is_ours(&self) -> bool {
        self.process == std::process::id()
    }

    /// Begins to make the batches of a pass.
    pub(super) fn add(&self, pass: Arc<Pass>, queue: Queue) {
        let mut state = self.shared.lock();
        state.active.push(Active { pass, queue });
        self.shared.wake_all(state);
    }

    /// Forgets a pass, once nobody works on it any more.
    pub(super) fn remove(&self, pass: &Arc<Pass>) {
        let mut state = self.shared.lock();
        while let Some(queue) = state.queue(pass) {
            queue.stop();
            if queue.making == 0 {
                break;
            }
            state = wait(pass, state, Duration::MAX);
        }
        let place = state.active.iter().position(|active| Arc::ptr_eq(&active.pass, pass));
        let removed = place.map(|place| state.active.swap_remove(place));
        drop(state);
        // Not under the lock: its batches go back to their pool, or to whoever lent their memory.
        drop(removed);
    }

    /// Adds the samples of one more batch.
    pub(super) fn give(&self, pass: &Arc<Pass>, indices: Vec<u32>) {
        self.add_to(pass, |queue| queue.give(indices));
    }

    /// Adds memory for one more batch.
    pub(super) fn lend(&self, pass: &Arc<Pass>, memory: Lent) {
        self.add_to(pass, |queue| queue.lend(memory));
    }

    fn add_to(&self, pass: &Arc<Pass>, add: impl FnOnce(&mut Queue)) {
        let mut state = self.shared.lock();
        if let Some(queue) = state.queue(pass) {
            add(queue);
            if queue.is_low() {
                self.shared.wake_one(state);
            }
        }
    }

    /// Batches of a pass that have not been yielded yet.
    pub(super) fn remaining(&self, pass: &Arc<Pass>) -> usize {
        self.shared.lock().queue(pass).map_or(0, |queue| queue.remaining())
    }

    /// The next batch of a pass; waits for it no longer than `patience`.
    pub(super) fn next(&self, pass: &Arc<Pass>, patience: Duration) -> Next {
        let started = Instant::now();
        let mut state = self.shared.lock();
        loop {
            let Some(queue) = state.queue(pass) else { return Next::End };
            let mark = *queue.mark.get_or_insert(started);
            if let Some(batch) = queue.take() {
                let now = Instant::now();
                queue.mark = Some(now);
                let samples = batch.as_ref().map_or(0, |batch| batch.len);
                pass.counters.yielded(samples, now - mark, now - started);
                if queue.is_low() {
                    self.shared.wake_one(state);
                }
                return Next::Batch(batch);
            }
            if queue.remaining() == 0 {
                return Next::End;
            }
            let left = match patience.saturating_sub(started.elapsed()) {
                _ if self.workers.is_empty() => Duration::MAX,
                left if left.is_zero() => return Next::Pending,
                left => left,
            };
            let makes = self.workers.is_empty() || pass.counters.mean_cpu().is_some_and(|cpu| cpu < WORTH_SLEEPING);
            state = match state.queue(pass).filter(|_| makes).and_then(Queue::take_up) {
                Some(job) => {
                    drop(state);
                    self.shared.make(pass, job, 1);
                    self.shared.lock()
                }
                None => wait(pass, state, left),
            };
        }
    }
}

/// What [`super::Epoch::next`] found.
#[derive(Debug)]
pub enum Next {
    /// The next batch in order, or why it could not be made.
    Batch(Result<Batch>),
    /// Not made yet; ask again.
    Pending,
    /// There are no more.
    End,
}

impl Drop for Pool {
    fn drop(&mut self) {
        if !self.is_ours() {
            self.workers.drain(..).for_each(std::mem::forget);
            return;
        }
        let mut state = self.shared.lock();
        state.stopped = true;
        self.shared.wake_all(state);
        for worker in self.workers.drain(..) {
            // Workers catch their panics; there is nothing to learn from the result.
            let _ = worker.join();
        }
    }
}

impl State {
    fn queue(&mut self, pass: &Arc<Pass>) -> Option<&mut Queue> {
        self.active.iter_mut().find(|active| Arc::ptr_eq(&active.pass, pass)).map(|active| &mut active.queue)
    }

    /// What to do next: a share of a batch that others are at, or another batch, of the passes in turn.
    fn take_up(&mut self) -> Option<(Arc<Pass>, Task)> {
        let shared = self.active.iter_mut().find_map(|Active { pass, queue }| Some((pass, queue.take_share()?)));
        if let Some((pass, draft)) = shared {
            return Some((Arc::clone(pass), Task::Share(draft)));
        }
        let passes = self.active.len();
        (0..passes).find_map(|next| {
            let place = (self.turn + next) % passes;
            let job = self.active[place].queue.take_up()?;
            self.turn = place + 1;
            Some((Arc::clone(&self.active[place].pass), Task::Batch(job)))
        })
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A worker's life.
    fn work(&self, threads: usize) {
        let mut state = self.lock();
        while !state.stopped {
            if let Some((pass, task)) = state.take_up() {
                drop(state);
                match task {
                    Task::Batch(job) => self.make(&pass, job, threads),
                    Task::Share(draft) => self.make_share(&pass, draft),
                }
                drop(pass);
                state = self.lock();
            } else {
                state.idle += 1;
                state = self.wanted.wait(state).unwrap_or_else(PoisonError::into_inner);
                state.idle -= 1;
            }
        }
    }

    /// Makes a batch, or lets all of `threads` threads make it if it is large.
    fn make(&self, pass: &Arc<Pass>, job: Job, threads: usize) {
        let number = job.number;
        let batch = match pass.begin(job, threads) {
            Ok(draft) if draft.shares() > 1 => {
                let mut state = self.lock();
                if let Some(queue) = state.queue(pass) {
                    queue.open(Arc::new(draft));
                }
                // The one who has begun it takes the first share on its next turn.
                return self.wake_all(state);
            }
            Ok(draft) => pass.make_share(&draft).map(|()| draft.finished()),
            Err(error) => Err(error),
        };
        self.take_in(pass, |queue| queue.put(number, batch));
    }

    fn make_share(&self, pass: &Arc<Pass>, draft: Arc<Draft>) {
        let made = pass.make_share(&draft);
        self.take_in(pass, |queue| queue.put_share(draft, made));
    }

    /// Wakes consumers if what is `put` is the batch that they wait for, or the last that was in the making.
    fn take_in(&self, pass: &Arc<Pass>, put: impl FnOnce(&mut Queue) -> bool) {
        let mut state = self.lock();
        if let Some(queue) = state.queue(pass) {
            let is_next = put(queue);
            let is_awaited = queue.waiting > 0 && (is_next || queue.making == 0);
            drop(state);
            if is_awaited {
                pass.made.notify_all();
            }
        }
    }

    fn wake_one(&self, state: MutexGuard<'_, State>) {
        let is_idle = state.idle > 0;
        drop(state);
        if is_idle {
            self.wanted.notify_one();
        }
    }

    fn wake_all(&self, state: MutexGuard<'_, State>) {
        drop(state);
        self.wanted.notify_all();
    }
}

/// Waits until something has happened to a pass that its consumers care for, or for `patience`.
fn wait<'a>(pass: &Arc<Pass>, mut state: MutexGuard<'a, State>, patience: Duration) -> MutexGuard<'a, State> {
    if let Some(queue) = state.queue(pass) {
        queue.waiting += 1;
    }
    state = pass.made.wait_timeout(state, patience).unwrap_or_else(PoisonError::into_inner).0;
    if let Some(queue) = state.queue(pass) {
        queue.waiting -= 1;
    }
    state
}

#[cfg(test)]
impl Pool {
    /// As a forked child finds it.
    pub(super) fn of_another_process(threads: usize) -> Result<Arc<Self>> {
        let mut pool = Self::start(threads)?;
        if let Some(pool) = Arc::get_mut(&mut pool) {
            pool.process = pool.process.wrapping_add(1);
        }
        Ok(pool)
    }

    /// The lock, held as by a thread that stayed in the parent.
    pub(super) fn hold(&self) -> impl Drop + '_ {
        self.shared.lock()
    }
}

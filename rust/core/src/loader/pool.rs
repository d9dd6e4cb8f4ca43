//! The threads of a loader: started with its first pass, shared by all of them, gone with the last.
//!
//! Shared between threads: `State`, under one lock that is never held while a batch is made, and conditions: `wanted`
//! (for workers) and one for the consumers of each pass. Nobody is woken who does not sleep: waking costs a call of the
//! system, which is more than the rest of a consumer's turn.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::crew::Crew;
use super::pass::{Draft, Pass};
use super::queue::{Queue, Task};
use crate::batch::{Batch, Lent, SlotPool};
use crate::{Error, Result};

/// Worker threads, none where consumers make their batches themselves. Dropping it stops them.
#[derive(Debug)]
pub(super) struct Pool {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
    process: u32,
}

/// How long a thread looks for news before it falls asleep: workers at the end of a pass, or who wait for a slot while nobody
/// is at a batch, and consumers that take part in making batches. The next pass often begins at once; two workers who are
/// woken for it may find themselves on one processor while another one is idle, for longer than a pass of a few batches takes.
const LINGER: Duration = Duration::from_micros(200);

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    wanted: Condvar,
    /// Grows whenever there may be work, for workers who look for it and do not sleep.
    news: AtomicUsize,
    crew: Crew,
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

/// What came of it.
enum Made {
    /// A large batch is begun, for all threads to make.
    Draft(Arc<Draft>),
    /// A batch, by its number.
    Batch(usize, Result<Batch>),
    Share(Arc<Draft>, Result<()>),
}

/// Who waits for what was made, and is woken once the lock is free: under it, whoever is woken falls asleep again.
#[derive(Clone, Copy)]
enum Wake {
    Nobody,
    Consumers,
    /// So many of those that sleep.
    Workers(usize),
}

impl Task {
    /// Makes a batch or a share of one, or begins a large batch that all of `threads` threads will make.
    fn make(self, pass: &Pass, threads: usize) -> Made {
        match self {
            Self::Batch(job) => {
                let number = job.number;
                match pass.begin(job, threads) {
                    Ok(draft) if draft.shares() > 1 => Made::Draft(Arc::new(draft)),
                    Ok(draft) => Made::Batch(number, pass.make_share(&draft, 0).map(|()| draft.finished())),
                    Err(error) => Made::Batch(number, Err(error)),
                }
            }
            Self::Share(draft, number) => {
                let made = pass.make_share(&draft, number);
                Made::Share(draft, made)
            }
        }
    }
}

#[derive(Debug)]
struct Active {
    pass: Arc<Pass>,
    queue: Queue,
}

impl Pool {
    pub(super) fn start(workers: usize) -> Result<Arc<Self>> {
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            wanted: Condvar::new(),
            news: AtomicUsize::new(0),
            crew: Crew::of(workers),
        });
        let mut pool = Self { shared, workers: Vec::with_capacity(workers), process: std::process::id() };
        for number in 0..workers {
            let shared = Arc::clone(&pool.shared);
            let worker = std::thread::Builder::new()
                .name(format!("medmnist-{number}"))
                .spawn(move || shared.work(number))
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
        let sleepers = state.sleepers(self.shared.crew.room(&pass, &queue), self.shared.crew);
        state.active.push(Active { pass, queue });
        drop(state);
        self.shared.wake_workers(sleepers);
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
            self.shared.wake_for(pass, state);
        }
    }

    /// Batches of a pass that have not been yielded yet.
    pub(super) fn remaining(&self, pass: &Arc<Pass>) -> usize {
        self.shared.lock().queue(pass).map_or(0, |queue| queue.remaining())
    }

    /// The next batch of a pass; waits for it no longer than `patience`.
    pub(super) fn next(&self, pass: &Arc<Pass>, patience: Duration) -> Next {
        let started = Instant::now();
        let mut looks = true;
        let mut state = self.shared.lock();
        loop {
            let Some(queue) = state.queue(pass) else { return Next::End };
            let mark = *queue.mark.get_or_insert(started);
            pass.came_after(started.saturating_duration_since(mark));
            if let Some(batch) = queue.take() {
                let now = Instant::now();
                queue.mark = Some(now);
                let samples = batch.as_ref().map_or(0, |batch| batch.len);
                pass.counters.yielded(samples, now - mark, now - started);
                self.shared.wake_for(pass, state);
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
            let crew = self.shared.crew;
            let helps = crew.workers == 0 || pass.is_short() && queue.workers <= crew.spare;
            let task = if helps { queue.help(!crew.is_crowded(pass, queue)) } else { None };
            if let Some(task) = task {
                drop(state);
                self.shared.help(pass, task);
                state = self.shared.lock();
            } else if looks && pass.is_joint() {
                let seen = pass.news.load(Relaxed);
                drop(state);
                looks = linger(&pass.news, seen, Instant::now() + LINGER, || false);
                state = self.shared.lock();
            } else {
                state = wait(pass, state, left);
            }
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
        self.shared.lock().stopped = true;
        self.shared.wake_workers(self.workers.len());
        for worker in self.workers.drain(..) {
            // Workers catch their panics; there is nothing to learn from the result.
            let _ = worker.join();
        }
    }
}

impl State {
    /// Workers that do not sleep: they have something to do, or look for it before they fall asleep.
    fn awake(&self, crew: Crew) -> usize {
        crew.workers - self.idle
    }

    /// Whether no pass has a batch that nobody has taken up.
    fn is_done(&self) -> bool {
        self.active.iter().all(|active| active.queue.is_done())
    }

    /// Of a pass whose workers had better wait for a slot: its slots, how many are about to be taken, and whether somebody is at
    /// a batch.
    fn crowded(&self, crew: Crew) -> Option<(Arc<SlotPool>, usize, bool)> {
        let Active { pass, queue } = self.active.iter().find(|active| crew.is_crowded(&active.pass, &active.queue))?;
        Some((Arc::clone(&pass.slots), queue.beginning(), queue.workers + queue.helping > 0))
    }

    /// How many sleeping workers to wake for so much to do.
    fn sleepers(&self, tasks: usize, crew: Crew) -> usize {
        let busy: usize = self.active.iter().map(|active| active.queue.workers).sum();
        tasks.saturating_sub(self.awake(crew).saturating_sub(busy)).min(self.idle)
    }

    fn queue(&mut self, pass: &Pass) -> Option<&mut Queue> {
        self.active
            .iter_mut()
            .find(|active| std::ptr::eq(Arc::as_ptr(&active.pass), pass))
            .map(|active| &mut active.queue)
    }

    /// Takes in what a thread has made, and says who waits for that: consumers, if it is their next batch or the last in
    /// the making; workers, if there are shares for them.
    fn take_in(&mut self, pass: &Pass, made: Made, crew: Crew) -> Wake {
        let Some(queue) = self.queue(pass) else { return Wake::Nobody };
        pass.news.fetch_add(1, Relaxed);
        let is_next = match made {
            Made::Draft(draft) => {
                // Whoever began it takes one.
                let shares = (draft.shares() - 1).min(crew.room(pass, queue));
                queue.open(draft);
                return Wake::Workers(self.sleepers(shares, crew));
            }
            Made::Batch(number, batch) => queue.put(number, batch),
            Made::Share(draft, made) => queue.put_share(draft, made),
        };
        if queue.waiting > 0 && (is_next || queue.making == 0) { Wake::Consumers } else { Wake::Nobody }
    }

    /// What to do next: a share of a batch that others are at, or another batch, of the passes in turn. Who is `patient`
    /// begins none for which there is no slot in the cache.
    fn take_up(&mut self, worker: usize, crew: Crew, patient: bool) -> Option<(Arc<Pass>, Task)> {
        let with_room = self.active.iter_mut().filter(|active| crew.room(&active.pass, &active.queue) > 0);
        for Active { pass, queue } in with_room {
            if let Some((draft, number)) = queue.take_share(worker) {
                queue.workers += 1;
                return Some((Arc::clone(pass), Task::Share(draft, number)));
            }
        }
        let passes = self.active.len();
        (0..passes).find_map(|next| {
            let place = (self.turn + next) % passes;
            let Active { pass, queue } = &mut self.active[place];
            if crew.room(pass, queue) == 0 || patient && crew.is_crowded(pass, queue) {
                return None;
            }
            let job = queue.take_up()?;
            queue.workers += 1;
            self.turn = place + 1;
            Some((Arc::clone(pass), Task::Batch(job)))
        })
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A worker's life. It gives in what it has made and takes up the next at once, so that nobody is woken for that.
    fn work(&self, number: usize) {
        // What it has worked on, and who waits for that: nobody is woken, and no data of Python's dropped, under the lock.
        let mut left: Option<(Arc<Pass>, Wake)> = None;
        // Whether it looks for more before it falls asleep or takes a slot too many, among how many, and until when.
        let mut lingers = false;
        let mut most_awake = 0;
        let mut deadline: Option<Instant> = None;
        let mut state = self.lock();
        while !state.stopped {
            let next = state.take_up(number, self.crew, lingers);
            if next.is_none() && left.is_none() {
                let crowded = state.crowded(self.crew);
                // Who looks would take its processor from a worker that has something to do.
                if lingers && state.awake(self.crew) <= most_awake && (crowded.is_some() || state.is_done()) {
                    let seen = self.news.load(Relaxed);
                    drop(state);
                    let until = *deadline.get_or_insert_with(|| Instant::now() + LINGER);
                    let has_cache = || crowded.as_ref().is_some_and(|(slots, about_to, _)| slots.has_cache(*about_to));
                    lingers = linger(&self.news, seen, until, has_cache);
                    // A slot is given back only after the batch that another thread is at.
                    if crowded.as_ref().is_some_and(|&(.., is_busy)| is_busy) {
                        (lingers, deadline) = (true, None);
                    }
                    state = self.lock();
                    continue;
                }
                state.idle += 1;
                state = self.wanted.wait(state).unwrap_or_else(PoisonError::into_inner);
                state.idle -= 1;
                deadline = None;
                continue;
            }
            drop(state);
            if let Some((pass, wake)) = left.take() {
                self.wake(&pass, wake);
            }
            if let Some((pass, _)) = &next {
                lingers = true;
                most_awake = self.crew.most_awake(pass);
                deadline = None;
            }
            let made = next.map(|(pass, task)| (task.make(&pass, self.crew.hands(&pass)), pass));
            state = self.lock();
            left = made.map(|(made, pass)| {
                let wake = state.take_in(&pass, made, self.crew);
                if let Some(queue) = state.queue(&pass) {
                    queue.workers -= 1;
                }
                (pass, wake)
            });
        }
    }

    /// What a consumer does instead of waiting.
    fn help(&self, pass: &Pass, task: Task) {
        let made = task.make(pass, self.crew.hands(pass));
        let mut state = self.lock();
        if let Some(queue) = state.queue(pass) {
            queue.helping -= 1;
        }
        let wake = state.take_in(pass, made, self.crew);
        drop(state);
        self.wake(pass, wake);
    }

    fn wake(&self, pass: &Pass, whom: Wake) {
        match whom {
            Wake::Nobody => {}
            Wake::Consumers => pass.made.notify_all(),
            Wake::Workers(sleepers) => self.wake_workers(sleepers),
        }
    }

    /// Wakes a worker if a pass wants one.
    fn wake_for(&self, pass: &Pass, mut state: MutexGuard<'_, State>) {
        let wants = |queue: &mut Queue| !queue.is_done() && queue.is_low() && self.crew.room(pass, queue) > 0;
        let is_wanted = state.queue(pass).is_some_and(wants);
        let sleepers = state.sleepers(1, self.crew);
        drop(state);
        if is_wanted {
            self.wake_workers(sleepers);
        }
    }

    /// Tells those who look for work, and wakes some of those who sleep.
    fn wake_workers(&self, sleepers: usize) {
        self.news.fetch_add(1, Relaxed);
        (0..sleepers).for_each(|_| self.wanted.notify_one());
    }
}

/// Waits for news, or until it `is_over`, without falling asleep; who wants the processor gets it. Whether it was in time.
fn linger(news: &AtomicUsize, seen: usize, deadline: Instant, is_over: impl Fn() -> bool) -> bool {
    while news.load(Relaxed) == seen && !is_over() {
        if Instant::now() > deadline {
            return false;
        }
        std::thread::yield_now();
    }
    true
}

/// Waits until something has happened to a pass that its consumers care for, or for `patience`.
fn wait<'a>(pass: &Pass, mut state: MutexGuard<'a, State>, patience: Duration) -> MutexGuard<'a, State> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache;

    fn taken_up(pass: &Arc<Pass>, crew: Crew, patient: bool) -> bool {
        let queue = Queue::new(Some(9), 4, false);
        let mut state = State { active: vec![Active { pass: Arc::clone(pass), queue }], ..State::default() };
        let task = state.take_up(0, crew, patient);
        assert_eq!(state.active[0].queue.workers, usize::from(task.is_some()));
        task.is_some()
    }

    #[test]
    fn a_patient_worker_waits_for_a_slot_in_the_cache() {
        let pair = Crew { workers: 2, spare: 1 };
        // Memory that nobody touches costs nothing.
        let pass = Arc::new(Pass::near(cache::last() / 5 * 2, Duration::from_micros(400)));
        let take = || pass.slots.take(0, None).expect("memory");
        let _first = take();
        assert!(taken_up(&pass, pair, true));
        let second = take();
        assert!(!taken_up(&pass, pair, true));
        assert!(taken_up(&pass, pair, false));
        // More threads than can work on one batch.
        assert!(taken_up(&pass, Crew { workers: 4, spare: 7 }, true));
        pass.came_after(Duration::from_millis(1));
        assert!(taken_up(&pass, pair, true), "nobody is about to give one back");
        pass.came_after(Duration::ZERO);
        drop(second);
        assert!(taken_up(&pass, pair, true));
    }

    /// The consumer and a worker look at the same time for something to do.
    #[test]
    fn a_batch_that_is_begun_counts_before_it_has_a_slot() {
        let pair = Crew { workers: 2, spare: 1 };
        let pass = Arc::new(Pass::near(cache::last() / 5 * 2, Duration::from_micros(400)));
        let _kept = pass.slots.take(0, None).expect("memory");
        let state = || {
            let active = Active { pass: Arc::clone(&pass), queue: Queue::new(Some(9), 4, false) };
            State { active: vec![active], ..State::default() }
        };
        let crowded = |state: &State| state.crowded(pair).map(|(_, about_to, is_busy)| (about_to, is_busy));
        let mut helped = state();
        assert_eq!(crowded(&helped), None);
        assert!(helped.active[0].queue.help(false).is_some());
        assert_eq!(crowded(&helped), Some((1, true)));
        assert!(helped.take_up(0, pair, true).is_none());
        assert!(helped.take_up(0, pair, false).is_some());
        let mut worked = state();
        assert!(worked.take_up(0, pair, true).is_some());
        assert_eq!(crowded(&worked), Some((1, true)));
        let _second = pass.slots.take(0, None).expect("memory");
        assert_eq!(crowded(&state()), Some((0, false)));
    }

    #[test]
    fn nobody_waits_for_a_slot_if_one_thread_makes_a_batch() {
        let pass = Arc::new(Pass::near(cache::last() / 5 * 2, Duration::from_micros(140)));
        let _slots = [(); 2].map(|()| pass.slots.take(0, None).expect("memory"));
        assert!(pass.is_joint() && !pass.slots.has_cache(0));
        assert!(taken_up(&pass, Crew { workers: 2, spare: 1 }, true));
    }

    #[test]
    fn no_more_workers_are_woken_than_sleep_and_have_something_to_do() {
        let sleepers = |looking, idle, tasks| {
            let crew = Crew { workers: looking + idle, spare: 1 };
            State { idle, ..State::default() }.sleepers(tasks, crew)
        };
        assert_eq!(sleepers(0, 3, usize::MAX), 3);
        assert_eq!(sleepers(0, 3, 2), 2);
        assert_eq!(sleepers(1, 3, 2), 1);
        assert_eq!(sleepers(2, 3, 1), 0);
        // Who is busy does not look.
        let mut queue = Queue::new(Some(9), 4, false);
        queue.workers = 1;
        let active = vec![Active { pass: Arc::new(Pass::near(8, Duration::ZERO)), queue }];
        let state = State { active, idle: 2, ..State::default() };
        assert_eq!([1, 2, 3, 4].map(|tasks| state.sleepers(tasks, Crew { workers: 4, spare: 1 })), [0, 1, 2, 2]);
    }
}

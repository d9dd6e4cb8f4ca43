//! The memory of batches: slots that are filled, lent out, and filled again.

use std::any::Any;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::ThreadId;

use crate::Result;
use crate::cache;
use crate::loader::Labels;
use crate::memory::Memory;

/// A pool of slots for batches of one size, or of a few. It never blocks: who keeps every batch gets fresh memory for the next.
///
/// A pool belongs to the process that made it. In a forked child its lock may be held for ever by a thread that
/// exists in the parent only, so slots inherited by a child are freed there and not put back.
#[derive(Debug)]
pub struct SlotPool {
    process: u32,
    slot_len: usize,
    /// Warm slots kept for reuse; more than the pipeline can hold at once would never be used.
    capacity: usize,
    free: Mutex<Vec<Free>>,
    in_use: AtomicUsize,
    /// Bytes of all batches for which slots were taken.
    taken: AtomicU64,
    /// Whether a slot has been asked for.
    is_begun: AtomicBool,
}

impl SlotPool {
    /// A pool of slots of `slot_len` bytes that keeps up to `capacity` of them warm.
    #[must_use]
    pub fn new(slot_len: usize, capacity: usize) -> Arc<Self> {
        Arc::new(Self {
            process: std::process::id(),
            slot_len,
            capacity,
            free: Mutex::default(),
            in_use: AtomicUsize::new(0),
            taken: AtomicU64::new(0),
            is_begun: AtomicBool::new(false),
        })
    }

    /// This pool, or an empty one like it if this one is the parent process's.
    #[must_use]
    pub fn of_this_process(self: &Arc<Self>) -> Arc<Self> {
        if self.is_ours() { Arc::clone(self) } else { Self::new(self.slot_len, self.capacity) }
    }

    fn is_ours(&self) -> bool {
        self.process == std::process::id()
    }

    /// Bytes of a slot.
    #[must_use]
    pub fn slot_len(&self) -> usize {
        self.slot_len
    }

    /// Slots that are lent out.
    #[must_use]
    pub fn in_use(&self) -> usize {
        self.in_use.load(Relaxed)
    }

    /// A warm slot if there is one, else a fresh one; a larger one if a batch needs it. Its bytes are whatever they
    /// were. The first one, for which somebody waits, is of the pages that come soonest, and is not kept if they are small.
    /// `writer` is the only thread that will write to it, `None` if there will be several.
    pub fn take(self: &Arc<Self>, len: usize, writer: Option<ThreadId>) -> Result<Slot> {
        let warm = self.warm(writer).filter(|free| free.memory.as_ref().len() >= len);
        let taken = self.taken.fetch_add(len as u64, Relaxed);
        let is_cached = warm.as_ref().is_some_and(|free| taken - free.taken <= cached());
        let memory = warm.map_or_else(|| Memory::zeroed(len.max(self.slot_len)), |free| Ok(free.memory));
        let memory = memory.inspect_err(|_| {
            self.in_use.fetch_sub(1, Relaxed);
        })?;
        let is_urgent = !self.is_begun.swap(true, Relaxed);
        Ok(Slot { memory: Some(memory), pool: Arc::clone(self), is_urgent, taken, is_cached, writer })
    }

    /// Counts a slot as in use, and says which: one that the same thread wrote, since what another one wrote may be in the
    /// caches of a processor far away. If there is none, the last one that was given back, unless there is room for a slot
    /// more in the last cache, and for other data. `None` is a fresh one.
    fn warm(&self, writer: Option<ThreadId>) -> Option<Free> {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        // Under the lock, as others who find none of their own count on it.
        let slots = self.in_use.fetch_add(1, Relaxed) + 1 + free.len();
        if let Some(own) = free.iter().rposition(|free| free.writer == writer) {
            return Some(free.remove(own));
        }
        let has_room = slots <= self.capacity && slots.saturating_mul(self.slot_len) <= cache::last() / 2;
        if writer.is_some() && has_room { None } else { free.pop() }
    }

    /// Whether one more slot is in the last cache beside those in use and so many that are about to be taken, or not even two
    /// are.
    pub(crate) fn has_cache(&self, about_to: usize) -> bool {
        let slots = self.in_use.load(Relaxed) + about_to + 1;
        slots.saturating_mul(self.slot_len) <= cache::last() || !self.keeps_two()
    }

    /// Whether the last cache holds two slots.
    pub(crate) fn keeps_two(&self) -> bool {
        self.slot_len <= cache::last() / 2
    }

    fn put_back(&self, memory: Memory, taken: u64, writer: Option<ThreadId>) {
        if !self.is_ours() || memory.is_makeshift() {
            self.in_use.fetch_sub(1, Relaxed);
            return;
        }
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        self.in_use.fetch_sub(1, Relaxed);
        if free.len() < self.capacity {
            free.push(Free { memory, taken, writer });
        }
    }
}

/// A slot that nobody uses.
#[derive(Debug)]
struct Free {
    memory: Memory,
    /// Bytes of the batches before the one that it held last.
    taken: u64,
    /// The only thread that wrote it.
    writer: Option<ThreadId>,
}

/// Of so many bytes, written since, a good part is in the last cache, if it was written through it.
fn cached() -> u64 {
    let last = cache::last() as u64;
    last + last / 2
}

/// The memory of one batch; it returns to its pool when dropped.
#[derive(Debug)]
pub struct Slot {
    /// `None` only while it is dropped.
    memory: Option<Memory>,
    pool: Arc<SlotPool>,
    is_urgent: bool,
    /// Bytes of the batches before this one.
    taken: u64,
    is_cached: bool,
    /// The only thread that writes to it.
    writer: Option<ThreadId>,
}

impl AsMut<[u8]> for Slot {
    fn as_mut(&mut self) -> &mut [u8] {
        self.memory.as_mut().map_or(&mut [], Memory::as_mut)
    }
}

impl AsRef<[u8]> for Slot {
    fn as_ref(&self) -> &[u8] {
        self.memory.as_ref().map_or(&[], Memory::as_ref)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some(memory) = self.memory.take() {
            self.pool.put_back(memory, self.taken, self.writer);
        }
    }
}

/// Memory for one batch that somebody else owns, such as pinned memory of a framework; it comes back with the batch.
pub trait Lend: AsRef<[u8]> + AsMut<[u8]> + Send + Sync {
    /// To find out whose it is.
    fn into_any(self: Box<Self>) -> Box<dyn Any>;
}

/// See [`Lend`].
pub type Lent = Box<dyn Lend>;

impl std::fmt::Debug for dyn Lend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Lent({} bytes)", self.as_ref().len())
    }
}

/// Where the samples of a batch are.
#[derive(Debug)]
pub enum Place {
    /// In memory that is used again.
    Slot(Slot),
    /// In somebody else's.
    Lent(Lent),
}

impl Place {
    /// Whether the last cache still holds it, since few other batches were made since it was written.
    pub(crate) fn is_cached(&self) -> bool {
        matches!(self, Self::Slot(Slot { is_cached: true, .. }))
    }

    /// Sees to the pages of a part that is written to next, if somebody waits for them.
    fn hurry(&self, from: usize, len: usize) {
        if let Self::Slot(Slot { memory: Some(memory), is_urgent: true, .. }) = self {
            memory.hurry(from, len);
        }
    }
}

impl AsMut<[u8]> for Place {
    fn as_mut(&mut self) -> &mut [u8] {
        match self {
            Self::Slot(slot) => slot.as_mut(),
            Self::Lent(memory) => (**memory).as_mut(),
        }
    }
}

impl AsRef<[u8]> for Place {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Slot(slot) => slot.as_ref(),
            Self::Lent(memory) => (**memory).as_ref(),
        }
    }
}

/// The memory of a batch that several threads fill, each a part of its own.
#[derive(Debug)]
pub(crate) struct Parts {
    place: Place,
    start: *mut u8,
    len: usize,
    /// Bytes of a part; the last one may have fewer.
    part: usize,
    /// For each part, whether somebody has it.
    taken: Vec<AtomicBool>,
}

impl Parts {
    /// Of the first `len` bytes of `place`, `part` bytes each.
    pub(crate) fn new(mut place: Place, len: usize, part: usize) -> Self {
        let start = place.as_mut()[..len].as_mut_ptr();
        let taken = std::iter::repeat_with(AtomicBool::default).take(len.div_ceil(part.max(1))).collect();
        Self { place, start, len, part, taken }
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.taken.len()
    }

    /// The bytes of a part, once.
    #[allow(unsafe_code)]
    #[allow(clippy::mut_from_ref, reason = "of other bytes each time")]
    pub(crate) fn take(&self, number: usize) -> Option<&mut [u8]> {
        if self.taken.get(number)?.swap(true, Relaxed) {
            return None;
        }
        let from = number * self.part;
        let len = self.part.min(self.len - from);
        self.place.hurry(from, len);
        // SAFETY: the bytes are initialised, and neither moved nor freed while `place` is here. Parts do not overlap and
        // each is given out once; nobody else has `place` before `into_place`, which needs all borrows to have ended.
        Some(unsafe { std::slice::from_raw_parts_mut(self.start.add(from), len) })
    }

    /// The memory as a whole again.
    pub(crate) fn into_place(self) -> Place {
        self.place
    }
}

// SAFETY: the pointer is that of `place`, which may be sent, and gives every byte to one thread only.
#[allow(unsafe_code)]
unsafe impl Send for Parts {}
// SAFETY: as above.
#[allow(unsafe_code)]
unsafe impl Sync for Parts {}

/// One batch: `len` samples of a plan's output and their labels.
#[derive(Debug)]
pub struct Batch {
    /// Samples, one after the other; a last, smaller batch leaves the end unused.
    pub images: Place,
    /// Their labels.
    pub labels: Labels,
    /// Number of samples.
    pub len: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(slot: &Slot) -> usize {
        slot.as_ref().as_ptr() as usize
    }

    #[test]
    fn a_dropped_slot_is_the_next_one_taken() {
        let pool = SlotPool::new(100, 2);
        let slot = pool.take(100, None).expect("memory");
        let first = address(&slot);
        drop(slot);
        assert_eq!(address(&pool.take(100, None).expect("memory")), first);
    }

    #[test]
    fn a_slot_is_cached_while_few_others_are_written() {
        // Memory that nobody touches costs nothing.
        let len = usize::try_from(cached() / 3).expect("fits");
        let pool = SlotPool::new(len, 9);
        let first = pool.take(len, None).expect("memory");
        assert!(!first.is_cached, "fresh memory");
        let (second, third) = (pool.take(len, None).expect("memory"), pool.take(len, None).expect("memory"));
        drop(first);
        let again = pool.take(len, None).expect("memory");
        assert!(again.is_cached, "two others were written since");
        drop(second);
        assert!(pool.take(len, None).expect("memory").is_cached);
        // Not written at all, but as many bytes were.
        for _ in 0..2 {
            std::mem::forget(pool.take(len + 1, None).expect("memory"));
        }
        drop(third);
        assert!(!pool.take(len, None).expect("memory").is_cached, "five others were written since");
    }

    #[test]
    fn slots_are_cached_together_as_long_as_they_fit() {
        let last = cache::last();
        for (parts, fits) in [(3, [true, true, true, false]), (2, [true, true, false, false]), (1, [true; 4])] {
            let pool = SlotPool::new(last / parts, 1);
            let mut slots = vec![];
            for fits in fits {
                assert_eq!(pool.has_cache(0), fits, "slot {} of {parts}", slots.len());
                // Memory that nobody touches costs nothing.
                slots.push(pool.take(0, None).expect("memory"));
            }
            assert_eq!(pool.keeps_two(), parts >= 2);
        }
    }

    fn another_thread() -> ThreadId {
        std::thread::spawn(|| std::thread::current().id()).join().expect("no panic")
    }

    #[test]
    fn a_thread_gets_back_what_it_wrote() {
        let pool = SlotPool::new(100, 9);
        let writers = [Some(another_thread()), Some(another_thread()), None];
        let slots = writers.map(|writer| pool.take(100, writer).expect("memory"));
        let written = slots.each_ref().map(address);
        drop(slots);
        assert_eq!(writers.map(|writer| address(&pool.take(100, writer).expect("memory"))), written);
        // As long as it is free; who finds none gets memory that nobody wrote.
        let _own = pool.take(100, writers[0]).expect("memory");
        let fresh = [writers[0], Some(another_thread())].map(|writer| pool.take(100, writer).expect("memory"));
        assert!(fresh.iter().all(|slot| !written.contains(&address(slot))));
    }

    #[test]
    fn a_thread_gets_what_others_wrote_if_there_are_slots_enough() {
        for (slot_len, capacity) in [(100, 2), (cache::last() / 6 + 1, 9)] {
            let pool = SlotPool::new(slot_len, capacity);
            let slots = [(); 2].map(|()| pool.take(0, Some(another_thread())).expect("memory"));
            let last = address(&slots[1]);
            drop(slots);
            assert_eq!(
                address(&pool.take(0, Some(another_thread())).expect("memory")),
                last,
                "{capacity} of {slot_len}"
            );
        }
        // Several threads have no slot of their own.
        let pool = SlotPool::new(100, 9);
        let slot = pool.take(100, Some(another_thread())).expect("memory");
        let last = address(&slot);
        drop(slot);
        assert_eq!(address(&pool.take(100, None).expect("memory")), last);
    }

    #[test]
    fn somebody_waits_for_the_first_slot_only() {
        let pool = SlotPool::new(100, 2);
        let (first, second) = (pool.take(100, None).expect("memory"), pool.take(100, None).expect("memory"));
        assert_eq!((first.is_urgent, second.is_urgent), (true, false));
        drop((first, second));
        assert!(!pool.take(100, None).expect("memory").is_urgent);
    }

    #[test]
    fn memory_of_small_pages_is_not_kept() {
        let pool = SlotPool::new(100, 2);
        for (is_makeshift, kept) in [(true, 0), (false, 1)] {
            let slot = pool.take(100, None).expect("memory");
            if is_makeshift {
                slot.memory.as_ref().expect("not dropped").make_makeshift();
            }
            drop(slot);
            assert_eq!(pool.free.lock().expect("not poisoned").len(), kept);
        }
    }

    #[test]
    fn kept_slots_are_never_given_twice() {
        let pool = SlotPool::new(100, 1);
        let kept: Vec<Slot> = (0..5).map(|_| pool.take(100, None).expect("memory")).collect();
        assert_eq!(pool.in_use(), 5);
        let mut addresses: Vec<usize> = kept.iter().map(address).collect();
        addresses.sort_unstable();
        addresses.dedup();
        assert_eq!(addresses.len(), 5);
        drop(kept);
        assert_eq!(pool.free.lock().expect("not poisoned").len(), 1);
        assert_eq!(pool.in_use(), 0);
    }

    #[test]
    fn parts_do_not_overlap_and_are_all_there_is() {
        let pool = SlotPool::new(1000, 1);
        let parts = Parts::new(Place::Slot(pool.take(1000, None).expect("memory")), 990, 100);
        assert_eq!(parts.count(), 10);
        let lens: Vec<usize> = std::thread::scope(|scope| {
            let fill = || {
                let mut lens = vec![];
                for number in 0..11 {
                    if let Some(part) = parts.take(number) {
                        part.fill(u8::try_from(number).expect("few") + 1);
                        lens.push(part.len());
                    }
                }
                lens
            };
            let threads = [scope.spawn(fill), scope.spawn(fill)];
            threads.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect()
        });
        assert_eq!((lens.len(), lens.iter().sum::<usize>()), (10, 990));
        let place = parts.into_place();
        let bytes = &place.as_ref()[..990];
        assert!(bytes.iter().enumerate().all(|(at, &byte)| usize::from(byte) == at / 100 + 1));
    }

    #[test]
    fn a_larger_batch_gets_a_larger_slot() {
        let pool = SlotPool::new(100, 2);
        drop(pool.take(100, None).expect("memory"));
        assert_eq!(pool.take(300, None).expect("memory").as_ref().len(), 300);
    }
}

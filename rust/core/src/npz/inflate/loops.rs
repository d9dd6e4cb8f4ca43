//! The loops that decode the symbols of one lane, or of both in turns.
//!
//! Decoding literals is a chain of look-ups, each of which waits for the one before; a processor can follow two such chains
//! in the time of one.

use super::huffman::{Codes, Entry, FIRST_DISTANCE, FIRST_LITLEN};
use super::lanes::Side;

/// Room for symbols that one turn of a lane may take: literals, a match of 258, and the rounding up of its copy.
pub(super) const OUTPUT_SLACK: usize = LITERALS + 258 + WIDE;
/// Bytes of input that one turn of a lane may look at: three words, each at most 48 bits behind the one before.
pub(super) const INPUT_SLACK: usize = 24;
/// Bits that there are at least after a refill: a word, less what is in front of the position in its first byte.
const REFILLED: usize = 57;
/// Literals of a turn, at most: what one refill is enough for.
const LITERALS: usize = 4;
/// Extra bits of a length, at most (RFC 1951, 3.2.5).
const LONGEST_EXTRA: usize = 5;
/// Bits that a look-up may need (RFC 1951, 3.2.7).
const LONGEST_CODE: usize = 15;
/// Symbols that a match is copied by, of which the first is enough for most.
const STEP: usize = 8;
/// Symbols that the rest of a long match is copied by.
const WIDE: usize = 16;

/// The part of a lane that changes with every symbol.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cursor {
    /// The next bits, the first of them lowest; in the loops only.
    pub(super) bits: u64,
    /// The next bit of the shared input.
    pub(super) read: usize,
    /// Next of the shared symbols.
    pub(super) pos: usize,
}

/// How far a lane may go in a loop, and how far back.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Limits {
    /// `read` may be at most this, so that `INPUT_SLACK` bytes are behind its byte.
    pub(super) read: usize,
    /// `pos` may be at most this, so that there is room for `OUTPUT_SLACK` symbols.
    pub(super) pos: usize,
    /// The first symbol of history.
    pub(super) oldest: usize,
}

/// Why a loop was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    /// A lane has less input or room than the loop wants.
    Room,
    EndOfBlock,
    Fault(&'static str),
}

/// What the loops work on.
pub(super) struct Shared<'a> {
    pub(super) input: &'a [u8],
    pub(super) symbols: &'a mut [u16],
    pub(super) codes: &'a [Codes; 2],
}

// The four accesses of the innermost loops, without bounds checks: 1 to 4 % of the time of decoding photographs.
//
// Invariant: a loop starts its turn only while every cursor is within its limits. `Lanes::feed` sets `limits.read` so that
// `INPUT_SLACK` bytes of input are behind it, of which a turn looks at three words at most; its `start_unknown`
// and `start_known` set `limits.pos` so that `OUTPUT_SLACK` symbols are behind it, of which a turn writes at most
// `LITERALS` and one match, whose length is at most 258 by the table of lengths. No match reaches back before
// `limits.oldest`, which is checked for each.
#[allow(unsafe_code, clippy::inline_always, reason = "an island with its invariant, in the innermost loop")]
impl Shared<'_> {
    /// Eight bytes.
    #[inline(always)]
    fn word(&self, read: usize) -> u64 {
        debug_assert!(read + 8 <= self.input.len(), "input at {read}");
        // SAFETY: by the invariant there are eight bytes at `read`.
        u64::from_le(unsafe { self.input.as_ptr().add(read).cast::<u64>().read_unaligned() })
    }

    #[inline(always)]
    fn put(&mut self, pos: usize, symbol: u16) {
        debug_assert!(pos < self.symbols.len(), "symbol at {pos}");
        // SAFETY: by the invariant there is room at `pos`.
        unsafe { *self.symbols.as_mut_ptr().add(pos) = symbol };
    }

    /// `N` symbols; those that were not written yet are of no meaning.
    #[inline(always)]
    fn load<const N: usize>(&self, from: usize) -> [u16; N] {
        const { assert!(N <= WIDE) };
        debug_assert!(from + N <= self.symbols.len(), "symbols from {from}");
        // SAFETY: by the invariant `from` is not before the history; it is before the next symbol, where there is room.
        unsafe { self.symbols.as_ptr().add(from).cast::<[u16; N]>().read_unaligned() }
    }

    /// Puts `N` symbols.
    #[inline(always)]
    fn store<const N: usize>(&mut self, to: usize, symbols: [u16; N]) {
        const { assert!(N <= WIDE) };
        debug_assert!(to + N <= self.symbols.len(), "symbols to {to}");
        // SAFETY: by the invariant there is room at `to`.
        unsafe { self.symbols.as_mut_ptr().add(to).cast::<[u16; N]>().write_unaligned(symbols) };
    }
}

#[allow(clippy::inline_always, reason = "the innermost loop")]
impl Shared<'_> {
    /// [`REFILLED`] bits at least. Needs nothing but the position, so that there is one register less to keep.
    #[inline(always)]
    fn refill(&self, at: &mut Cursor) {
        at.bits = self.word(at.read / 8) >> (at.read % 8);
    }

    #[inline(always)]
    fn peek<const LANE: usize>(&self, at: &Cursor) -> Entry {
        self.codes[LANE].litlen.first(at.bits)
    }

    #[inline(always)]
    fn literal(&mut self, at: &mut Cursor, entry: Entry) {
        self.put(at.pos, entry.literal());
        at.pos += 1;
        at.consume(entry);
    }

    /// Some literals, or fewer of them and something else. The next entry is looked up before the refill, so that neither
    /// waits for the other.
    #[inline(always)]
    fn turn<const LANE: usize>(&mut self, at: &mut Cursor, oldest: usize, entry: &mut Entry) -> Exit {
        const { assert!((LITERALS + 1) * FIRST_LITLEN <= REFILLED) };
        self.refill(at);
        for _ in 0..LITERALS {
            if !entry.is_literal() {
                let exit = self.other::<LANE>(at, oldest, *entry);
                *entry = self.peek::<LANE>(at);
                return exit;
            }
            self.literal(at, *entry);
            *entry = self.peek::<LANE>(at);
        }
        Exit::Room
    }

    /// Anything but a literal of the first table. Takes at most 20 bits for a length and 28 for a distance, and leaves
    /// enough for a look-up.
    #[inline(always)]
    fn other<const LANE: usize>(&mut self, at: &mut Cursor, oldest: usize, mut entry: Entry) -> Exit {
        // What is left behind fewer than `LITERALS` is enough for a length of the first table and a look-up of its distance,
        // so that these need not wait for a word of input.
        const { assert!((LITERALS - 1) * FIRST_LITLEN + FIRST_LITLEN + LONGEST_EXTRA + FIRST_DISTANCE <= REFILLED) };
        let mut left = at.bits;
        self.refill(at);
        let start = at.read;
        if entry.is_special() {
            if entry.is_second() {
                at.consume(entry);
                entry = self.codes[LANE].litlen.second(entry, at.bits);
            }
            if entry.is_literal() {
                self.literal(at, entry);
                return Exit::Room;
            }
            if entry.is_end_of_block() {
                at.consume(entry);
                return Exit::EndOfBlock;
            }
            if entry.is_special() {
                return Exit::Fault("a code stands for no literal and no length");
            }
            left = at.bits;
        }
        let len = entry.value(left);
        let mut next = self.codes[LANE].distances.first(left.wrapping_shr(entry.bits()));
        at.consume(entry);
        if next.is_special() {
            if next.is_second() {
                at.consume(next);
                next = self.codes[LANE].distances.second(next, at.bits);
            }
            if next.is_special() {
                return Exit::Fault("a code stands for no distance");
            }
        }
        let distance = next.value(at.bits);
        at.consume(next);
        if distance > at.pos - oldest {
            return Exit::Fault("a match reaches back before the start");
        }
        self.copy(at.pos, distance, len);
        at.pos += len;
        if at.read - start > REFILLED - LONGEST_CODE {
            self.refill(at);
        }
        Exit::Room
    }

    /// May write up to `WIDE - 1` symbols more than asked for, where later ones will be.
    #[inline(always)]
    fn copy(&mut self, to: usize, distance: usize, len: usize) {
        let end = to + len;
        if distance < STEP {
            return self.repeat(to, distance, end);
        }
        // Few matches of photographs are longer than one step.
        let first = self.load::<STEP>(to - distance);
        self.store(to, first);
        if len > STEP {
            if distance < WIDE {
                self.copy_by::<STEP>(to + STEP, distance, end);
            } else {
                self.copy_by::<WIDE>(to + STEP, distance, end);
            }
        }
    }

    /// Copies `N` symbols at a time, which do not overlap with where they go.
    #[inline(always)]
    fn copy_by<const N: usize>(&mut self, mut to: usize, distance: usize, end: usize) {
        while to < end {
            let symbols = self.load::<N>(to - distance);
            self.store(to, symbols);
            to += N;
        }
    }

    /// Copies what overlaps with where it goes: a step of whole periods, over and over. Nothing is loaded again behind
    /// what was just stored, which would wait for it.
    #[inline(always)]
    fn repeat(&mut self, mut to: usize, distance: usize, end: usize) {
        /// How far a step goes: whole periods of each distance.
        const PERIODS: [usize; STEP] = [0, 8, 8, 6, 8, 5, 6, 7];
        // In the order of memory, so that shifts go the same way on every machine.
        let symbols: [u8; 2 * STEP] = bytemuck::cast(self.load::<STEP>(to - distance));
        let mut known = distance;
        let mut step = u128::from_le_bytes(symbols) & ((1 << (u16::BITS as usize * known)) - 1);
        while known < STEP {
            step |= step << (u16::BITS as usize * known);
            known *= 2;
        }
        if PERIODS[distance] == STEP {
            let steps: [u16; WIDE] = bytemuck::cast([step.to_le_bytes(); WIDE / STEP]);
            while to < end {
                self.store(to, steps);
                to += WIDE;
            }
        } else {
            let step: [u16; STEP] = bytemuck::cast(step.to_le_bytes());
            while to < end {
                self.store(to, step);
                to += PERIODS[distance];
            }
        }
    }
}

#[allow(clippy::inline_always, reason = "the innermost loop")]
impl Cursor {
    #[inline(always)]
    fn consume(&mut self, entry: Entry) {
        // The shift takes the lowest six bits by itself: nothing has to be masked on the way to the next look-up. The sum
        // takes the lowest eight, which are the same; with six the compiler would mask once for both, before the shift.
        self.bits = self.bits.wrapping_shr(entry.bits());
        self.read += (entry.bits() & 0xff) as usize;
    }

    #[inline(always)]
    fn is_within(&self, limits: &Limits) -> bool {
        self.read <= limits.read && self.pos <= limits.pos
    }
}

/// The loop of one lane.
#[allow(clippy::inline_always, reason = "compiled for several instruction sets")]
#[inline(always)]
fn one<const LANE: usize>(shared: Shared, from: Cursor, limits: Limits) -> (Cursor, Exit) {
    // Fields of their own, which the compiler keeps in registers.
    let (mut all, mut at) = (Shared { ..shared }, Cursor { ..from });
    all.refill(&mut at);
    let mut entry = all.peek::<LANE>(&at);
    while at.is_within(&limits) {
        let exit = all.turn::<LANE>(&mut at, limits.oldest, &mut entry);
        if exit != Exit::Room {
            return (at, exit);
        }
    }
    (at, Exit::Room)
}

/// The loop of both lanes: as that of one, in turns.
#[allow(clippy::inline_always, reason = "compiled for several instruction sets")]
#[inline(always)]
fn two(shared: Shared, from: [Cursor; 2], limits: [Limits; 2]) -> ([Cursor; 2], [Exit; 2]) {
    let mut all = Shared { ..shared };
    let [mut a, mut b] = from;
    all.refill(&mut a);
    all.refill(&mut b);
    let (mut x, mut y) = (all.peek::<0>(&a), all.peek::<1>(&b));
    while a.is_within(&limits[0]) && b.is_within(&limits[1]) {
        let exit = all.turn::<0>(&mut a, limits[0].oldest, &mut x);
        if exit != Exit::Room {
            return ([a, b], [exit, Exit::Room]);
        }
        let exit = all.turn::<1>(&mut b, limits[1].oldest, &mut y);
        if exit != Exit::Room {
            return ([a, b], [Exit::Room, exit]);
        }
    }
    ([a, b], [Exit::Room; 2])
}

pub(super) fn run_one(side: Side, shared: Shared, from: Cursor, limits: Limits) -> (Cursor, Exit) {
    #[cfg(target_arch = "x86_64")]
    if bmi2::is_available() {
        return bmi2::run_one(side, shared, from, limits);
    }
    match side {
        Side::A => one::<0>(shared, from, limits),
        Side::B => one::<1>(shared, from, limits),
    }
}

pub(super) fn run_two(shared: Shared, from: [Cursor; 2], limits: [Limits; 2]) -> ([Cursor; 2], [Exit; 2]) {
    #[cfg(target_arch = "x86_64")]
    if bmi2::is_available() {
        return bmi2::run_two(shared, from, limits);
    }
    two(shared, from, limits)
}

/// The same loops with BMI2, whose shifts take their count from any register.
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
mod bmi2 {
    use super::{Cursor, Exit, Limits, Shared, Side, one, two};

    pub(super) fn is_available() -> bool {
        std::arch::is_x86_feature_detected!("bmi2")
    }

    pub(super) fn run_one(side: Side, shared: Shared, from: Cursor, limits: Limits) -> (Cursor, Exit) {
        #[target_feature(enable = "bmi2")]
        fn with_bmi2(side: Side, shared: Shared, from: Cursor, limits: Limits) -> (Cursor, Exit) {
            match side {
                Side::A => one::<0>(shared, from, limits),
                Side::B => one::<1>(shared, from, limits),
            }
        }
        assert!(is_available(), "BMI2");
        // SAFETY: the processor has BMI2.
        unsafe { with_bmi2(side, shared, from, limits) }
    }

    pub(super) fn run_two(shared: Shared, from: [Cursor; 2], limits: [Limits; 2]) -> ([Cursor; 2], [Exit; 2]) {
        #[target_feature(enable = "bmi2")]
        fn with_bmi2(shared: Shared, from: [Cursor; 2], limits: [Limits; 2]) -> ([Cursor; 2], [Exit; 2]) {
            two(shared, from, limits)
        }
        assert!(is_available(), "BMI2");
        // SAFETY: the processor has BMI2.
        unsafe { with_bmi2(shared, from, limits) }
    }
}

//! Two decoders in different places of a DEFLATE stream, and the loops that run one of them, or both in turns.
//!
//! Decoding literals is a chain of look-ups, each of which waits for the one before; a processor can follow two such chains
//! in the time of one. What the lanes share while they run (input, symbols, tables) lies in one allocation each, half for
//! either lane, because registers are scarce.

use super::header::{self, Bits, Kind, MAX_HEADER};
use super::huffman::{Codes, Entry, FIRST_DISTANCE, FIRST_LITLEN};
use super::{Fault, Stream};
use crate::Result;
use crate::memory::Memory;

/// The farthest back that a match can reach.
pub(super) const WINDOW: usize = 1 << 15;
/// Values from here on stand for the bytes of an unknown history, the oldest first.
pub(super) const MARKER: u16 = 256;

/// Room for symbols that one turn of a loop may take: four literals, a match of 258, and the rounding up of its copy.
const OUTPUT_SLACK: usize = LITERALS + 258 + WIDE;
/// Bytes of input that one turn of a loop may look at: three words, each at most 48 bits behind the one before.
const INPUT_SLACK: usize = 24;
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
/// Bytes of input held by a lane, beside the zeros behind the end of the stream.
const HELD: usize = 1 << 16;
/// The first read of a lane, which may be all that it needs.
const FIRST_READ: usize = 1 << 13;
const INPUT: usize = HELD + MAX_HEADER;

/// Why a lane stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// At the start of a block, at or behind the bit where it was to stop.
    Boundary,
    /// At the end of the stream.
    End,
    /// The room for symbols is used up; it can go on after [`Lanes::slide`].
    Full,
}

/// Where a lane is in its block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Block {
    Boundary,
    Stored { left: usize },
    Codes,
}

/// One of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    A,
    B,
}

/// Bytes, one per symbol; and if the history was unknown, markers for bytes of that.
#[derive(Clone, Copy)]
pub(super) struct Decoded<'a> {
    pub(super) symbols: &'a [u16],
    pub(super) has_markers: bool,
}

/// Two decoders and their memory.
pub(super) struct Lanes {
    input: Box<[u8]>,
    /// `u16`, half of them for each lane.
    symbols: Memory,
    /// In each half.
    room: usize,
    codes: Box<[Codes; 2]>,
    sides: [Lane; 2],
}

#[derive(Debug)]
struct Lane {
    /// Offset in the stream of the first byte held.
    base: u64,
    /// Bytes held in this lane's half of the input, and zeros if the stream ends there.
    held: usize,
    is_at_end: bool,
    cursor: Cursor,
    limits: Limits,
    block: Block,
    is_last: bool,
    has_markers: bool,
}

/// The part of a lane that changes with every symbol.
#[derive(Debug, Clone, Copy, Default)]
struct Cursor {
    /// The next bits, the first of them lowest; in the loops only.
    bits: u64,
    /// The next bit of the shared input.
    read: usize,
    /// Next of the shared symbols.
    pos: usize,
}

/// How far a lane may go in a loop, and how far back.
#[derive(Debug, Clone, Copy, Default)]
struct Limits {
    /// `read` may be at most this, so that `INPUT_SLACK` bytes are behind its byte.
    read: usize,
    /// `pos` may be at most this, so that there is room for `OUTPUT_SLACK` symbols.
    pos: usize,
    /// The first symbol of history.
    oldest: usize,
}

impl Lanes {
    /// Each lane has room for `room` symbols.
    pub(super) fn new(room: usize) -> Result<Self> {
        let room = WINDOW + room + OUTPUT_SLACK;
        let lane = || Lane {
            base: 0,
            held: 0,
            is_at_end: false,
            cursor: Cursor::default(),
            limits: Limits::default(),
            block: Block::Boundary,
            is_last: false,
            has_markers: false,
        };
        Ok(Self {
            input: vec![0; 2 * INPUT].into(),
            symbols: Memory::zeroed(2 * size_of::<u16>() * room)?,
            room,
            #[allow(clippy::large_stack_arrays, reason = "once per thread")]
            codes: Box::new([Codes::new(), Codes::new()]),
            sides: [lane(), lane()],
        })
    }

    /// Starts at a block boundary, with an unknown history.
    pub(super) fn start_unknown(&mut self, side: Side, stream: &Stream, bit: u64) -> Result<(), Fault> {
        let first = self.first_symbol(side);
        for (marker, symbol) in (MARKER..).zip(&mut self.all_symbols()[first - WINDOW..first]) {
            *symbol = marker;
        }
        let end = first - WINDOW + self.room;
        let lane = &mut self.sides[side as usize];
        lane.limits = Limits { oldest: first - WINDOW, pos: end - OUTPUT_SLACK, read: 0 };
        lane.has_markers = true;
        self.start(side, stream, bit)
    }

    /// Starts at a block boundary behind a known history, with room for at least `room` symbols (or for all there can be).
    pub(super) fn start_known(
        &mut self,
        side: Side,
        stream: &Stream,
        bit: u64,
        history: &[u8],
        room: usize,
    ) -> Result<(), Fault> {
        let first = self.first_symbol(side);
        let end = first - WINDOW + self.room;
        self.sides[side as usize].limits.pos = first.saturating_add(room).min(end - OUTPUT_SLACK);
        self.slide(side, history);
        self.start(side, stream, bit)
    }

    /// Forgets the symbols; their bytes, of which the last are given, become history.
    pub(super) fn slide(&mut self, side: Side, history: &[u8]) {
        let first = self.first_symbol(side);
        let history = &history[history.len().saturating_sub(WINDOW)..];
        let oldest = first - history.len();
        for (symbol, &byte) in self.all_symbols()[oldest..first].iter_mut().zip(history) {
            *symbol = byte.into();
        }
        let lane = &mut self.sides[side as usize];
        lane.limits.oldest = oldest;
        lane.cursor.pos = first;
        lane.has_markers = false;
    }

    fn start(&mut self, side: Side, stream: &Stream, bit: u64) -> Result<(), Fault> {
        let (first, read) = (self.first_symbol(side), side as usize * INPUT);
        let lane = &mut self.sides[side as usize];
        (lane.base, lane.held, lane.is_at_end) = (bit / 8, 0, false);
        (lane.block, lane.is_last) = (Block::Boundary, false);
        lane.cursor = Cursor { bits: 0, read: read * 8, pos: first };
        self.feed(side, stream, FIRST_READ)?;
        self.sides[side as usize].cursor.read += (bit % 8) as usize;
        Ok(())
    }

    /// What was decoded since the start or the last slide.
    pub(super) fn decoded(&self, side: Side) -> Decoded<'_> {
        Decoded { symbols: self.symbols(side), has_markers: self.sides[side as usize].has_markers }
    }

    pub(super) fn symbols(&self, side: Side) -> &[u16] {
        &bytemuck::cast_slice(self.symbols.as_ref())[self.first_symbol(side)..self.sides[side as usize].cursor.pos]
    }

    /// The next bit of the stream.
    pub(super) fn bit(&self, side: Side) -> u64 {
        let lane = &self.sides[side as usize];
        lane.base * 8 + (lane.cursor.read - side as usize * INPUT * 8) as u64
    }

    /// Decodes to the first block boundary at or behind `stop`.
    pub(super) fn decode(&mut self, side: Side, stream: &Stream, stop: u64) -> Result<Stop, Fault> {
        loop {
            if let Some(stop) = self.prepare(side, stream, stop)? {
                return Ok(stop);
            }
            let lane = &self.sides[side as usize];
            let (cursor, limits) = (lane.cursor, lane.limits);
            let (cursor, exit) = run_one(side, self.shared(), cursor, limits);
            self.leave(side, stream, cursor, exit)?;
        }
    }

    /// Decodes both to their stops, in turns as long as both go on.
    pub(super) fn decode_both(&mut self, stream: &Stream, stops: [u64; 2]) -> [Result<Stop, Fault>; 2] {
        loop {
            if let Some(a) = self.prepare(Side::A, stream, stops[0]).transpose() {
                return [a, self.decode(Side::B, stream, stops[1])];
            }
            if let Some(b) = self.prepare(Side::B, stream, stops[1]).transpose() {
                return [self.decode(Side::A, stream, stops[0]), b];
            }
            let [a, b] = &self.sides;
            let (cursors, limits) = ([a.cursor, b.cursor], [a.limits, b.limits]);
            let ([a, b], exits) = run_two(self.shared(), cursors, limits);
            match (self.leave(Side::A, stream, a, exits[0]), self.leave(Side::B, stream, b, exits[1])) {
                (Ok(()), Ok(())) => {}
                (Err(a), Ok(())) => return [Err(a), self.decode(Side::B, stream, stops[1])],
                (Ok(()), Err(b)) => return [self.decode(Side::A, stream, stops[0]), Err(b)],
                (Err(a), Err(b)) => return [Err(a), Err(b)],
            }
        }
    }

    /// Everything but codes: until there is room for the loops or a reason to stop.
    fn prepare(&mut self, side: Side, stream: &Stream, stop: u64) -> Result<Option<Stop>, Fault> {
        loop {
            let bit = self.bit(side);
            if bit > stream.len * 8 {
                return Err(Fault::cut_short(stream));
            }
            let lane = &self.sides[side as usize];
            let unread = side as usize * INPUT + lane.held - lane.cursor.read / 8;
            match lane.block {
                Block::Boundary if lane.is_last => return Ok(Some(Stop::End)),
                Block::Boundary if bit >= stop => return Ok(Some(Stop::Boundary)),
                Block::Boundary if unread < MAX_HEADER && !lane.is_at_end => self.feed(side, stream, HELD)?,
                Block::Boundary => self.read_header(side, stream)?,
                Block::Codes if lane.cursor.read > lane.limits.read => self.feed(side, stream, HELD)?,
                Block::Codes | Block::Stored { left: 1.. } if lane.cursor.pos > lane.limits.pos => {
                    return Ok(Some(Stop::Full));
                }
                Block::Codes => return Ok(None),
                Block::Stored { left: 0 } => self.sides[side as usize].block = Block::Boundary,
                Block::Stored { .. } if unread == 0 => self.feed(side, stream, HELD)?,
                Block::Stored { left } => self.copy_stored(side, left, unread),
            }
        }
    }

    fn read_header(&mut self, side: Side, stream: &Stream) -> Result<(), Fault> {
        let at = self.bit(side);
        let cursor = &mut self.sides[side as usize].cursor;
        let mut bits = Bits::at(&self.input, cursor.read);
        let header = header::read(&self.input, &mut bits, &mut self.codes[side as usize]);
        cursor.read = bits.position();
        let (is_last, kind) = header.map_err(|why| self.fault(side, stream, why, at))?;
        let lane = &mut self.sides[side as usize];
        lane.is_last = is_last;
        lane.block = match kind {
            Kind::Stored(left) => Block::Stored { left },
            Kind::Codes => Block::Codes,
        };
        Ok(())
    }

    fn copy_stored(&mut self, side: Side, left: usize, unread: usize) {
        let lane = &mut self.sides[side as usize];
        // The room behind the limit is no less than the slack.
        let len = left.min(unread).min(lane.limits.pos + OUTPUT_SLACK - lane.cursor.pos);
        // Stored bytes start at a whole one.
        let bytes = &self.input[lane.cursor.read / 8..][..len];
        let symbols: &mut [u16] = bytemuck::cast_slice_mut(self.symbols.as_mut());
        for (symbol, &byte) in symbols[lane.cursor.pos..].iter_mut().zip(bytes) {
            *symbol = byte.into();
        }
        lane.cursor.pos += len;
        lane.cursor.read += len * 8;
        lane.block = Block::Stored { left: left - len };
    }

    /// More input: drops what is read, reads at most `most` bytes behind what is held, adds zeros behind the end.
    fn feed(&mut self, side: Side, stream: &Stream, most: usize) -> Result<(), Fault> {
        let first = side as usize * INPUT;
        let lane = &mut self.sides[side as usize];
        if lane.is_at_end {
            return Err(Fault::cut_short(stream));
        }
        let read = lane.cursor.read / 8 - first;
        self.input.copy_within(first + read..first + lane.held, first);
        lane.base += read as u64;
        lane.held -= read;
        lane.cursor.read -= read * 8;
        let at = lane.base + lane.held as u64;
        let left = usize::try_from(stream.len.saturating_sub(at)).unwrap_or(usize::MAX);
        let more = left.min(most).min(HELD - lane.held);
        stream.read(at, &mut self.input[first + lane.held..][..more])?;
        lane.held += more;
        if more == left {
            self.input[first + lane.held..][..MAX_HEADER].fill(0);
            lane.held += MAX_HEADER;
            lane.is_at_end = true;
        }
        lane.limits.read = (first + lane.held - INPUT_SLACK) * 8;
        Ok(())
    }

    fn leave(&mut self, side: Side, stream: &Stream, cursor: Cursor, exit: Exit) -> Result<(), Fault> {
        let lane = &mut self.sides[side as usize];
        lane.cursor = cursor;
        match exit {
            Exit::Room => Ok(()),
            Exit::EndOfBlock => {
                lane.block = Block::Boundary;
                Ok(())
            }
            Exit::Fault(why) => Err(self.fault(side, stream, why, self.bit(side))),
        }
    }

    /// What is wrong at a bit: the zeros behind the end only look like something.
    fn fault(&self, side: Side, stream: &Stream, why: &'static str, bit: u64) -> Fault {
        if self.bit(side) > stream.len * 8 { Fault::cut_short(stream) } else { Fault::data(why, bit / 8) }
    }

    fn first_symbol(&self, side: Side) -> usize {
        side as usize * self.room + WINDOW
    }

    fn shared(&mut self) -> Shared<'_> {
        let symbols = bytemuck::cast_slice_mut(self.symbols.as_mut());
        Shared { input: &self.input, symbols, codes: &self.codes }
    }

    fn all_symbols(&mut self) -> &mut [u16] {
        bytemuck::cast_slice_mut(self.symbols.as_mut())
    }
}

/// Why a loop was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Exit {
    /// A lane has less input or room than the loop wants.
    Room,
    EndOfBlock,
    Fault(&'static str),
}

/// What the loops work on.
struct Shared<'a> {
    input: &'a [u8],
    symbols: &'a mut [u16],
    codes: &'a [Codes; 2],
}

// The four accesses of the innermost loops, without bounds checks: 7 % of the time of decoding photographs.
//
// Invariant: a loop starts its turn only while every cursor is within its limits. `feed` sets `limits.read` so that
// `INPUT_SLACK` bytes of input are behind it, of which a turn looks at three words at most; `start_unknown` and
// `start_known` set `limits.pos` so that `OUTPUT_SLACK` symbols are behind it, of which a turn writes at most four
// literals and one match, whose length is at most 258 by the table of lengths. No match reaches back before
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

    /// `N` symbols, at most [`WIDE`] of them.
    #[inline(always)]
    fn load<const N: usize>(&self, from: usize) -> [u16; N] {
        debug_assert!(N <= WIDE && from + N <= self.symbols.len(), "symbols from {from}");
        // SAFETY: by the invariant `from` is before the next symbol, and there is room behind that.
        unsafe { self.symbols.as_ptr().add(from).cast::<[u16; N]>().read_unaligned() }
    }

    /// Puts `N` symbols, at most [`WIDE`] of them.
    #[inline(always)]
    fn store<const N: usize>(&mut self, to: usize, symbols: [u16; N]) {
        debug_assert!(N <= WIDE && to + N <= self.symbols.len(), "symbols to {to}");
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
        self.copy_by::<STEP>(to, distance, end.min(to + STEP));
        // Few matches of photographs are longer.
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

fn run_one(side: Side, shared: Shared, from: Cursor, limits: Limits) -> (Cursor, Exit) {
    #[cfg(target_arch = "x86_64")]
    if bmi2::is_available() {
        return bmi2::run_one(side, shared, from, limits);
    }
    match side {
        Side::A => one::<0>(shared, from, limits),
        Side::B => one::<1>(shared, from, limits),
    }
}

fn run_two(shared: Shared, from: [Cursor; 2], limits: [Limits; 2]) -> ([Cursor; 2], [Exit; 2]) {
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

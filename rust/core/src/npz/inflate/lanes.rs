//! Two decoders in different places of a DEFLATE stream, and their memory: what is around the loops (`loops.rs`).
//!
//! What the lanes share while they run (input, symbols, tables) lies in one allocation each, half for either lane, because
//! registers are scarce.

use super::header::{self, Bits, Kind, MAX_HEADER};
use super::huffman::Codes;
use super::loops::{Cursor, Exit, INPUT_SLACK, Limits, OUTPUT_SLACK, Shared, run_one, run_two};
use super::{Fault, Stream};
use crate::Result;
use crate::memory::Memory;

/// The farthest back that a match can reach.
pub(super) const WINDOW: usize = 1 << 15;
/// Values from here on stand for the bytes of an unknown history, the oldest first.
pub(super) const MARKER: u16 = 256;

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

//! A thread's share of a stream: pairs of regions, decoded side by side.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::find::{LOOK_AHEAD, find_block};
use super::lanes::{Lanes, Side, Stop};
use super::tail::{Piece, Tail, Turn};
use super::{Fault, Progress, ROOM, Stream};
use crate::Result;

/// What blocks of zlib have, more or less.
const BLOCK: u64 = 16 << 10;
/// How many bytes are searched for the start of a block, and in which steps.
const SEARCH: u64 = 64 << 10;
const SEARCH_STEP: u64 = 16 << 10;
/// Symbols between two turns to the sink, where there is only one lane: what stays in the second cache, and makes little
/// of the history that is copied at each turn.
const SERIAL_ROOM: usize = 256 << 10;

/// By how much, in 256ths, the first pair of regions is larger than the mean, and the last one smaller.
const SKEW: u64 = 20;

/// One stream and what its workers share.
pub(super) struct Job<'a> {
    pub(super) stream: &'a Stream<'a>,
    /// One, or an even number.
    pub(super) regions: usize,
    pub(super) next: AtomicUsize,
    pub(super) tail: Tail<'a>,
}

impl<'a> Job<'a> {
    /// Decodes regions until there are none left, as worker 0 (the caller) or a helper.
    pub(super) fn work(&self, worker: usize, progress: Option<Progress>) {
        let _abort = self.tail.abort_on_panic();
        let done = with_lanes(worker, |lanes| {
            loop {
                let first = self.next.fetch_add(2, Ordering::Relaxed);
                if first >= self.regions || self.tail.is_over() {
                    return;
                }
                let begun = [self.begin(lanes, Side::A, first), self.begin(lanes, Side::B, first + 1)];
                let stops = [self.end(first), self.end(first + 1)];
                let outcomes = match begun {
                    [Some(_), Some(_)] => lanes.decode_both(self.stream, stops).map(Some),
                    [Some(_), None] => [Some(lanes.decode(Side::A, self.stream, stops[0])), None],
                    [None, Some(_)] => [None, Some(lanes.decode(Side::B, self.stream, stops[1]))],
                    [None, None] => [None, None],
                };
                let sides = [Side::A, Side::B];
                let mut pieces = [None, None];
                for (index, outcome) in outcomes.into_iter().enumerate() {
                    let Some(turn) = self.tail.turn(first + index).filter(|_| first + index < self.regions) else {
                        break;
                    };
                    let result = begun[index].zip(outcome).filter(|(begun, _)| turn.accepts(*begun));
                    let result = result.map(|(_, outcome)| outcome);
                    pieces[index] = self.accept(lanes, sides[index], turn, stops[index], result, progress);
                }
                // Last, so that nobody waits for it.
                for (piece, side) in pieces.into_iter().zip(sides) {
                    if let Some(piece) = piece {
                        self.tail.fill(piece, lanes.symbols(side));
                    }
                }
            }
        });
        if let Err(error) = done {
            self.tail.abort(Fault::Other(error));
        }
    }

    /// Starts a lane in a region; `None` if no block is found there.
    fn begin(&self, lanes: &mut Lanes, side: Side, region: usize) -> Option<Begun> {
        if region >= self.regions {
            return None;
        }
        let room = if self.regions == 1 { SERIAL_ROOM } else { ROOM };
        if let Some((bit, history)) = self.tail.history(region) {
            return lanes
                .start_known(side, self.stream, bit, &history, room)
                .ok()
                .map(|()| Begun { bit, is_known: true });
        }
        let bit = self.find(self.start(region))?;
        lanes.start_unknown(side, self.stream, bit).ok().map(|()| Begun { bit, is_known: false })
    }

    /// The bit of the first block at or behind a byte, if it is near.
    fn find(&self, byte: u64) -> Option<u64> {
        let mut bytes = Vec::new();
        let last = self.stream.len.min(byte + SEARCH);
        let mut at = byte;
        while at < last {
            let len = SEARCH_STEP.min(last - at);
            let ahead = (len + LOOK_AHEAD as u64).min(self.stream.len - at);
            bytes.resize(ahead as usize, 0);
            self.stream.read(at, &mut bytes).ok()?;
            if let Some(bit) = find_block(&bytes, 0..len as usize * 8) {
                return Some(at * 8 + bit as u64);
            }
            at += len;
        }
        None
    }

    /// The first byte of a region; decoding starts with the next block, half of one behind on average.
    ///
    /// Pairs get smaller: the thread that has the last one starts last, has to look for two blocks, and to resolve two
    /// regions when the others are done.
    fn start(&self, region: usize) -> u64 {
        let pairs = self.regions.div_ceil(2) as u64;
        let start = |pair: u64| {
            let even = self.stream.len / pairs * pair;
            even + even / pairs * (pairs - pair) / 256 * SKEW
        };
        let pair = region as u64 / 2;
        let block = if region.is_multiple_of(2) { start(pair) } else { u64::midpoint(start(pair), start(pair + 1)) };
        block.saturating_sub(BLOCK / 2)
    }

    /// The first bit that is not of a region.
    fn end(&self, region: usize) -> u64 {
        if region + 1 < self.regions { self.start(region + 1) * 8 } else { u64::MAX }
    }

    /// Takes over what a lane decoded, if that is where the stream is; decodes the rest of the region, or all of it. The
    /// lane's symbols are then those of the piece, which has to be filled.
    fn accept(
        &self,
        lanes: &mut Lanes,
        side: Side,
        mut turn: Turn<'_, 'a>,
        stop: u64,
        mut result: Option<Result<Stop, Fault>>,
        progress: Option<Progress>,
    ) -> Option<Piece<'a>> {
        let fail = |turn: Turn<'_, 'a>, fault| {
            turn.fail(fault);
            None
        };
        loop {
            let outcome = match result.take() {
                None => {
                    let restarted = lanes.start_known(side, self.stream, turn.bit(), turn.history(), SERIAL_ROOM);
                    restarted.and_then(|()| lanes.decode(side, self.stream, stop))
                }
                Some(outcome) => outcome,
            };
            match outcome {
                Err(fault) => return fail(turn, fault),
                Ok(Stop::Full) => {
                    if let Err(fault) = turn.push(lanes.decoded(side)).and_then(|()| turn.tell(progress)) {
                        return fail(turn, fault);
                    }
                    lanes.slide(side, turn.history());
                    result = Some(lanes.decode(side, self.stream, stop));
                }
                Ok(stop) => {
                    if let Err(fault) = turn.tell(progress) {
                        return fail(turn, fault);
                    }
                    return turn.pass(lanes.decoded(side), lanes.bit(side), stop == Stop::End);
                }
            }
        }
    }
}

/// Where a lane started.
#[derive(Debug, Clone, Copy)]
pub(super) struct Begun {
    pub(super) bit: u64,
    /// With a known history; else with markers.
    pub(super) is_known: bool,
}

/// Lends a pair of lanes that has been used before, if there is one: touching fresh memory takes longer than decoding a
/// small member. Rather the pair that this worker had last: so does touching what another CPU has written to.
pub(super) fn with_lanes<T>(worker: usize, work: impl FnOnce(&mut Lanes) -> T) -> Result<T> {
    /// Kept for small members, which two threads decode at most, or two of them one each.
    static WARM: [Mutex<Option<Lanes>>; 2] = [const { Mutex::new(None) }; 2];
    // Never waits, so that a child forked while another thread held a lock does not either.
    let places = || (worker..worker + WARM.len()).filter_map(|place| WARM[place % WARM.len()].try_lock().ok());
    let warm = places().find_map(|mut place| place.take());
    let mut lanes = warm.map_or_else(|| Lanes::new(ROOM), Ok)?;
    let result = work(&mut lanes);
    if let Some(mut place) = places().find(|place| place.is_none()) {
        *place = Some(lanes);
    }
    Ok(result)
}

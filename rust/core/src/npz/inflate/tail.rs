//! The end of what is decoded: regions are accepted here, in order, and their bytes go from here to where they are wanted.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::lanes::{Decoded, MARKER, WINDOW};
use super::worker::Begun;
use super::{Fault, Progress};
use crate::Result;

/// Where the bytes go.
pub(crate) enum Sink<'a> {
    /// Into memory of just their size.
    Memory(&'a mut [u8]),
    /// To a function that takes bytes and their offset; in any order, from several threads.
    Write(&'a (dyn Fn(u64, &[u8]) -> Result<()> + Sync)),
}

enum Place<'a> {
    Memory(&'a mut [u8]),
    Write(&'a (dyn Fn(u64, &[u8]) -> Result<()> + Sync), u64),
}

pub(super) struct Tail<'a> {
    state: Mutex<State<'a>>,
    changed: Condvar,
}

struct State<'a> {
    /// The region whose turn it is.
    region: usize,
    /// Where in the stream it starts, if the stream is not over.
    bit: u64,
    is_over: bool,
    fault: Option<Fault>,
    sink: Sink<'a>,
    size: u64,
    len: u64,
    /// The last bytes, up to `WINDOW` of them.
    history: Vec<u8>,
    /// Offset, length and CRC-32 of each piece.
    pieces: Vec<(u64, u64, u32)>,
}

impl<'a> Tail<'a> {
    pub(super) fn new(size: u64, sink: Sink<'a>) -> Self {
        let history = Vec::with_capacity(WINDOW);
        let (pieces, changed) = (Vec::new(), Condvar::new());
        let state = State { region: 0, bit: 0, is_over: false, fault: None, sink, size, len: 0, history, pieces };
        Self { state: Mutex::new(state), changed }
    }

    fn lock(&self) -> MutexGuard<'_, State<'a>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether nothing more is wanted: the stream has ended, or cannot be decoded.
    pub(super) fn is_over(&self) -> bool {
        self.lock().is_over
    }

    /// Where a region starts and what is before it, if that is known already.
    pub(super) fn history(&self, region: usize) -> Option<(u64, Vec<u8>)> {
        let state = self.lock();
        (state.region == region).then(|| (state.bit, state.history.clone()))
    }

    /// Waits for a region's turn; `None` if it does not come any more.
    pub(super) fn turn(&self, region: usize) -> Option<Turn<'_, 'a>> {
        let state = self.changed.wait_while(self.lock(), |state| state.region != region && !state.is_over);
        let state = state.unwrap_or_else(PoisonError::into_inner);
        (!state.is_over).then_some(Turn { tail: self, state })
    }

    /// Resolves the symbols that a piece is made of.
    pub(super) fn fill(&self, piece: Piece, symbols: &[u16]) {
        let filled = piece.fill(symbols);
        let mut state = self.lock();
        match filled {
            Ok(piece) => state.pieces.push(piece),
            Err(fault) => Turn { tail: self, state }.fail(fault),
        }
    }

    /// Ends the work for all.
    pub(super) fn abort(&self, fault: Fault) {
        Turn { tail: self, state: self.lock() }.fail(fault);
    }

    /// Ends the others' waiting if this thread panics.
    pub(super) fn abort_on_panic(&self) -> impl Drop + use<'_, 'a> {
        struct Abort<'t, 'a>(&'t Tail<'a>);
        impl Drop for Abort<'_, '_> {
            fn drop(&mut self) {
                if std::thread::panicking() {
                    self.0.lock().is_over = true;
                    self.0.changed.notify_all();
                }
            }
        }
        Abort(self)
    }

    /// The CRC-32 of all bytes, if they are as many as there should be.
    pub(super) fn finish(self) -> Result<u32, Fault> {
        let mut state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some(fault) = state.fault {
            return Err(fault);
        }
        if state.len != state.size {
            return Err(Fault::data("it holds less than the directory says", state.bit / 8));
        }
        state.pieces.sort_unstable();
        let mut all = crc32fast::Hasher::new();
        for (_, len, crc) in state.pieces {
            all.combine(&crc32fast::Hasher::new_with_initial_len(crc, len));
        }
        Ok(all.finalize())
    }
}

/// The right to say how the stream goes on.
pub(super) struct Turn<'t, 'a> {
    tail: &'t Tail<'a>,
    state: MutexGuard<'t, State<'a>>,
}

impl<'a> Turn<'_, 'a> {
    /// Where the stream is.
    pub(super) fn bit(&self) -> u64 {
        self.state.bit
    }

    pub(super) fn history(&self) -> &[u8] {
        &self.state.history
    }

    /// Whether a lane started where the stream has arrived, and markers stand for bytes that exist.
    pub(super) fn accepts(&self, begun: Begun) -> bool {
        begun.bit == self.state.bit && (begun.is_known || self.state.history.len() == WINDOW)
    }

    pub(super) fn tell(&self, progress: Option<Progress>) -> Result<(), Fault> {
        progress.map_or(Ok(()), |progress| progress(self.state.len)).map_err(Fault::Other)
    }

    pub(super) fn fail(mut self, fault: Fault) {
        self.state.fault.get_or_insert(fault);
        self.state.is_over = true;
        self.tail.changed.notify_all();
    }

    /// Appends symbols, and keeps the turn.
    pub(super) fn push(&mut self, decoded: Decoded) -> Result<(), Fault> {
        let piece = self.state.append(decoded)?;
        let piece = piece.fill(decoded.symbols)?;
        self.state.pieces.push(piece);
        Ok(())
    }

    /// Appends a region's last symbols and passes the turn on; resolving them is work for [`Tail::fill`].
    pub(super) fn pass(mut self, decoded: Decoded, bit: u64, is_end: bool) -> Option<Piece<'a>> {
        let piece = match self.state.append(decoded) {
            Ok(piece) => piece,
            Err(fault) => {
                self.fail(fault);
                return None;
            }
        };
        self.state.region += 1;
        self.state.bit = bit;
        self.state.is_over = is_end;
        let tail = self.tail;
        drop(self.state);
        tail.changed.notify_all();
        Some(piece)
    }
}

impl<'a> State<'a> {
    /// Makes room for the bytes of `symbols`; the history is then their end.
    fn append(&mut self, Decoded { symbols, has_markers }: Decoded) -> Result<Piece<'a>, Fault> {
        let len = symbols.len() as u64;
        if len > self.size - self.len {
            return Err(Fault::data("it holds more than the directory says", self.bit / 8));
        }
        let place = match &mut self.sink {
            Sink::Memory(rest) => {
                let (place, behind) = std::mem::take(rest).split_at_mut(symbols.len());
                *rest = behind;
                Place::Memory(place)
            }
            Sink::Write(write) => Place::Write(*write, self.len),
        };
        let values = has_markers.then(|| values(&self.history));
        let kept = symbols.len().min(WINDOW);
        let known = self.history.len().min(WINDOW - kept);
        self.history.drain(..self.history.len() - known);
        self.history.resize(known + kept, 0);
        resolve(&symbols[symbols.len() - kept..], values.as_ref(), &mut self.history[known..]);
        let at = self.len;
        self.len += len;
        Ok(Piece { at, place, values })
    }
}

/// Bytes that have a place and are not there yet.
pub(super) struct Piece<'a> {
    at: u64,
    place: Place<'a>,
    /// For those that have markers.
    values: Option<Values>,
}

impl Piece<'_> {
    fn fill(self, symbols: &[u16]) -> Result<(u64, u64, u32), Fault> {
        // Pieces that stay in the nearest cache between resolving and checksum.
        const STEP: usize = 16 << 10;
        let mut crc = crc32fast::Hasher::new();
        match self.place {
            Place::Memory(bytes) => {
                for (symbols, bytes) in symbols.chunks(STEP).zip(bytes.chunks_mut(STEP)) {
                    resolve(symbols, self.values.as_ref(), bytes);
                    crc.update(bytes);
                }
            }
            Place::Write(write, offset) => {
                let mut bytes = vec![0; symbols.len()];
                resolve(symbols, self.values.as_ref(), &mut bytes);
                crc.update(&bytes);
                write(offset, &bytes).map_err(Fault::Other)?;
            }
        }
        Ok((self.at, symbols.len() as u64, crc.finalize()))
    }
}

/// The byte that each symbol stands for: itself, or one of the history that its marker counts from the oldest on.
fn values(history: &[u8]) -> Values {
    // As many as a symbol can name, so that no look-up has to be checked; bytes before the stream's start have no markers.
    let mut values: Values = bytemuck::zeroed_box();
    for (value, byte) in values.iter_mut().zip(0..=255) {
        *value = byte;
    }
    let end = usize::from(MARKER) + WINDOW;
    values[end - history.len()..end].copy_from_slice(history);
    values
}

type Values = Box<[u8; 1 << 16]>;

/// The bytes that symbols stand for.
fn resolve(symbols: &[u16], values: Option<&Values>, bytes: &mut [u8]) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        #[target_feature(enable = "avx2")]
        fn with_avx2(symbols: &[u16], values: Option<&Values>, bytes: &mut [u8]) {
            resolve_with(symbols, values, bytes);
        }
        #[allow(unsafe_code, reason = "the call of a function compiled for more than the baseline")]
        // SAFETY: the processor has what the function is compiled for.
        unsafe {
            with_avx2(symbols, values, bytes);
        }
        return;
    }
    resolve_with(symbols, values, bytes);
}

#[inline(always)]
#[allow(clippy::inline_always, reason = "compiled for several instruction sets")]
fn resolve_with(symbols: &[u16], values: Option<&Values>, bytes: &mut [u8]) {
    // Without markers there is nothing to look up; with some, only in the steps that have any.
    const STEP: usize = 64;
    let Some(values) = values else {
        for (byte, &symbol) in bytes.iter_mut().zip(symbols) {
            *byte = symbol as u8;
        }
        return;
    };
    let (steps, rest) = symbols.as_chunks::<STEP>();
    let (places, end) = bytes.as_chunks_mut::<STEP>();
    for (symbols, bytes) in steps.iter().zip(places) {
        let mut all = 0;
        for (byte, &symbol) in bytes.iter_mut().zip(symbols) {
            *byte = symbol as u8;
            all |= symbol;
        }
        if all >= MARKER {
            look_up(symbols, values, bytes);
        }
    }
    look_up(rest, values, end);
}

fn look_up(symbols: &[u16], values: &Values, bytes: &mut [u8]) {
    for (byte, &symbol) in bytes.iter_mut().zip(symbols) {
        *byte = values[usize::from(symbol)];
    }
}

//! Memory that will be read soon: processors guess only what lies behind, or before, what they have seen.

use super::view::View;

/// Bytes that are asked for at once: all of a smaller sample; of a larger one the beginning, if a processor guesses the rest.
pub(super) const AT_ONCE: usize = 16 << 10;

/// Bytes that memory is read by.
const LINE: usize = 64;

/// Bytes that are worth asking for: what is read meanwhile may be less.
const BIT: usize = 4 * LINE;

/// Where lines are brought to, as `_mm_prefetch` names it (`_MM_HINT_T0`, `_MM_HINT_ET0` and `_MM_HINT_T1`): into the nearest
/// cache, there to be written to, or into the cache behind it.
pub(super) const NEAREST: i32 = 3;
pub(super) const NEAREST_TO_WRITE: i32 = 7;
pub(super) const SECOND: i32 = 2;

/// What will be read of the next sample, asked for bit by bit: so much at once would have to wait for itself.
#[derive(Debug, Default)]
pub(super) struct Ahead<'a> {
    bytes: &'a [u8],
    /// What lies side by side is a row.
    view: View,
    /// Bytes of a row.
    len: usize,
    /// Position of the next row, and what is left of the one before.
    next: [usize; 2],
    left: &'a [u8],
    /// Bytes that are due at each tick, and that are due now.
    share: usize,
    due: usize,
}

impl<'a> Ahead<'a> {
    /// The pixels of `view`, of 1 or 3 channels, in whatever order they will be read.
    pub(super) fn new(bytes: &'a [u8], view: &View, channels: usize) -> Self {
        let view = view.in_memory_order().in_long_rows();
        Self { bytes, view, len: view.len[2] * channels, ..Self::default() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How many bytes to ask for at a time, whole lines, so that all are asked for in `times` times.
    pub(super) fn share(&self, times: usize) -> usize {
        (self.view.len[0] * self.view.len[1] * self.len).div_ceil(times).next_multiple_of(LINE)
    }

    /// Shares them out to so many ticks.
    pub(super) fn begin(&mut self, ticks: usize) {
        self.share = self.share(ticks);
    }

    /// Asks for what is due.
    #[allow(clippy::inline_always, reason = "of the inner loops")]
    #[inline(always)]
    pub(super) fn tick(&mut self) {
        if self.share > 0 {
            self.due += self.share;
            if self.due >= BIT {
                let due = std::mem::take(&mut self.due);
                self.ask(due);
            }
        }
    }

    /// Asks for some more, if there are any left. Never inlined: it would be in the way of small samples, which have none.
    #[inline(never)]
    pub(super) fn ask(&mut self, mut bytes: usize) {
        while bytes > 0 {
            let Some(piece) = self.take(bytes) else { return };
            prefetch::<SECOND>(piece);
            bytes -= piece.len();
        }
    }

    /// Up to so many of the bytes that come next.
    fn take(&mut self, bytes: usize) -> Option<&'a [u8]> {
        if self.left.is_empty() && !self.begin_row() {
            return None;
        }
        let (piece, left) = self.left.split_at(bytes.min(self.left.len()));
        self.left = left;
        Some(piece)
    }

    fn begin_row(&mut self) -> bool {
        let [depth, row] = self.next;
        if depth == self.view.len[0] {
            return false;
        }
        self.left = &self.bytes[self.view.byte_at([depth, row, 0])..][..self.len];
        self.next = if row + 1 == self.view.len[1] { [depth + 1, 0] } else { [depth, row + 1] };
        true
    }
}

/// Asks for bytes to be brought to where `HINT` says.
#[cfg(target_arch = "x86_64")]
pub(super) fn prefetch<const HINT: i32>(bytes: &[u8]) {
    for line in bytes.chunks(LINE) {
        #[allow(unsafe_code, reason = "a prefetch takes a pointer")]
        // SAFETY: a prefetch reads nothing, and the address is inside the slice.
        unsafe {
            std::arch::x86_64::_mm_prefetch::<HINT>(line.as_ptr().cast());
        }
    }
}

/// Asks for the line that begins so many bytes behind a place, to be written to soon; it may be one that nobody will write to.
#[cfg(target_arch = "x86_64")]
#[allow(clippy::inline_always, reason = "of the innermost loop")]
#[inline(always)]
pub(super) fn prefetch_beyond<const HINT: i32, T>(place: &T, bytes: usize) {
    let line = std::ptr::from_ref(place).cast::<i8>().wrapping_add(bytes);
    #[allow(unsafe_code, reason = "a prefetch takes a pointer")]
    // SAFETY: a prefetch neither reads nor writes, and any address will do.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<HINT>(line);
    }
}

/// Stable Rust has no prefetch for other processors.
#[cfg(not(target_arch = "x86_64"))]
pub(super) fn prefetch_beyond<const HINT: i32, T>(_place: &T, _bytes: usize) {}

/// The same.
#[cfg(not(target_arch = "x86_64"))]
pub(super) fn prefetch<const HINT: i32>(_bytes: &[u8]) {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ops::gather::cases;

    proptest! {
        /// All bytes of a view come once, in memory's order, and within as many times as they were shared out to.
        #[test]
        fn everything_is_asked_for(
            len in prop::array::uniform3(1usize..20),
            channels in prop::sample::select(vec![1, 3]),
            moves in cases::moves(),
            part in prop::array::uniform3((0usize..20, 1usize..20)),
            times in 1usize..300,
        ) {
            let bytes = cases::pixels(len, channels);
            let mut view = cases::moved(len, channels, moves);
            for (axis, (start, len)) in part.into_iter().enumerate() {
                let start = start % view.len[axis];
                view.crop(axis, start, len.min(view.len[axis] - start));
            }
            let mut expected: Vec<usize> = view
                .rows()
                .flat_map(|row| (0..view.len[2]).map(move |x| row.wrapping_add_signed(view.step[2] * x.cast_signed())))
                .flat_map(|pixel| pixel..pixel + channels)
                .collect();
            expected.sort_unstable();

            let mut ahead = Ahead::new(&bytes, &view, channels);
            let share = ahead.share(times);
            let mut found = Vec::new();
            for _ in 0..times {
                let mut left = share;
                while left > 0 && let Some(piece) = ahead.take(left) {
                    let first = piece.as_ptr() as usize - bytes.as_ptr() as usize;
                    found.extend(first..first + piece.len());
                    left -= piece.len();
                }
            }
            prop_assert_eq!(found, expected);
            prop_assert!(ahead.take(1).is_none());
        }
    }
}

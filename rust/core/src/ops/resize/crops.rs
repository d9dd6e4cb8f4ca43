//! The weights of all crops of small images.

use std::sync::Arc;

use once_cell::race::OnceBox;

use super::axis::Axis;
use super::filter::Filter;
use crate::ops::simd::Simd;

/// Bytes that the weights along an axis may take: what a processor has in its last cache, and shares with others.
const MOST: usize = 4 << 20;

/// For each length that a crop can have along an axis, what a resize of it needs, made when it occurs first: to compute that
/// takes nearly half of the time of a crop of 28 pixels. Threads share it, and none waits for another one that makes it, which
/// in a forked child would not be there.
#[derive(Debug, Clone)]
pub(super) struct Crops {
    simd: Simd,
    filter: Filter,
    to: (usize, usize),
    rows: Arc<[OnceBox<Axis>]>,
    columns: Arc<[OnceBox<Axis>]>,
}

impl Crops {
    /// Of crops of images of `from` (height, width) that become `to` (height, width), if they are not too many.
    pub(super) fn new(simd: Simd, filter: Filter, from: (usize, usize), to: (usize, usize)) -> Option<Self> {
        let places = |from: usize, to: usize| {
            // The longest crop has the most taps.
            let bytes = whole(simd, filter, from, to).bytes();
            (bytes.saturating_mul(from) <= MOST).then(|| (0..from).map(|_| OnceBox::new()).collect())
        };
        let rows = places(from.0, to.0)?;
        let columns = if (from.1, to.1) == (from.0, to.0) { Arc::clone(&rows) } else { places(from.1, to.1)? };
        Some(Self { simd, filter, to, rows, columns })
    }

    /// (height, width) of the result.
    pub(super) fn size(&self) -> (usize, usize) {
        self.to
    }

    /// Along the height of a crop of so many rows.
    pub(super) fn rows(&self, height: usize) -> &Axis {
        self.rows[height - 1].get_or_init(|| Box::new(whole(self.simd, self.filter, height, self.to.0)))
    }

    /// Along the width of a crop of so many columns.
    pub(super) fn columns(&self, width: usize) -> &Axis {
        self.columns[width - 1].get_or_init(|| Box::new(whole(self.simd, self.filter, width, self.to.1)))
    }
}

/// What a resize of all of an axis needs.
#[allow(clippy::cast_precision_loss, reason = "lengths are below 2^24")]
fn whole(simd: Simd, filter: Filter, from: usize, to: usize) -> Axis {
    let mut axis = Axis::default();
    axis.build(simd, filter, from, [0.0, from as f32], to);
    axis.pair_up(simd);
    axis
}

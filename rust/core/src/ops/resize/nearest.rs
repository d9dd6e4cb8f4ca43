//! Nearest neighbour: Pillow's `ImagingScaleAffine` (`Geometry.c`), which steps through the box by adding up.

use super::rows::Rows;

/// Stands for a place outside the image, which is black; adding up can end there.
const OUTSIDE: u32 = u32::MAX;

/// For each place of the result, the place of the image it is taken from.
#[derive(Debug, Clone, Default)]
pub(super) struct Places(Vec<u32>);

impl Places {
    /// Computes the places for the part from `first` to `last` of an axis of `from` pixels, to be `to` pixels long.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "lengths are below 2^24; the reference truncates too"
    )]
    pub(super) fn build(&mut self, from: usize, [first, last]: [f32; 2], to: usize) {
        let step = f64::from(last - first) / to as f64;
        let mut position = f64::from(first) + step * 0.5;
        self.0.clear();
        self.0.extend((0..to).map(|_| {
            let place = position as usize;
            position += step;
            if place < from { place as u32 } else { OUTSIDE }
        }));
    }
}

/// Takes the pixels at `rows` and `columns` of `source`, one row of them after another in `out`.
pub(super) fn run<const CHANNELS: usize>(source: Rows<'_>, rows: &Places, columns: &Places, out: &mut [u8]) {
    let len = columns.0.len() * CHANNELS;
    let inside = columns.0.partition_point(|&column| column != OUTSIDE);
    for (index, &row) in rows.0.iter().enumerate() {
        let (done, out) = out.split_at_mut(index * len);
        let out = &mut out[..len];
        if row == OUTSIDE {
            out.fill(0);
        } else if index > 0 && rows.0[index - 1] == row {
            out.copy_from_slice(&done[done.len() - len..]);
        } else {
            let (pixels, _) = source.row(row as usize).as_chunks::<CHANNELS>();
            let (out, _) = out.as_chunks_mut::<CHANNELS>();
            let (out, outside) = out.split_at_mut(inside);
            for (out, &column) in out.iter_mut().zip(&columns.0) {
                *out = pixels[column as usize];
            }
            outside.fill([0; CHANNELS]);
        }
    }
}

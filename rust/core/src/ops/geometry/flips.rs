//! Flips and quarter turns of images and volumes, as `numpy.flip` and `numpy.rot90` (and Pillow's `transpose`).

use crate::ops::image::{Image, ImageMut};

/// Mirrors the rows of `pixels` in place: left becomes right.
///
/// # Panics
/// If `channels` is neither 1 nor 3.
pub fn horizontal(pixels: &mut [u8], width: usize, channels: usize) {
    match channels {
        1 => pixels.chunks_exact_mut(width.max(1)).for_each(<[u8]>::reverse),
        3 => pixels.as_chunks_mut::<3>().0.chunks_exact_mut(width.max(1)).for_each(<[[u8; 3]]>::reverse),
        other => panic!("{other} channels; allowed: 1 or 3"),
    }
}

/// Turns `pixels`, whole rows of `row_len` bytes, upside down in place.
pub fn vertical<T: Copy>(pixels: &mut [T], row_len: usize) {
    let rows = pixels.len() / row_len.max(1);
    let (upper, lower) = pixels.split_at_mut(rows / 2 * row_len);
    for (above, below) in upper.chunks_exact_mut(row_len.max(1)).zip(lower.rchunks_exact_mut(row_len.max(1))) {
        above.swap_with_slice(below);
    }
}

/// Turns an image by `turns` quarter turns counter-clockwise, as `numpy.rot90(image, turns)`; `out` has height and width
/// exchanged if `turns` is odd.
///
/// # Panics
/// If the sizes do not fit, or there are neither 1 nor 3 channels.
pub fn rot90(image: Image<'_>, turns: usize, out: &mut ImageMut<'_>) {
    assert_eq!(image.channels, out.channels, "channels of input and output");
    let turned = if turns % 2 == 1 { [image.width, image.height] } else { [image.height, image.width] };
    assert_eq!(turned, [out.height, out.width], "axes of the output");
    let axes = [1, image.height, image.width];
    match image.channels {
        1 => rot90_volume(image.pixels, axes, [1, 2], turns, out.pixels),
        3 => {
            let (pixels, out_pixels) = (image.pixels.as_chunks::<3>().0, out.pixels.as_chunks_mut::<3>().0);
            rot90_volume(pixels, axes, [1, 2], turns, out_pixels);
        }
        other => panic!("{other} channels; allowed: 1 or 3"),
    }
}

/// Mirrors a volume of (depth, height, width) along each axis that is `true`, as `numpy.flip`.
///
/// # Panics
/// If the lengths of `voxels`, `out` and `axes` do not fit.
pub fn flip_volume<T: Copy>(voxels: &[T], axes: [usize; 3], mirrored: [bool; 3], out: &mut [T]) {
    let walk = Walk::new(axes);
    let walk = (0..3).filter(|&axis| mirrored[axis]).fold(walk, Walk::flip);
    walk.copy(voxels, out);
}

/// Turns a volume by `turns` quarter turns from the first of `plane`'s two axes towards the second, as
/// `numpy.rot90(volume, turns, plane)`; the two axes' lengths are exchanged in `out` if `turns` is odd.
///
/// # Panics
/// If the lengths of `voxels`, `out` and `axes` do not fit, or `plane` is not two different axes.
pub fn rot90_volume<T: Copy>(voxels: &[T], axes: [usize; 3], plane: [usize; 2], turns: usize, out: &mut [T]) {
    let [first, second] = plane;
    assert_ne!(first, second, "axes of a plane");
    let walk = Walk::new(axes);
    let walk = match turns % 4 {
        0 => walk,
        1 => walk.flip(second).transpose(first, second),
        2 => walk.flip(first).flip(second),
        _ => walk.transpose(first, second).flip(second),
    };
    walk.copy(voxels, out);
}

/// A view of a volume: where each of its elements lies.
#[derive(Debug, Clone, Copy)]
struct Walk {
    start: isize,
    axes: [usize; 3],
    strides: [isize; 3],
}

/// Rows and columns of a tile of a transpose: 16 lines of the cache on either side.
const TILE: usize = 16;

#[allow(clippy::cast_possible_wrap, clippy::cast_sign_loss, reason = "lengths of slices, and indices inside them")]
impl Walk {
    fn new(axes: [usize; 3]) -> Self {
        let [_, height, width] = axes;
        Self { start: 0, axes, strides: [(height * width) as isize, width as isize, 1] }
    }

    fn flip(mut self, axis: usize) -> Self {
        self.start += self.strides[axis] * (self.axes[axis] as isize - 1);
        self.strides[axis] = -self.strides[axis];
        self
    }

    fn transpose(mut self, first: usize, second: usize) -> Self {
        self.axes.swap(first, second);
        self.strides.swap(first, second);
        self
    }

    fn copy<T: Copy>(self, from: &[T], out: &mut [T]) {
        let len = self.axes.iter().product::<usize>();
        assert_eq!([from.len(), out.len()], [len, len], "elements of input and output");
        if len == 0 {
            return;
        }
        let [depth, height, width] = self.axes;
        let [by_slice, by_row, by_column] = self.strides;
        for (slice, out) in (0..depth).zip(out.chunks_exact_mut(height * width)) {
            let start = self.start + slice as isize * by_slice;
            if by_column.abs() == 1 {
                for (y, row) in out.chunks_exact_mut(width).enumerate() {
                    let first = start + y as isize * by_row;
                    if by_column == 1 {
                        row.copy_from_slice(&from[first as usize..][..width]);
                    } else {
                        let from = &from[(first + 1) as usize - width..][..width];
                        row.iter_mut().zip(from.iter().rev()).for_each(|(to, &from)| *to = from);
                    }
                }
            } else {
                for tile_y in (0..height).step_by(TILE) {
                    for tile_x in (0..width).step_by(TILE) {
                        let columns = tile_x..width.min(tile_x + TILE);
                        for y in tile_y..height.min(tile_y + TILE) {
                            let mut index = start + y as isize * by_row + tile_x as isize * by_column;
                            for to in &mut out[y * width..][columns.clone()] {
                                *to = from[index as usize];
                                index += by_column;
                            }
                        }
                    }
                }
            }
        }
    }
}

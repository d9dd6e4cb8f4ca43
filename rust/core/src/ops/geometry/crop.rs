//! Crops and pads: a window onto an image, which may reach beyond it.

use crate::ops::image::{Image, ImageMut};

/// What lies beyond an image; torchvision's `padding_mode`, NumPy's `mode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Border {
    /// These values, one per channel.
    Constant([u8; 3]),
    /// The nearest pixel.
    Edge,
    /// The image mirrored at the centre of its last pixel, again and again.
    Reflect,
    /// The image mirrored at the outer edge of its last pixel, again and again.
    Symmetric,
}

/// Writes to `out` the part of `image` of `out`'s size whose upper left corner is `top` rows down and `left` columns to
/// the right of the image's. A crop is a window inside; `torchvision.transforms.functional.pad` on a PIL image is a window
/// at minus the padding, and a pad followed by a crop is one window too.
///
/// # Panics
/// If the two differ in channels, have another number than 1 or 3, or `image` is empty.
pub fn window(image: Image<'_>, top: isize, left: isize, border: Border, out: &mut ImageMut<'_>) {
    assert_eq!(image.channels, out.channels, "channels of input and output");
    assert!(image.height > 0 && image.width > 0, "an image has pixels");
    match image.channels {
        1 => window_of::<1>(image, top, left, border, out),
        3 => window_of::<3>(image, top, left, border, out),
        other => panic!("{other} channels; allowed: 1 or 3"),
    }
}

#[allow(clippy::cast_possible_wrap, clippy::cast_sign_loss, reason = "lengths of slices, and indices inside them")]
fn window_of<const C: usize>(image: Image<'_>, top: isize, left: isize, border: Border, out: &mut ImageMut<'_>) {
    if out.width == 0 {
        return;
    }
    let (pixels, _) = image.pixels.as_chunks::<C>();
    let (out_pixels, _) = out.pixels.as_chunks_mut::<C>();
    let (width, image_width) = (out.width as isize, image.width as isize);
    // Columns of the window that show the image itself.
    let inside = (-left).clamp(0, width) as usize..(image_width - left).clamp(0, width) as usize;
    for (y, row) in (top..).zip(out_pixels.chunks_exact_mut(out.width)) {
        let Some(source_y) = border.source(y, image.height) else {
            row.fill(border.fill());
            continue;
        };
        let from = &pixels[source_y * image.width..][..image.width];
        let beyond = |x: usize| border.source(left + x as isize, image.width).map_or(border.fill(), |x| from[x]);
        for x in (0..inside.start.min(row.len())).chain(inside.end.max(inside.start)..out.width) {
            row[x] = beyond(x);
        }
        if !inside.is_empty() {
            let first = (left + inside.start as isize) as usize;
            row[inside.clone()].copy_from_slice(&from[first..first + inside.len()]);
        }
    }
}

#[allow(clippy::cast_possible_wrap, clippy::cast_sign_loss, reason = "lengths of slices, and indices inside them")]
impl Border {
    /// Which of `len` pixels is seen at `position`.
    fn source(self, position: isize, len: usize) -> Option<usize> {
        let last = len as isize - 1;
        if (0..=last).contains(&position) {
            return Some(position as usize);
        }
        match self {
            Self::Constant(_) => None,
            Self::Edge => Some(position.clamp(0, last) as usize),
            Self::Reflect if last == 0 => Some(0),
            Self::Reflect => {
                let folded = position.rem_euclid(2 * last);
                Some(folded.min(2 * last - folded) as usize)
            }
            Self::Symmetric => {
                let folded = position.rem_euclid(2 * last + 2);
                Some(folded.min(2 * last + 1 - folded) as usize)
            }
        }
    }

    fn fill<const C: usize>(self) -> [u8; C] {
        match self {
            Self::Constant(fill) => std::array::from_fn(|channel| fill[channel]),
            _ => [0; C],
        }
    }
}

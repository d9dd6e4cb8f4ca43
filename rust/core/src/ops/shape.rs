//! What one sample looks like in memory.

use crate::{Error, Result};

/// The axes of one `uint8` sample, as they lie in an official file (C order, channels last).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SampleShape {
    /// A 2-D image: `(height, width)` for one channel, `(height, width, channels)` for three.
    Image {
        /// Rows.
        height: usize,
        /// Columns.
        width: usize,
        /// 1 (grey) or 3 (RGB), interleaved.
        channels: usize,
    },
    /// A 3-D volume of one channel: `(depth, height, width)`.
    Volume {
        /// Slices.
        depth: usize,
        /// Rows.
        height: usize,
        /// Columns.
        width: usize,
    },
}

/// Bytes that one pixel can become: three channels of `float32`.
const LARGEST_ELEMENT: usize = 3 * 4;

impl SampleShape {
    /// Reads the axes of a sample with 2 or 3 spatial dimensions.
    pub fn new(spatial_dims: usize, axes: &[usize]) -> Result<Self> {
        let shape = match (spatial_dims, axes) {
            (2, &[height, width]) => Self::Image { height, width, channels: 1 },
            (2, &[height, width, channels @ (1 | 3)]) => Self::Image { height, width, channels },
            (3, &[depth, height, width]) => Self::Volume { depth, height, width },
            (2, _) => return Err(mismatch("an image", axes, "(H, W), (H, W, 1) or (H, W, 3)")),
            (3, _) => return Err(mismatch("a volume", axes, "(D, H, W)")),
            _ => return Err(Error::invalid(format!("{spatial_dims} spatial dimensions; allowed: 2 or 3"))),
        };
        if axes.contains(&0) {
            return Err(mismatch("a sample", axes, "lengths of at least 1"));
        }
        let largest = axes.iter().try_fold(LARGEST_ELEMENT, |product, &axis| product.checked_mul(axis));
        if largest.is_none_or(|bytes| isize::try_from(bytes).is_err()) {
            return Err(mismatch("a sample", axes, "as many elements as memory can hold"));
        }
        Ok(shape)
    }

    /// Whether one sample of these axes has this shape.
    #[must_use]
    pub fn fits(self, axes: &[usize]) -> bool {
        Self::new(self.spatial().len(), axes).is_ok_and(|shape| shape == self)
    }

    /// 1 or 3.
    #[must_use]
    pub fn channels(self) -> usize {
        match self {
            Self::Image { channels, .. } => channels,
            Self::Volume { .. } => 1,
        }
    }

    /// Length of the last spatial axis.
    #[must_use]
    pub fn width(self) -> usize {
        let (Self::Image { width, .. } | Self::Volume { width, .. }) = self;
        width
    }

    /// Lengths as D, H, W; an image is one slice.
    pub(super) fn len(self) -> [usize; 3] {
        match self {
            Self::Image { height, width, .. } => [1, height, width],
            Self::Volume { depth, height, width } => [depth, height, width],
        }
    }

    /// Lengths of the spatial axes, outermost first.
    #[must_use]
    pub fn spatial(self) -> Vec<usize> {
        match self {
            Self::Image { height, width, .. } => vec![height, width],
            Self::Volume { depth, height, width } => vec![depth, height, width],
        }
    }

    /// Pixels or voxels of one channel.
    #[must_use]
    pub fn plane_len(self) -> usize {
        match self {
            Self::Image { height, width, .. } => height * width,
            Self::Volume { depth, height, width } => depth * height * width,
        }
    }

    /// Bytes of one sample.
    #[must_use]
    pub fn byte_len(self) -> usize {
        self.plane_len() * self.channels()
    }
}

fn mismatch(what: &str, axes: &[usize], allowed: &str) -> Error {
    Error::invalid(format!("{what} cannot have the shape {axes:?}; allowed: {allowed}"))
}

//! Resizing images to the bytes of `PIL.Image.resize(size, resample, box)`.
//!
//! The arithmetic is that of Pillow 13's `Resample.c`: weights in `f64`, rounded to 22 binary places, exact sums in
//! 32 bits, one axis after the other with an 8-bit image between. Which axis is first shows in the bytes: the
//! horizontal one, unless the height shrinks by more than twice as many pixels as the width (Pillow before 13 always
//! starts with the horizontal one).

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod axis;
mod crops;
mod filter;
mod geometry;
#[cfg(target_arch = "x86_64")]
mod lanes;
#[cfg_attr(not(target_arch = "x86_64"), allow(dead_code, reason = "others multiply whole weights"))]
mod lerp;
mod nearest;
#[cfg(target_arch = "aarch64")]
mod neon;
mod passes;
mod resized;
mod rows;
mod scalar;
#[cfg_attr(not(target_arch = "x86_64"), allow(dead_code, reason = "others multiply whole weights"))]
mod short;
#[cfg_attr(not(target_arch = "x86_64"), allow(dead_code, reason = "others multiply whole weights"))]
mod split;
#[cfg(test)]
mod tests;

pub use filter::Filter;
pub use geometry::Crop;
pub(super) use resized::Resized;

use super::ahead::AT_ONCE;
use super::image::{Image, ImageMut};
use super::simd::Simd;
use crate::Result;
use axis::Axis;
use crops::Crops;
use geometry::{Geometry, Path};
use nearest::Places;
use rows::Rows;

/// Resizes images of one size. Making it, and giving it another region, costs little and reuses memory; running it
/// allocates nothing but what `scratch` lacks.
#[derive(Debug, Clone)]
pub struct Resize {
    filter: Filter,
    simd: Simd,
    geometry: Geometry,
    rows: Axis,
    columns: Axis,
    /// Those of all crops, if they are kept, and whether these are in use.
    crops: Option<Crops>,
    is_kept: bool,
    row_places: Places,
    column_places: Places,
}

impl Resize {
    /// Resizes images of `from` (height, width) to `to` (height, width). `region` is the part of the image that
    /// becomes the result: left, upper, right and lower edge in pixels, as Pillow's `box`; `None` is all of it.
    pub fn new(filter: Filter, from: (usize, usize), region: Option<[f32; 4]>, to: (usize, usize)) -> Result<Self> {
        Self::with(Simd::get()?, filter, from, region, to)
    }

    fn with(
        simd: Simd,
        filter: Filter,
        from: (usize, usize),
        region: Option<[f32; 4]>,
        to: (usize, usize),
    ) -> Result<Self> {
        let mut resize = Self {
            filter,
            simd,
            geometry: Geometry::new(filter, from, region, to)?,
            rows: Axis::default(),
            columns: Axis::default(),
            crops: None,
            is_kept: false,
            row_places: Places::default(),
            column_places: Places::default(),
        };
        resize.build();
        Ok(resize)
    }

    /// The same for random crops, to the size of the result: keeps the weights of crops of all lengths, if they are not too
    /// many.
    pub(super) fn for_crops(mut self) -> Self {
        let Geometry { image, to, .. } = self.geometry;
        if self.filter != Filter::Nearest {
            self.crops = Crops::new(self.simd, self.filter, image, to);
        }
        self
    }

    /// Whether it keeps the weights of crops.
    pub(super) fn keeps_crops(&self) -> bool {
        self.crops.is_some()
    }

    /// Takes another region of images of the same size, to be `to` (height, width).
    pub fn set_region(&mut self, region: Option<[f32; 4]>, to: (usize, usize)) -> Result<()> {
        self.geometry = Geometry::new(self.filter, self.geometry.image, region, to)?;
        self.is_kept = false;
        self.build();
        Ok(())
    }

    /// Takes whole pixels of images of the same size, as if they were cut out before and nothing were around them:
    /// what torchvision's `resized_crop` does. (Along the edges of a `region` filters look at the pixels outside.)
    pub fn set_crop(&mut self, crop: Crop, to: (usize, usize)) -> Result<()> {
        self.geometry = Geometry::of_crop(self.filter, self.geometry.image, crop, to)?;
        self.is_kept = self.crops.as_ref().is_some_and(|crops| crops.size() == to);
        if !self.is_kept {
            self.build();
        }
        Ok(())
    }

    /// (height, width) of the result.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        self.geometry.to
    }

    fn build(&mut self) {
        let Geometry { view, region: [left, upper, right, lower], to, .. } = self.geometry;
        match self.geometry.path {
            Path::Copy { .. } => {}
            Path::Nearest => {
                self.row_places.build(view.height, [upper, lower], to.0);
                self.column_places.build(view.width, [left, right], to.1);
            }
            Path::Passes { horizontal, vertical, .. } => {
                if vertical {
                    self.rows.build(self.simd, self.filter, view.height, [upper, lower], to.0);
                }
                if horizontal {
                    self.columns.build(self.simd, self.filter, view.width, [left, right], to.1);
                    self.columns.pair_up(self.simd);
                }
            }
        }
    }

    fn rows(&self) -> &Axis {
        let kept = self.crops.as_ref().filter(|_| self.is_kept);
        kept.map_or(&self.rows, |crops| crops.rows(self.geometry.view.height))
    }

    fn columns(&self) -> &Axis {
        let kept = self.crops.as_ref().filter(|_| self.is_kept);
        kept.map_or(&self.columns, |crops| crops.columns(self.geometry.view.width))
    }

    /// Resizes `image` into `out`.
    ///
    /// # Panics
    ///
    /// The images have other sizes than this was made for, other channels than 1 or 3, or not as many bytes as they
    /// claim.
    pub fn run(&self, image: Image<'_>, scratch: &mut Vec<u8>, out: ImageMut<'_>) {
        let ImageMut { pixels: out, height, width, channels } = out;
        assert_eq!((height, width, channels), (self.size().0, self.size().1, image.channels), "size of the result");
        assert_eq!(out.len(), height * width * channels, "bytes of the result");
        match channels {
            1 => self.run_channels::<1>(self.source(image), scratch, out),
            3 => self.run_channels::<3>(self.source(image), scratch, out),
            channels => panic!("{channels} channels"),
        }
    }

    /// Whether the vertical pass is the second of two, so that rows of the result can be made when they are needed.
    pub(super) fn ends_in_rows(&self) -> bool {
        matches!(self.geometry.path, Path::Passes { horizontal: true, vertical: true, rows_first: false })
    }

    /// The first of two passes, for [`Resize::make_rows`]; panics as [`Resize::run`].
    pub(super) fn make_columns(&self, image: Image<'_>, between: &mut Vec<u8>) {
        match image.channels {
            1 => self.columns_of::<1>(self.source(image), between),
            3 => self.columns_of::<3>(self.source(image), between),
            channels => panic!("{channels} channels"),
        }
    }

    fn columns_of<const CHANNELS: usize>(&self, source: Rows<'_>, between: &mut Vec<u8>) {
        ahead(source);
        let (first, last) = self.rows().reach;
        let between = grown(between, (last - first) * self.size().1 * CHANNELS);
        self.horizontal::<CHANNELS>(source.between(first, last), 0, between);
    }

    /// Rows of the result from the `place`-th on, as many as `out` holds, of what [`Resize::make_columns`] made of an image of
    /// as many channels.
    pub(super) fn make_rows(&self, between: &[u8], channels: usize, place: usize, out: &mut [u8]) {
        let ((first, last), len) = (self.rows().reach, self.size().1 * channels);
        self.vertical(Rows::new(between, len, len, last - first), first, place, out);
    }

    /// What filters can see of an image.
    fn source<'a>(&self, image: Image<'a>) -> Rows<'a> {
        let Image { pixels, height, width, channels } = image;
        assert_eq!((height, width), self.geometry.image, "size of the image");
        assert_eq!(pixels.len(), height * width * channels, "bytes of the image");
        let Crop { top, left, height, width: columns } = self.geometry.view;
        let pitch = width * channels;
        Rows::new(&pixels[top * pitch + left * channels..], pitch, columns * channels, height)
    }

    fn run_channels<const CHANNELS: usize>(&self, source: Rows<'_>, scratch: &mut Vec<u8>, out: &mut [u8]) {
        let Geometry { to, path, .. } = self.geometry;
        match path {
            Path::Copy { top, left } => {
                let source = source.columns(left * CHANNELS, (left + to.1) * CHANNELS).between(top, top + to.0);
                for (row, out) in out.chunks_exact_mut(source.len()).enumerate() {
                    out.copy_from_slice(source.row(row));
                }
            }
            Path::Nearest => nearest::run::<CHANNELS>(source, &self.row_places, &self.column_places, out),
            Path::Passes { horizontal: true, vertical: false, .. } => {
                ahead(source);
                self.horizontal::<CHANNELS>(source, 0, out);
            }
            Path::Passes { horizontal: false, .. } => self.vertical(source, 0, 0, out),
            Path::Passes { rows_first: false, .. } => {
                self.columns_of::<CHANNELS>(source, scratch);
                self.make_rows(scratch, CHANNELS, 0, out);
            }
            Path::Passes { rows_first: true, .. } => {
                let (first, last) = self.columns().reach;
                let between = grown(scratch, to.0 * (last - first) * CHANNELS);
                self.vertical(source.columns(first * CHANNELS, last * CHANNELS), 0, 0, between);
                let between = Rows::new(between, (last - first) * CHANNELS, (last - first) * CHANNELS, to.0);
                self.horizontal::<CHANNELS>(between, first, out);
            }
        }
    }

    fn horizontal<const CHANNELS: usize>(&self, source: Rows<'_>, first: usize, out: &mut [u8]) {
        passes::horizontal::<CHANNELS>(self.simd, source, first, self.columns(), out);
    }

    fn vertical(&self, source: Rows<'_>, first: usize, place: usize, out: &mut [u8]) {
        passes::vertical(self.simd, source, first, self.rows(), place, out);
    }
}

/// Brings the pixels of an image into the nearest cache: those of a large one, if any, are in the one behind it.
fn ahead(source: Rows<'_>) {
    if source.count() * source.pitch() > AT_ONCE {
        source.prefetch();
    }
}

/// The first `len` bytes of scratch memory, which grows where it is too small.
fn grown(scratch: &mut Vec<u8>, len: usize) -> &mut [u8] {
    if scratch.len() < len {
        scratch.resize(len, 0);
    }
    &mut scratch[..len]
}

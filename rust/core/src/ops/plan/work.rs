//! One sample on its way through the steps on `uint8`: where its bytes are, and what is still to be done to them.

use super::super::ahead::Ahead;
use super::super::colour::tables;
use super::super::gather::{Gathered, Luts, gather};
use super::super::image::{Image, ImageMut};
use super::super::resize::{Crop, Resize, Resized};
use super::super::view::View;
use super::super::write::stores::LINE;
use super::super::write::{Origin, Source};
use super::resize::Resizers;

/// Memory that a sample passes through; grown once and used for the next one.
#[derive(Debug, Default)]
pub(in crate::ops) struct Buffers {
    pixels: [Vec<u8>; 2],
    /// What kernels need for themselves.
    pub kernel: Vec<u8>,
    /// Some rows, made for the last pass.
    rows: Vec<u8>,
    /// What steps compute in `float32`.
    pub floats: Vec<f32>,
    /// An image that a step needs again.
    pub kept: Vec<u8>,
    /// What resizes, with weights that may change from sample to sample.
    resizers: Resizers,
}

/// Results of resizes up to so many bytes are made as a whole: they stay in the nearest cache, and are one long row.
const WHOLE: usize = 16 << 10;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Source,
    Buffer(usize),
    /// Nowhere yet: rows have still to be made of the columns in the kernels' memory, by the resizer in this slot.
    Columns(usize),
}

impl Place {
    /// The buffer that is free.
    fn other(self) -> usize {
        usize::from(self == Self::Buffer(0))
    }
}

/// The sample. Crops, flips and quarter turns are kept as a view, tables are composed, and the second pass of a resize is left
/// undone until a step needs the bytes.
#[derive(Debug)]
pub(in crate::ops) struct Work<'a> {
    source: &'a [u8],
    /// What will be read of the next sample.
    ahead: Ahead<'a>,
    pub buffers: &'a mut Buffers,
    place: Place,
    pub view: View,
    pub channels: usize,
    /// What pixel values have yet to become.
    luts: Option<Luts>,
}

impl<'a> Work<'a> {
    /// A packed sample; `ahead` will be read of the next one.
    pub(in crate::ops) fn new(
        source: &'a [u8],
        len: [usize; 3],
        channels: usize,
        ahead: Ahead<'a>,
        buffers: &'a mut Buffers,
    ) -> Self {
        Self { source, ahead, buffers, place: Place::Source, view: View::packed(len, channels), channels, luts: None }
    }

    /// Maps the values of each channel, after all that was asked for before.
    pub(in crate::ops) fn look_up(&mut self, next: &Luts) {
        match &mut self.luts {
            None => self.luts = Some(*next),
            Some(luts) => {
                for (lut, next) in luts.iter_mut().zip(next) {
                    *lut = tables::then(lut, next);
                }
            }
        }
    }

    /// The image, packed, with everything done to it.
    pub(in crate::ops) fn image(&mut self) -> Image<'_> {
        self.settle();
        let (bytes, view, channels, _) = self.parts();
        let start = view.offset;
        let [_, height, width] = view.len;
        Image { pixels: &bytes[start..start + view.pixels() * channels], height, width, channels }
    }

    /// Puts another packed image of the same size in its place.
    pub(in crate::ops) fn replace(&mut self, pixels: &[u8]) {
        self.luts = None;
        self.edit(|image| image.pixels.copy_from_slice(pixels));
    }

    /// Edits the packed image in place.
    pub(in crate::ops) fn edit(&mut self, edit: impl FnOnce(ImageMut<'_>)) {
        self.settle();
        if self.place == Place::Source {
            self.copy();
        }
        let Place::Buffer(place) = self.place else { unreachable!("copied above") };
        let [_, height, width] = self.view.len;
        let (start, len, channels) = (self.view.offset, self.view.pixels() * self.channels, self.channels);
        let pixels = &mut self.buffers.pixels[place][start..start + len];
        edit(ImageMut { pixels, height, width, channels });
    }

    /// Makes another image of `height` × `width` of the packed one; the third argument is the kernels' memory.
    pub(in crate::ops) fn map(
        &mut self,
        [height, width]: [usize; 2],
        channels: usize,
        map: impl FnOnce(Image<'_>, ImageMut<'_>, &mut Vec<u8>),
    ) {
        self.settle();
        let next = self.place.other();
        let mut out = std::mem::take(&mut self.buffers.pixels[next]);
        let len = height * width * channels;
        if out.len() < len {
            out.resize(len, 0);
        }
        let mut kernel = std::mem::take(&mut self.buffers.kernel);
        map(self.image(), ImageMut { pixels: &mut out[..len], height, width, channels }, &mut kernel);
        self.buffers.kernel = kernel;
        self.buffers.pixels[next] = out;
        self.place = Place::Buffer(next);
        self.channels = channels;
        self.view = View::packed([1, height, width], channels);
    }

    /// Makes another image of the packed one, or of a part of it, by the resizer in a slot, which begins as `first`.
    pub(in crate::ops) fn resize(&mut self, slot: usize, first: &Resize, crop: Option<Crop>) {
        let mut resizers = std::mem::take(&mut self.buffers.resizers);
        let resize = resizers.set(slot, first, crop);
        let (height, width) = resize.size();
        if height * width * self.channels > WHOLE && resize.ends_in_rows() {
            self.settle();
            let mut columns = std::mem::take(&mut self.buffers.kernel);
            resize.make_columns(self.image(), &mut columns);
            self.buffers.kernel = columns;
            self.place = Place::Columns(slot);
            self.view = View::packed([1, height, width], self.channels);
        } else {
            self.map([height, width], self.channels, |image, out, kernel| resize.run(image, kernel, out));
        }
        self.buffers.resizers = resizers;
    }

    /// The pixels, and the view of them whose rows run forwards or backwards, for the last pass; in rows of whole lines of
    /// values of `size` bytes, if there can be such rows.
    pub(in crate::ops) fn finish(&mut self, size: usize) -> (Source<'_>, View) {
        let ahead = std::mem::take(&mut self.ahead);
        let runs_along = self.view.step[2].unsigned_abs() == self.channels;
        if let Place::Columns(slot) = self.place {
            let width = self.buffers.resizers.get(slot).size().1;
            // In an image of one column, rows and columns have the same step.
            if self.luts.is_none() && runs_along && self.view.len[2] <= width {
                let Buffers { kernel, rows, resizers, .. } = &mut *self.buffers;
                let resized = Resized::new(resizers.get(slot), kernel, self.channels, rows);
                return (Source::new(Origin::Resized(resized), ahead), self.view);
            }
            self.make_rows(slot);
        }
        let is_as_written = self.luts.is_none() && (runs_along || self.view.len[2] <= 1);
        if is_as_written && !self.cuts_lines(size) {
            let (bytes, view, ..) = self.parts();
            return (Source::new(Origin::Bytes(bytes), ahead), view);
        }
        let Buffers { pixels, rows, .. } = &mut *self.buffers;
        let bytes = bytes_of(self.place, self.source, pixels);
        let gathered = Gathered::new(bytes, self.view, self.channels, self.luts.as_ref(), LINE / size, rows);
        let view = gathered.rows();
        (Source::new(Origin::Gathered(gathered), ahead), view)
    }

    /// Copies the pixels to `out`; false if rows have still to be made.
    pub(in crate::ops) fn copy_to(&mut self, out: &mut [u8]) -> bool {
        if let Place::Columns(_) = self.place {
            return false;
        }
        self.ahead.ask(self.ahead.share(1));
        let (bytes, view, channels, luts) = self.parts();
        gather(bytes, &view, channels, luts, out);
        true
    }

    /// Whether rows of one channel end within lines that they would fill if they lay behind one another.
    fn cuts_lines(&self, size: usize) -> bool {
        let fill_lines = |pixels: usize| (pixels * size).is_multiple_of(LINE);
        self.channels == 1 && fill_lines(self.view.pixels()) && !fill_lines(self.view.in_long_rows().len[2])
    }

    /// Makes all rows of a resized image, whatever of it is in view.
    fn make_rows(&mut self, slot: usize) {
        let Buffers { pixels: [out, _], kernel, resizers, .. } = &mut *self.buffers;
        let resize = resizers.get(slot);
        let (height, width) = resize.size();
        let len = height * width * self.channels;
        if out.len() < len {
            out.resize(len, 0);
        }
        resize.make_rows(kernel, self.channels, 0, &mut out[..len]);
        self.place = Place::Buffer(0);
    }

    fn parts(&self) -> (&[u8], View, usize, Option<&Luts>) {
        let bytes = bytes_of(self.place, self.source, &self.buffers.pixels);
        (bytes, self.view, self.channels, self.luts.as_ref())
    }

    /// Makes the rows, packs the view and applies the tables, if there is anything of that to do.
    fn settle(&mut self) {
        if let Place::Columns(slot) = self.place {
            self.make_rows(slot);
        }
        if self.luts.is_some() || !self.view.is_packed(self.channels) {
            self.copy();
        }
    }

    /// Copies the view into the free buffer, through the tables.
    fn copy(&mut self) {
        let next = self.place.other();
        let mut out = std::mem::take(&mut self.buffers.pixels[next]);
        let len = self.view.pixels() * self.channels;
        if out.len() < len {
            out.resize(len, 0);
        }
        let (bytes, view, channels, luts) = self.parts();
        gather(bytes, &view, channels, luts, &mut out[..len]);
        self.buffers.pixels[next] = out;
        self.place = Place::Buffer(next);
        self.luts = None;
        self.view = View::packed(self.view.len, self.channels);
    }
}

/// The bytes at a place.
fn bytes_of<'a>(place: Place, source: &'a [u8], buffers: &'a [Vec<u8>]) -> &'a [u8] {
    match place {
        Place::Source => source,
        Place::Buffer(buffer) => &buffers[buffer],
        Place::Columns(_) => unreachable!("rows are made before bytes are asked for"),
    }
}

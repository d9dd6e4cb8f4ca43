//! The last pass over a sample: from `uint8` pixels, wherever a view says they lie, into the batch, in its type and
//! layout. Mirrored rows, grey to RGB and the arithmetic of `ToTensor` and `Normalize` cost no pass of their own.

#![allow(clippy::inline_always, reason = "these functions are compiled for the vector unit of their caller")]

mod arithmetic;
mod block;
mod convert;
mod lookup;
mod rows;
#[cfg(target_arch = "x86_64")]
mod small;
mod source;
pub(super) mod stores;
mod table;

use half::{bf16, f16};

use self::arithmetic::{Brief, Corrected, Formulas, Scaled};
use self::convert::{Compute, FromFloats, Same};
pub(super) use self::source::{Origin, Source};
use self::stores::Stores;
pub(super) use self::table::{Table, normalize, to_tensor};
use super::dtype::DType;
use super::simd::Simd;
use super::versions::simd;
use super::view::View;

/// Where rows go and what they hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Target {
    /// Interleaved channels of the source: 1 or 3.
    pub stored: usize,
    /// Channels of the destination; 3 from one repeats it.
    pub channels: usize,
    /// Channels behind the pixels instead of in front.
    pub channels_last: bool,
}

/// How rows are written.
#[derive(Debug, Clone, Copy)]
struct Rows {
    target: Target,
    stores: Stores,
}

/// What each of the 256 values becomes, and the quickest way there.
#[derive(Debug)]
enum Map {
    Same,
    F32(Vec<[f32; 256]>, Option<Formulas>),
    F16(Vec<[f16; 256]>, Option<Formulas>),
    Bf16(Vec<[bf16; 256]>, Option<Formulas>),
}

/// The compiled last pass.
#[derive(Debug)]
pub(super) struct Writer {
    target: Target,
    map: Map,
    simd: Simd,
}

/// Copies the RGB pixels of a view whose rows run forwards or backwards through `bytes`, in its order.
///
/// # Panics
/// If `view` is not inside `bytes`, or `out` is not of its size.
pub(super) fn copy_rgb(bytes: &[u8], view: &View, out: &mut [u8]) {
    let target = Target { stored: 3, channels: 3, channels_last: true };
    rows::write(simd(), &Same, &mut Source::from(bytes), view, Rows { target, stores: Stores::Near }, out);
}

impl Writer {
    /// For `uint8` (no tables), or for tables of one `float32` answer per channel that become `dtype`.
    pub(super) fn new(simd: Simd, target: Target, tables: Option<&[Table]>, dtype: DType) -> Self {
        let formulas = |tables: &[Table], agree: fn(f32, f32) -> bool| {
            if simd == Simd::Scalar { None } else { Formulas::find(tables, agree) }
        };
        let map = match (dtype, tables) {
            (DType::U8, _) | (_, None) => Map::Same,
            (DType::F32, Some(tables)) => Map::F32(
                tables.iter().map(|table| table.values).collect(),
                formulas(tables, |a, b| a.to_bits() == b.to_bits()),
            ),
            (DType::F16, Some(tables)) => Map::F16(
                tables.iter().map(|table| table.values.map(f16::from_f32)).collect(),
                formulas(tables, |a, b| f16::from_f32(a).to_bits() == f16::from_f32(b).to_bits()),
            ),
            (DType::BF16, Some(tables)) => Map::Bf16(
                tables.iter().map(|table| table.values.map(bf16::from_f32)).collect(),
                formulas(tables, |a, b| bf16::from_f32(a).to_bits() == bf16::from_f32(b).to_bits()),
            ),
        };
        Self { target, map, simd }
    }

    /// In words, for the plan.
    pub(super) fn describe(&self) -> &'static str {
        match &self.map {
            Map::Same => "as it is",
            Map::F32(_, None) | Map::F16(_, None) | Map::Bf16(_, None) => "table of 256 values per channel",
            Map::F32(_, Some(by)) | Map::F16(_, Some(by)) | Map::Bf16(_, Some(by)) => match by {
                Formulas::Brief(_) => "one multiply-add, equal to the table",
                Formulas::Scaled(_) => "two multiply-adds, equal to the table",
                Formulas::Corrected(_) => "four multiply-adds, equal to the table",
            },
        }
    }

    /// Whether it only copies pixels.
    pub(super) fn copies(&self) -> bool {
        let Target { stored, channels, channels_last } = self.target;
        matches!(self.map, Map::Same) && stored == channels && (channels == 1 || channels_last)
    }

    /// Writes the pixels of `view`, whose rows run forwards or backwards through `source` (each through one of its rows, if
    /// those are made one by one), to `out`, whose memory is where `stores` says. [`stores::finish`] has to follow what goes
    /// past the caches.
    ///
    /// # Panics
    /// If `view` is not inside `source`, or `out` is no aligned block of its size.
    pub(super) fn write(&self, source: &mut Source<'_>, view: &View, stores: Stores, out: &mut [u8]) {
        let target = Rows { target: self.target, stores };
        match &self.map {
            Map::Same => rows::write(self.simd, &Same, source, view, target, out),
            Map::F32(tables, by) => self.by(tables, by.as_ref(), source, view, target, out),
            Map::F16(tables, by) => self.by(tables, by.as_ref(), source, view, target, out),
            Map::Bf16(tables, by) => self.by(tables, by.as_ref(), source, view, target, out),
        }
    }

    fn by<T: FromFloats>(
        &self,
        tables: &[[T; 256]],
        formulas: Option<&Formulas>,
        source: &mut Source<'_>,
        view: &View,
        target: Rows,
        out: &mut [u8],
    ) {
        let out = bytemuck::cast_slice_mut(out);
        match formulas {
            None => lookup::write(tables, source, view, self.target, out),
            Some(Formulas::Brief(constants)) => {
                rows::write(self.simd, &Compute { tables, formula: Brief, constants }, source, view, target, out);
            }
            Some(Formulas::Scaled(constants)) => {
                rows::write(self.simd, &Compute { tables, formula: Scaled, constants }, source, view, target, out);
            }
            Some(Formulas::Corrected(constants)) => {
                rows::write(self.simd, &Compute { tables, formula: Corrected, constants }, source, view, target, out);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::cache::Level;

    /// One pixel after the other, by the table.
    fn naive(tables: &[Table], source: &[u8], view: &View, target: Target) -> Vec<f32> {
        let mut out = vec![0.0; view.pixels() * target.channels];
        let mut pixel = 0;
        for row in view.rows() {
            for x in 0..view.len[2] {
                let at = row.wrapping_add_signed(view.step[2] * x.cast_signed());
                for channel in 0..target.channels {
                    let value = source[at + channel % target.stored];
                    let to = if target.channels_last {
                        pixel * target.channels + channel
                    } else {
                        channel * view.pixels() + pixel
                    };
                    out[to] = tables[channel].values[usize::from(value)];
                }
                pixel += 1;
            }
        }
        out
    }

    fn stores() -> impl Strategy<Value = Stores> {
        prop::sample::select(vec![
            Stores::Near,
            Stores::Ahead(Level::First),
            Stores::Ahead(Level::Second),
            Stores::Past,
        ])
    }

    proptest! {
        /// Every type, layout, back-end and way through the rows gives the table's answer.
        #[test]
        fn equals_the_table(
            (height, width, stored) in (1usize..5, 1usize..70, prop_oneof![Just(1usize), Just(3)]),
            to_rgb: bool, channels_last: bool, stores in stores(), flips: [bool; 2], crop: bool,
            parameters in prop::collection::vec((-1f32..2.0, prop_oneof![0.01f32..2.0, Just(0.5)]), 3),
            random in prop::collection::vec(any::<u8>(), 5 * 70 * 3),
        ) {
            let mut view = View::packed([1, height, width], stored);
            if crop && width > 1 {
                view.crop(2, 1, width - 1);
            }
            (0..2).filter(|&axis| flips[axis]).for_each(|axis| view.flip(axis + 1));
            let target = Target { stored, channels: if to_rgb { 3 } else { stored }, channels_last };
            let tables: Vec<Table> = parameters[..target.channels].iter().map(|&(mean, std)| {
                let mut table = to_tensor();
                normalize(&mut table, mean, std);
                table
            }).collect();
            let source = &random[..height * width * stored];
            let expected = naive(&tables, source, &view, target);
            let write = |dtype: DType, tables: Option<&[Table]>| {
                let mut out = vec![0f32; expected.len()];
                let len = expected.len() * dtype.size();
                let bytes = &mut bytemuck::cast_slice_mut::<f32, u8>(&mut out)[..len];
                Writer::new(Simd::get().expect("known"), target, tables, dtype).write(&mut Source::from(source), &view, stores, bytes);
                let vector = bytes.to_vec();
                let scalar = Writer::new(Simd::Scalar, target, tables, dtype);
                scalar.write(&mut Source::from(source), &view, stores, bytes);
                assert_eq!(vector, bytes, "back-ends differ");
                vector
            };
            prop_assert_eq!(&write(DType::F32, Some(&tables)), bytemuck::cast_slice::<f32, u8>(&expected));
            let half: Vec<f16> = expected.iter().map(|&value| f16::from_f32(value)).collect();
            prop_assert_eq!(&write(DType::F16, Some(&tables)), bytemuck::cast_slice::<f16, u8>(&half));
            let brain: Vec<bf16> = expected.iter().map(|&value| bf16::from_f32(value)).collect();
            prop_assert_eq!(&write(DType::BF16, Some(&tables)), bytemuck::cast_slice::<bf16, u8>(&brain));
            #[allow(clippy::cast_precision_loss, reason = "256 values")]
            let identity = Table { values: std::array::from_fn(|value| value as f32), formula: None };
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 255")]
            let same: Vec<u8> = naive(&[identity.clone(), identity.clone(), identity], source, &view, target)
                .into_iter().map(|value| value as u8).collect();
            prop_assert_eq!(write(DType::U8, None), same);
        }
    }
}

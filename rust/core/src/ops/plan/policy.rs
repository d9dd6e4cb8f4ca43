//! `RandAugment`, `TrivialAugmentWide` and `AugMix`: torchvision's operations, in its order, at its magnitudes.

use super::super::geometry::rotate::{AffineParameters, inverse_affine_matrix};
use super::super::steps::{AugMix, Policy};
use super::super::view::View;
use super::edit::{Edit, Sampling};
use super::op::{Draw, PixelOp};
use super::reads::Reads;
use super::state::State;
use super::warp::sampling;
use super::work::Work;
use crate::Result;
use crate::random::Stream;

/// An operation, without its magnitude.
#[derive(Debug, Clone, Copy)]
enum Operation {
    Identity,
    ShearX,
    ShearY,
    TranslateX,
    TranslateY,
    Rotate,
    Factor(fn(f64) -> Edit),
    Posterize,
    Solarize,
    AutoContrast,
    Equalize,
}

/// An operation and its magnitudes; none where it has no magnitude.
#[derive(Debug)]
struct Entry {
    operation: Operation,
    magnitudes: Vec<f64>,
    /// Whether half of the draws are negative.
    signed: bool,
}

/// The largest magnitudes of a policy.
struct Extent {
    bins: usize,
    shear: f32,
    translate: [f32; 2],
    rotate: f32,
    factor: f32,
    /// Bits before the first magnitude, and how many the last one takes away.
    posterize: [f32; 2],
}

/// `torch.linspace(start, end, bins)`: single precision, counted from the nearer end.
#[allow(clippy::cast_precision_loss, reason = "at most 1000 bins")]
fn linspace(start: f32, end: f32, bins: usize) -> Vec<f64> {
    let step = (end - start) / (bins - 1) as f32;
    let value = |bin: usize| {
        if bin < bins / 2 { step.mul_add(bin as f32, start) } else { (-step).mul_add((bins - 1 - bin) as f32, end) }
    };
    (0..bins).map(|bin| f64::from(value(bin))).collect()
}

/// Operations in torchvision's order, which differs between policies only in where the colours stand.
#[allow(clippy::cast_precision_loss, reason = "at most 1000 bins")]
fn space(extent: &Extent, colours: [bool; 2]) -> Vec<Entry> {
    use Operation::{
        AutoContrast, Equalize, Factor, Posterize, Rotate, ShearX, ShearY, Solarize, TranslateX, TranslateY,
    };
    let Extent { bins, shear, translate, rotate, factor, posterize: [bits, taken] } = *extent;
    let signed = |operation, most| Entry { operation, magnitudes: linspace(0.0, most, bins), signed: true };
    let plain = |operation, magnitudes| Entry { operation, magnitudes, signed: false };
    let factors = || {
        [Edit::Brightness, Edit::Saturation, Edit::Contrast, Edit::Sharpness].map(|edit| signed(Factor(edit), factor))
    };
    let per_bit = (bins - 1) as f32 / taken;
    let posterize = (0..bins).map(|bin| f64::from(bits - (bin as f32 / per_bit).round_ties_even())).collect();
    let mut entries = vec![
        signed(ShearX, shear),
        signed(ShearY, shear),
        signed(TranslateX, translate[0]),
        signed(TranslateY, translate[1]),
        signed(Rotate, rotate),
    ];
    if colours[0] {
        entries.extend(factors());
    }
    entries.push(plain(Posterize, posterize));
    entries.push(plain(Solarize, linspace(255.0, 0.0, bins)));
    entries.push(plain(AutoContrast, Vec::new()));
    entries.push(plain(Equalize, Vec::new()));
    if colours[1] {
        entries.extend(factors());
    }
    entries
}

impl Entry {
    /// Draws one, at the magnitude that `bin` says, and does it.
    fn apply(
        entries: &[Self],
        bin: impl FnOnce(&mut Stream) -> usize,
        stream: &mut Stream,
        work: &mut Work<'_>,
        sampling: Sampling,
    ) {
        #[allow(clippy::cast_possible_truncation, reason = "at most 14")]
        let entry = &entries[stream.below(entries.len() as u32) as usize];
        let mut magnitude = if entry.magnitudes.is_empty() { 0.0 } else { entry.magnitudes[bin(stream)] };
        if entry.signed && stream.below(2) == 1 {
            magnitude = -magnitude;
        }
        if let Some(edit) = entry.operation.edit(magnitude, work.view.len) {
            edit.apply(work, sampling);
        }
    }
}

impl Operation {
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "bits are 0 to 8, and translations are whole pixels"
    )]
    fn edit(self, magnitude: f64, [_, height, width]: [usize; 3]) -> Option<Edit> {
        let affine = |translate, shear, center| {
            let parameters = AffineParameters { angle: 0.0, translate, scale: 1.0, shear, center };
            Edit::Affine(inverse_affine_matrix(&parameters))
        };
        let middle = [width as f64 * 0.5, height as f64 * 0.5];
        Some(match self {
            Self::Identity => return None,
            Self::ShearX => affine([0.0; 2], [magnitude.atan().to_degrees(), 0.0], [0.0; 2]),
            Self::ShearY => affine([0.0; 2], [0.0, magnitude.atan().to_degrees()], [0.0; 2]),
            Self::TranslateX => affine([magnitude.trunc(), 0.0], [0.0; 2], middle),
            Self::TranslateY => affine([0.0, magnitude.trunc()], [0.0; 2], middle),
            Self::Rotate => Edit::Rotate(magnitude, None),
            Self::Factor(edit) => edit(1.0 + magnitude),
            Self::Posterize => Edit::Posterize(magnitude as u32),
            Self::Solarize => Edit::Solarize(magnitude),
            Self::AutoContrast => Edit::AutoContrast,
            Self::Equalize => Edit::Equalize,
        })
    }
}

/// `RandAugment` (a fixed magnitude) and `TrivialAugmentWide` (one operation at a random one).
#[derive(Debug)]
struct Random {
    rand: Option<(usize, usize)>,
    bins: u32,
    entries: Vec<Entry>,
    sampling: Sampling,
}

impl PixelOp for Random {
    fn run(&self, work: &mut Work<'_>, draw: Draw) {
        let mut stream = draw.stream();
        let (operations, fixed) = self.rand.map_or((1, None), |(operations, bin)| (operations, Some(bin)));
        for _ in 0..operations {
            let bin = |stream: &mut Stream| fixed.unwrap_or_else(|| stream.below(self.bins) as usize);
            Entry::apply(&self.entries, bin, &mut stream, work, self.sampling);
        }
    }

    fn reads(&self, view: &mut View, _draw: Draw) -> Reads {
        Reads::all(view)
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "as torchvision computes them")]
pub(super) fn random(state: &mut State, policy: &Policy) -> Result<String> {
    let sampling = sampling(state, policy.filter, &policy.fill)?;
    let Policy { rand, bins, .. } = *policy;
    let [_, height, width] = state.len;
    let extent = if rand.is_some() {
        let translate = [width, height].map(|length| (150.0 / 331.0 * length as f64) as f32);
        Extent { bins, shear: 0.3, translate, rotate: 30.0, factor: 0.9, posterize: [8.0, 4.0] }
    } else {
        Extent { bins, shear: 0.99, translate: [32.0; 2], rotate: 135.0, factor: 0.99, posterize: [8.0, 6.0] }
    };
    let identity = Entry { operation: Operation::Identity, magnitudes: Vec::new(), signed: false };
    let entries = std::iter::once(identity).chain(space(&extent, [true, false])).collect();
    state.push_pixel(Random { rand, bins: bins as u32, entries, sampling });
    Ok("one of 14 operations at a time".into())
}

/// `AugMix`, in `float32` as torchvision mixes, of the operations that it has on PIL images.
#[derive(Debug)]
struct Mix {
    parameters: AugMix,
    entries: Vec<Entry>,
    sampling: Sampling,
}

impl PixelOp for Mix {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a weighted mean of bytes, truncated")]
    fn run(&self, work: &mut Work<'_>, draw: Draw) {
        let AugMix { severity, width, depth, alpha, .. } = self.parameters;
        let mut stream = draw.stream();
        let [kept, mixed] = dirichlet::<2>(alpha, 2, &mut stream);
        let weights = dirichlet::<16>(alpha, width, &mut stream);
        let mut floats = std::mem::take(&mut work.buffers.floats);
        let mut original = std::mem::take(&mut work.buffers.kept);
        let pixels = work.image().pixels;
        original.clear();
        original.extend_from_slice(pixels);
        floats.clear();
        floats.extend(original.iter().map(|&value| kept * f32::from(value)));
        for weight in weights.into_iter().take(width) {
            work.replace(&original);
            for _ in 0..depth.unwrap_or_else(|| 1 + stream.below(3) as usize) {
                let bin = |stream: &mut Stream| stream.below(severity as u32) as usize;
                Entry::apply(&self.entries, bin, &mut stream, work, self.sampling);
            }
            let weight = weight * mixed;
            for (sum, &value) in floats.iter_mut().zip(work.image().pixels) {
                *sum += weight * f32::from(value);
            }
        }
        work.edit(|image| {
            image.pixels.iter_mut().zip(&floats).for_each(|(value, &sum)| *value = sum as u8);
        });
        work.buffers.floats = floats;
        work.buffers.kept = original;
    }
}

/// `count` weights that add up to 1.
#[allow(clippy::cast_possible_truncation, reason = "weights are float32")]
fn dirichlet<const MOST: usize>(alpha: f64, count: usize, stream: &mut Stream) -> [f32; MOST] {
    let mut gammas = [0.0; MOST];
    gammas[..count].iter_mut().for_each(|gamma| *gamma = stream.gamma(alpha).max(f64::MIN_POSITIVE));
    let sum: f64 = gammas.iter().sum();
    gammas.map(|gamma| (gamma / sum) as f32)
}

#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "as torchvision computes them")]
pub(super) fn aug_mix(state: &mut State, mix: &AugMix) -> Result<String> {
    let sampling = sampling(state, mix.filter, &mix.fill)?;
    let [_, height, width] = state.len;
    let translate = [width, height].map(|length| (length as f64 / 3.0) as f32);
    let extent = Extent { bins: 10, shear: 0.3, translate, rotate: 30.0, factor: 0.9, posterize: [4.0, 4.0] };
    let entries = space(&extent, [false, mix.all_ops]);
    state.push_pixel(Mix { parameters: mix.clone(), entries, sampling });
    Ok(format!("{} chains, mixed in float32", mix.width))
}

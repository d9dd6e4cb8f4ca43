//! Volumes in `float32`: other sizes and affine maps, as torch interpolates them.

use super::super::geometry::volume::{self, Theta};
use super::super::resize::Filter;
use super::super::shape::SampleShape;
use super::super::steps::{self, Size};
use super::float::FloatWork;
use super::op::{Draw, FloatOp};
use super::state::State;
use crate::random::Stream;
use crate::{Error, Result};

/// Where one position of an axis comes from: two neighbours and the share of the second.
type Tap = (usize, usize, f32);

/// `torch.nn.functional.interpolate`, trilinear (`align_corners=False`) or nearest, one axis after the other.
#[derive(Debug)]
struct Resize {
    to: [usize; 3],
    taps: [Vec<Tap>; 3],
}

impl Resize {
    #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, clippy::cast_sign_loss, reason = "lengths")]
    fn new(from: [usize; 3], to: [usize; 3], is_linear: bool) -> Self {
        let taps = std::array::from_fn(|axis| {
            let scale = from[axis] as f32 / to[axis] as f32;
            let last = from[axis] - 1;
            let tap = |position: usize| {
                if !is_linear {
                    let nearest = ((position as f32 * scale) as usize).min(last);
                    return (nearest, nearest, 0.0);
                }
                let at = ((position as f32 + 0.5) * scale - 0.5).max(0.0);
                let below = (at as usize).min(last);
                (below, (below + 1).min(last), at - below as f32)
            };
            (0..to[axis]).map(tap).collect()
        });
        Self { to, taps }
    }

    /// Resizes `axis` of a block of `len`: runs of what lies within it are mixed two at a time.
    fn along(&self, axis: usize, len: [usize; 3], from: &[f32], out: &mut [f32]) {
        let inner: usize = len[axis + 1..].iter().product();
        let blocks = from.chunks_exact(len[axis] * inner).zip(out.chunks_exact_mut(self.to[axis] * inner));
        for (from, out) in blocks {
            for (run, &(below, above, share)) in out.chunks_exact_mut(inner).zip(&self.taps[axis]) {
                let (below, above) = (&from[below * inner..][..inner], &from[above * inner..][..inner]);
                for ((value, below), above) in run.iter_mut().zip(below).zip(above) {
                    *value = below + (above - below) * share;
                }
            }
        }
    }
}

impl FloatOp for Resize {
    fn run(&self, work: &mut FloatWork<'_>, _draw: Draw) {
        for axis in [2, 1, 0] {
            let before = work.len;
            if before[axis] != self.to[axis] {
                let mut after = before;
                after[axis] = self.to[axis];
                work.map(after, |_, plane, out| self.along(axis, before, plane, out));
            }
        }
    }

    fn in_place(&self) -> bool {
        false
    }
}

/// Random angles about D, H and W, shifts along them, and a scale, about the centre.
#[derive(Debug)]
struct Affine(steps::Affine);

impl Affine {
    #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "torch's theta is float32")]
    fn draw(&self, len: [usize; 3], stream: &mut Stream) -> Theta {
        let steps::Affine { degrees, translate, scale, .. } = &self.0;
        let [about_z, about_y, about_x] = [(); 3].map(|()| stream.uniform(degrees[0], degrees[1]).to_radians());
        let shares = translate.as_deref().unwrap_or(&[0.0; 3]);
        let shift: [f64; 3] =
            std::array::from_fn(|axis| stream.uniform(-shares[axis], shares[axis]) * len[axis] as f64);
        let scale = scale.map_or(1.0, |[low, high]| stream.uniform(low, high));
        let turn = product(product(plane(0, 1, about_z), plane(0, 2, about_y)), plane(1, 2, about_x));
        // Back from the output: the transpose over the scale, between coordinates of -1…1, in the order x, y, z.
        let size = [len[2], len[1], len[0]].map(|length| length as f64);
        let shift = [shift[2], shift[1], shift[0]];
        std::array::from_fn(|row| {
            let back: [f64; 3] = std::array::from_fn(|column| turn[column][row] / scale);
            let moved: f64 = (0..3).map(|column| back[column] * shift[column]).sum();
            let [x, y, z] = std::array::from_fn(|column| (back[column] * size[column] / size[row]) as f32);
            [x, y, z, (-moved * 2.0 / size[row]) as f32]
        })
    }
}

type Matrix = [[f64; 3]; 3];

/// A rotation from one axis towards another.
fn plane(first: usize, second: usize, angle: f64) -> Matrix {
    let mut matrix = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    matrix[first][first] = angle.cos();
    matrix[second][second] = angle.cos();
    matrix[first][second] = -angle.sin();
    matrix[second][first] = angle.sin();
    matrix
}

fn product(left: Matrix, right: Matrix) -> Matrix {
    std::array::from_fn(|row| {
        std::array::from_fn(|column| (0..3).map(|inner| left[row][inner] * right[inner][column]).sum())
    })
}

impl FloatOp for Affine {
    fn run(&self, work: &mut FloatWork<'_>, draw: Draw) {
        let len = work.len;
        let theta = self.draw(len, &mut draw.stream());
        work.map(len, |_, plane, out| volume::affine(plane, len, &theta, out, len));
    }

    fn in_place(&self) -> bool {
        false
    }
}

pub(super) fn resize(state: &mut State, size: &Size, filter: Filter, region: Option<[f32; 4]>) -> Result<String> {
    state.need_floats()?;
    if !matches!(filter, Filter::Nearest | Filter::Bilinear) {
        let found = format!("{filter:?}").to_lowercase();
        return Err(Error::invalid(format!(
            "interpolation {found} of a volume; allowed: nearest, bilinear (trilinear)"
        )));
    }
    if region.is_some() {
        return Err(Error::invalid("box of a volume; allowed: None"));
    }
    let to = state.resized(size)?;
    SampleShape::new(3, &to)?;
    state.push_float(Resize::new(state.len, to, filter == Filter::Bilinear));
    // The lengths between the passes, too.
    for axis in [2, 1, 0] {
        state.len[axis] = to[axis];
        state.measure();
    }
    Ok("one pass per axis, in float32".into())
}

pub(super) fn affine(state: &mut State, affine: &steps::Affine) -> Result<String> {
    state.need_floats()?;
    let refuse = |what: &str| Err(Error::invalid(format!("{what} of a volume; allowed: None")));
    if affine.shear.is_some() {
        return refuse("shear");
    }
    if affine.center.is_some() {
        return refuse("center");
    }
    if affine.fill.iter().any(|&value| value != 0.0) {
        return Err(Error::invalid("fill of a volume; allowed: 0"));
    }
    if affine.filter != Filter::Bilinear {
        let found = format!("{:?}", affine.filter).to_lowercase();
        return Err(Error::invalid(format!("interpolation {found} of a volume; allowed: bilinear (trilinear)")));
    }
    if affine.translate.as_ref().is_some_and(|translate| translate.len() != 3) {
        return Err(Error::invalid("translate has 2 shares for a volume; allowed: 3, along D, H, W"));
    }
    state.push_float(Affine(affine.clone()));
    Ok("trilinear, in float32".into())
}

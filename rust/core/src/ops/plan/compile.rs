//! Steps to a plan.

use super::super::dtype::{DType, Output};
use super::super::shape::SampleShape;
use super::super::simd::Simd;
use super::super::steps::Step;
use super::super::write::{self, Target, Writer};
use super::erase::{FloatErase, PixelErase, Rectangle};
use super::geometry::Flip;
use super::group::{Group, Rule};
use super::noise::{Noise, Normalize, Scale};
use super::pad::Border;
use super::state::State;
use super::{FloatTail, Plan, colour, policy, resize, volume, warp};
use crate::{Error, Result};

/// What became of a step, for people.
pub(super) type Kernel = String;

pub(super) const VIEW: &str = "moves the view, no pass";

pub(super) fn compile(steps: &[Step], shape: SampleShape, to_rgb: bool, output: Output) -> Result<Plan> {
    let mut state = State::new(Simd::get()?, shape, to_rgb);
    let mut lines = vec![format!("Plan of {}", state.describe())];
    for (position, step) in steps.iter().enumerate() {
        let position = position + 1;
        let kernel = state
            .add(step)
            .map_err(|error| Error::invalid(format!("step {position} of the transform, {}: {error}", step.name())))?;
        lines.push(format!("  {position:>2} {:<24}{:<28}{kernel}", step.name(), state.describe()));
    }
    finish(state, lines, shape, output)
}

fn finish(mut state: State, mut lines: Vec<String>, input: SampleShape, output: Output) -> Result<Plan> {
    let dtype = output.dtype.unwrap_or(state.dtype);
    if dtype.is_float() != state.dtype.is_float() {
        let (allowed, why) = if state.dtype.is_float() {
            ("float32, float16, bfloat16", "a ToTensor makes floats of them (volumes are scaled without being asked)")
        } else {
            ("uint8", "put ToTensor into the transform")
        };
        let found = dtype.name();
        return Err(Error::invalid(format!(
            "dtype {found}, but the samples are {}: {why}; allowed: {allowed}",
            state.dtype.name()
        )));
    }
    let channels_last = output.channels_last;
    let tail = state.written.map(|len| {
        let in_place = state.float.iter().all(|step| step.op.in_place());
        let in_batch = in_place && dtype == DType::F32 && (!channels_last || state.channels == 1);
        FloatTail { ops: std::mem::take(&mut state.float), len, most: state.most, in_batch }
    });
    let (written, last) = if tail.is_some() { (DType::F32, false) } else { (dtype, channels_last) };
    let target = Target { stored: state.stored, channels: state.channels, channels_last: last };
    let writer = Writer::new(state.simd, target, state.tables.as_deref(), written);
    let layout = if channels_last { "channels last" } else { "channels first" };
    let repeated = if state.stored < state.channels { "grey repeated, " } else { "" };
    let place = match &tail {
        Some(tail) if !tail.in_batch => "into float32 planes, then ",
        Some(_) => "into the batch, then in place: ",
        None => "",
    };
    lines.push(format!(
        "  => {place}{}, {layout}, {repeated}{} ({})",
        dtype.name(),
        writer.describe(),
        state.simd.name()
    ));
    Ok(Plan {
        input,
        spatial_dims: state.spatial_dims,
        len: state.len,
        channels: state.channels,
        dtype,
        channels_last,
        pixel: state.pixel,
        writer,
        float: tail,
        lines,
        pool: std::sync::Mutex::default(),
    })
}

impl State {
    fn add(&mut self, step: &Step) -> Result<Kernel> {
        self.begin()?;
        match step {
            Step::ToTensor => self.make_float(DType::F32, false),
            Step::ConvertImageDtype { dtype } => self.make_float(*dtype, true),
            Step::Normalize { mean, std } => self.normalize(mean, std),
            Step::ToRgb => self.rgb(),
            Step::RandomFlip { p, axes, .. } => {
                let axes = axes.iter().map(|&axis| self.axis(axis)).collect::<Result<_>>()?;
                Ok(self.moves(Flip { p: *p, axes }))
            }
            Step::RandomRotate90 { p, axes } => self.turn(*p, *axes),
            Step::CenterCrop { size } => self.center_crop(size),
            Step::RandomCrop { size, padding, pad_if_needed, fill, mode } => {
                self.random_crop(size, *padding, *pad_if_needed, fill, *mode)
            }
            Step::Pad { padding: [left, top, right, bottom], fill, mode } => {
                self.pad(Border { before: [*top, *left], after: [*bottom, *right], mode: *mode }, fill)
            }
            Step::GaussianNoise { mean, sigma, clip } => {
                let noise = Noise { mean: *mean, sigma: *sigma, clip: *clip };
                if self.on_pixels(false) {
                    self.need_image()?;
                    self.expand();
                    self.push_pixel(noise);
                } else {
                    self.need_floats()?;
                    self.push_float(noise);
                }
                Ok("in place".into())
            }
            Step::RandomErasing { p, scale, ratio, value } => {
                self.erase(Rectangle { p: *p, scale: *scale, ratio: *ratio }, value.as_deref())
            }
            Step::RandomIntensityScale { train } => {
                self.need_volume()?;
                self.need_floats()?;
                self.push_float(Scale { train: *train });
                Ok("in place".into())
            }
            Step::RandomApply { p, .. } => self.group(step, Rule::Apply(*p)),
            Step::RandomChoice { weights, .. } => self.group(step, Rule::Choice(weights.clone())),
            Step::RandomOrder { .. } => self.group(step, Rule::Order),
            Step::Resize { size, filter, region } if self.spatial_dims == 3 => {
                volume::resize(self, size, *filter, *region)
            }
            Step::Resize { size, filter, region } => resize::fixed(self, size, *filter, *region),
            Step::RandomResizedCrop { size, scale, ratio, filter } => {
                resize::random(self, *size, *scale, *ratio, *filter)
            }
            Step::RandomRotation { degrees, filter, center, fill } => {
                warp::rotation(self, *degrees, *filter, *center, fill)
            }
            Step::RandomAffine(affine) if self.spatial_dims == 2 => warp::affine(self, affine),
            Step::RandomAffine(affine) => volume::affine(self, affine),
            Step::RandomPolicy(policy) => policy::random(self, policy),
            Step::AugMix(mix) => policy::aug_mix(self, mix),
            Step::ColorJitter { .. }
            | Step::GaussianBlur { .. }
            | Step::Grayscale { .. }
            | Step::RandomGrayscale { .. }
            | Step::RandomInvert { .. }
            | Step::RandomPosterize { .. }
            | Step::RandomSolarize { .. }
            | Step::RandomAdjustSharpness { .. }
            | Step::RandomAutocontrast { .. }
            | Step::RandomEqualize { .. } => colour::add(self, step),
        }
    }

    /// The position of a step in the float types.
    fn make_float(&mut self, dtype: DType, again: bool) -> Result<Kernel> {
        match self.tables {
            Some(_) if !again => {
                return Err(Error::invalid(format!(
                    "got {}; it takes uint8, so it can stand only once",
                    self.dtype.name()
                )));
            }
            Some(_) => self.need_floats()?,
            None => self.tables = Some(vec![write::to_tensor(); self.channels]),
        }
        if self.inside.is_some() {
            return Err(Error::invalid("changes the type; it cannot stand inside another step"));
        }
        self.dtype = dtype;
        Ok("in the last pass".into())
    }

    fn normalize(&mut self, mean: &[f32], std: &[f32]) -> Result<Kernel> {
        self.need_floats()?;
        self.need_per_channel("mean and std", mean.len())?;
        if self.written.is_some() || self.inside.is_some() {
            self.push_float(Normalize { mean: mean.to_vec(), std: std.to_vec() });
            return Ok("in place".into());
        }
        for (channel, table) in self.tables.iter_mut().flatten().enumerate() {
            let parameter = if mean.len() == 1 { 0 } else { channel };
            write::normalize(table, mean[parameter], std[parameter]);
        }
        Ok("in the last pass".into())
    }

    fn rgb(&mut self) -> Result<Kernel> {
        self.need_image()?;
        self.need_pixels()?;
        if self.channels == 1 && self.inside.is_some() {
            return Err(Error::invalid("changes the number of channels; it cannot stand inside another step"));
        }
        self.channels = 3;
        Ok("in the last pass".into())
    }

    /// Spells out the three channels of a grey image that stands for RGB.
    pub(super) fn expand(&mut self) {
        if self.stored < self.channels {
            self.push_pixel(colour::Expand);
            self.stored = self.channels;
        }
    }

    fn erase(&mut self, rectangle: Rectangle, value: Option<&[f64]>) -> Result<Kernel> {
        self.need_image()?;
        if self.on_pixels(false) {
            let value = value.ok_or_else(|| {
                Error::invalid("value 'random': got uint8; it takes float32, so put ToTensor before it")
            })?;
            let value = self.pixel_values("value", value)?;
            if value != [value[0]; 3] {
                self.expand();
            }
            self.push_pixel(PixelErase(rectangle, value));
        } else {
            if let Some(value) = value {
                self.need_per_channel("value", value.len())?;
            }
            #[allow(clippy::cast_possible_truncation, reason = "values are float32")]
            let value = value.map(|value| value.iter().map(|&value| value as f32).collect());
            self.push_float(FloatErase(rectangle, value));
        }
        Ok("in place".into())
    }

    /// Steps inside a step: all on pixels or all on values, and the sample has the same shape afterwards whatever was
    /// drawn.
    fn group(&mut self, step: &Step, rule: Rule) -> Result<Kernel> {
        let number = self.number;
        if self.inside.is_none() && self.tables.is_none() {
            self.expand();
        }
        let on_pixels = self.on_pixels(step.only_moves_pixels());
        if !on_pixels {
            self.written.get_or_insert(self.len);
        }
        let outer = (self.inside.replace(on_pixels), std::mem::take(&mut self.pixel), std::mem::take(&mut self.float));
        let before = (self.len, self.stored, self.channels);
        let mut after = None;
        let (mut pixel, mut float) = (Vec::new(), Vec::new());
        for steps in step.branches() {
            (self.len, self.stored, self.channels) = before;
            for (position, step) in steps.iter().enumerate() {
                self.add(step).map_err(|error| {
                    Error::invalid(format!("step {} inside it, {}: {error}", position + 1, step.name()))
                })?;
            }
            let shape = (self.len, self.stored, self.channels);
            let expected = if matches!(rule, Rule::Choice(_)) { *after.get_or_insert(shape) } else { before };
            if shape != expected {
                let found = self.describe();
                (self.len, self.stored, self.channels) = expected;
                return Err(Error::invalid(format!(
                    "makes {found} or {}, by chance; allowed: one shape for all samples",
                    self.describe()
                )));
            }
            pixel.push(std::mem::take(&mut self.pixel));
            float.push(std::mem::take(&mut self.float));
        }
        (self.inside, self.pixel, self.float) = outer;
        self.number = number;
        if on_pixels {
            self.push_pixel(Group { rule, branches: pixel });
        } else {
            self.push_float(Group { rule, branches: float });
        }
        let kernel = if step.only_moves_pixels() && on_pixels { VIEW } else { "by chance" };
        Ok(kernel.into())
    }
}

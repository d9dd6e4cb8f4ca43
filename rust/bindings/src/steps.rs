use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use medmnist_core::ops::{self, Affine, AugMix, DType, Filter, PadMode, Policy, Size};

use crate::error::OrRaise;

#[pyclass(frozen, module = "medmnist_fast._core")]
pub(crate) struct Step(pub(crate) ops::Step);

type Steps<'py> = Vec<PyRef<'py, Step>>;

fn inner(steps: &Steps<'_>) -> Vec<ops::Step> {
    steps.iter().map(|step| step.0.clone()).collect()
}

fn branches(branches: &[Steps<'_>]) -> Vec<Vec<ops::Step>> {
    branches.iter().map(inner).collect()
}

/// The names are those of `DType::name`.
pub(crate) fn dtype(name: &str) -> PyResult<DType> {
    let types = [DType::F32, DType::F16, DType::BF16, DType::U8];
    types.into_iter().find(|dtype| dtype.name() == name).ok_or_else(|| {
        let names = types.map(DType::name).join(", ");
        PyValueError::new_err(format!("dtype {name:?}; allowed: {names}"))
    })
}

fn filter(name: &str) -> PyResult<Filter> {
    Ok(match name {
        "nearest" => Filter::Nearest,
        "box" => Filter::Box,
        "bilinear" => Filter::Bilinear,
        "hamming" => Filter::Hamming,
        "bicubic" => Filter::Bicubic,
        "lanczos" => Filter::Lanczos,
        _ => {
            return Err(PyValueError::new_err(format!(
                "interpolation {name:?}; allowed: nearest, box, bilinear, hamming, bicubic, lanczos"
            )));
        }
    })
}

fn pad_mode(name: &str) -> PyResult<PadMode> {
    Ok(match name {
        "constant" => PadMode::Constant,
        "edge" => PadMode::Edge,
        "reflect" => PadMode::Reflect,
        "symmetric" => PadMode::Symmetric,
        _ => {
            return Err(PyValueError::new_err(format!(
                "padding_mode {name:?}; allowed: constant, edge, reflect, symmetric"
            )));
        }
    })
}

/// One constructor per step, with the parameters of `ops::Step`'s.
#[pymethods]
#[allow(clippy::too_many_arguments, reason = "those of torchvision")]
impl Step {
    #[staticmethod]
    fn to_tensor() -> Self {
        Self(ops::Step::ToTensor)
    }

    #[staticmethod]
    fn convert_image_dtype(name: &str) -> PyResult<Self> {
        ops::Step::convert_image_dtype(dtype(name)?).or_raise().map(Self)
    }

    #[staticmethod]
    fn normalize(mean: Vec<f64>, std: Vec<f64>) -> PyResult<Self> {
        ops::Step::normalize(&mean, &std).or_raise().map(Self)
    }

    #[staticmethod]
    fn grayscale(channels: usize) -> PyResult<Self> {
        ops::Step::grayscale(channels).or_raise().map(Self)
    }

    #[staticmethod]
    fn to_rgb() -> Self {
        Self(ops::Step::ToRgb)
    }

    #[staticmethod]
    fn random_horizontal_flip(p: f64) -> PyResult<Self> {
        ops::Step::random_horizontal_flip(p).or_raise().map(Self)
    }

    #[staticmethod]
    fn random_vertical_flip(p: f64) -> PyResult<Self> {
        ops::Step::random_vertical_flip(p).or_raise().map(Self)
    }

    #[staticmethod]
    fn random_flip(p: f64, axes: Vec<isize>) -> PyResult<Self> {
        ops::Step::random_flip(p, axes).or_raise().map(Self)
    }

    #[staticmethod]
    fn random_rotate90(p: f64, axes: Option<[isize; 2]>) -> PyResult<Self> {
        ops::Step::random_rotate90(p, axes).or_raise().map(Self)
    }

    #[staticmethod]
    fn center_crop(size: Vec<usize>) -> PyResult<Self> {
        ops::Step::center_crop(size).or_raise().map(Self)
    }

    #[staticmethod]
    fn random_crop(
        size: Vec<usize>,
        padding: Option<[usize; 4]>,
        pad_if_needed: bool,
        fill: Vec<f64>,
        mode: &str,
    ) -> PyResult<Self> {
        ops::Step::random_crop(size, padding, pad_if_needed, fill, pad_mode(mode)?).or_raise().map(Self)
    }

    #[staticmethod]
    fn pad(padding: [usize; 4], fill: Vec<f64>, mode: &str) -> PyResult<Self> {
        ops::Step::pad(padding, fill, pad_mode(mode)?).or_raise().map(Self)
    }

    #[staticmethod]
    fn resize(
        size: Vec<usize>,
        max_size: Option<usize>,
        interpolation: &str,
        region: Option<[f32; 4]>,
    ) -> PyResult<Self> {
        let size = match (size.as_slice(), max_size) {
            (&[edge], most) => Size::Shorter(edge, most),
            (_, None) => Size::Exactly(size),
            (_, Some(_)) => {
                return Err(PyValueError::new_err(
                    "Resize: max_size and a size of every axis; allowed: max_size with one number",
                ));
            }
        };
        ops::Step::resize(size, filter(interpolation)?, region).or_raise().map(Self)
    }

    #[staticmethod]
    fn random_resized_crop(size: [usize; 2], scale: [f64; 2], ratio: [f64; 2], interpolation: &str) -> PyResult<Self> {
        ops::Step::random_resized_crop(size, scale, ratio, filter(interpolation)?).or_raise().map(Self)
    }

    #[staticmethod]
    fn random_rotation(
        degrees: [f64; 2],
        interpolation: &str,
        center: Option<[f64; 2]>,
        fill: Vec<f64>,
    ) -> PyResult<Self> {
        ops::Step::random_rotation(degrees, filter(interpolation)?, center, fill).or_raise().map(Self)
    }

    #[staticmethod]
    fn random_affine(
        degrees: [f64; 2],
        translate: Option<Vec<f64>>,
        scale: Option<[f64; 2]>,
        shear: Option<[[f64; 2]; 2]>,
        interpolation: &str,
        fill: Vec<f64>,
        center: Option<[f64; 2]>,
    ) -> PyResult<Self> {
        let filter = filter(interpolation)?;
        ops::Step::random_affine(Affine { degrees, translate, scale, shear, filter, fill, center }).or_raise().map(Self)
    }

    #[staticmethod]
    fn color_jitter(
        brightness: Option<[f64; 2]>,
        contrast: Option<[f64; 2]>,
        saturation: Option<[f64; 2]>,
        hue: Option<[f64; 2]>,
    ) -> PyResult<Self> {
        ops::Step::color_jitter([brightness, contrast, saturation], hue).or_raise().map(Self)
    }

    #[staticmethod]
    fn random_grayscale(p: f64) -> PyResult<Self> {
        ops::Step::random_grayscale(p).or_raise().map(Self)
    }

    #[staticmethod]
    fn gaussian_blur(kernel: [usize; 2], sigma: [f64; 2]) -> PyResult<Self> {
        ops::Step::gaussian_blur(kernel, sigma).or_raise().map(Self)
    }

    #[staticmethod]
    fn gaussian_noise(mean: f64, sigma: f64, clip: bool) -> PyResult<Self> {
        ops::Step::gaussian_noise(mean, sigma, clip).or_raise().map(Self)
    }

    #[staticmethod]
    fn random_erasing(p: f64, scale: [f64; 2], ratio: [f64; 2], value: Option<Vec<f64>>) -> PyResult<Self> {
        ops::Step::random_erasing(p, scale, ratio, value).or_raise().map(Self)
    }

    #[staticmethod]
    fn random_invert(p: f64) -> PyResult<Self> {
        ops::Step::random_invert(p).or_raise().map(Self)
    }

    #[staticmethod]
    fn random_posterize(bits: u8, p: f64) -> PyResult<Self> {
        ops::Step::random_posterize(bits, p).or_raise().map(Self)
    }

    #[staticmethod]
    fn random_solarize(threshold: f64, p: f64) -> PyResult<Self> {
        ops::Step::random_solarize(threshold, p).or_raise().map(Self)
    }

    #[staticmethod]
    fn random_adjust_sharpness(factor: f64, p: f64) -> PyResult<Self> {
        ops::Step::random_adjust_sharpness(factor, p).or_raise().map(Self)
    }

    #[staticmethod]
    fn random_autocontrast(p: f64) -> PyResult<Self> {
        ops::Step::random_autocontrast(p).or_raise().map(Self)
    }

    #[staticmethod]
    fn random_equalize(p: f64) -> PyResult<Self> {
        ops::Step::random_equalize(p).or_raise().map(Self)
    }

    #[staticmethod]
    fn rand_augment(
        num_ops: usize,
        magnitude: usize,
        bins: usize,
        interpolation: &str,
        fill: Vec<f64>,
    ) -> PyResult<Self> {
        let filter = filter(interpolation)?;
        ops::Step::random_policy(Policy { rand: Some((num_ops, magnitude)), bins, filter, fill }).or_raise().map(Self)
    }

    #[staticmethod]
    fn trivial_augment_wide(bins: usize, interpolation: &str, fill: Vec<f64>) -> PyResult<Self> {
        let filter = filter(interpolation)?;
        ops::Step::random_policy(Policy { rand: None, bins, filter, fill }).or_raise().map(Self)
    }

    #[staticmethod]
    fn aug_mix(
        severity: usize,
        width: usize,
        depth: Option<usize>,
        alpha: f64,
        all_ops: bool,
        interpolation: &str,
        fill: Vec<f64>,
    ) -> PyResult<Self> {
        let filter = filter(interpolation)?;
        ops::Step::aug_mix(AugMix { severity, width, depth, alpha, all_ops, filter, fill }).or_raise().map(Self)
    }

    #[staticmethod]
    fn random_intensity_scale(train: bool) -> Self {
        Self(ops::Step::RandomIntensityScale { train })
    }

    #[staticmethod]
    fn random_apply(p: f64, steps: Steps<'_>) -> PyResult<Self> {
        ops::Step::random_apply(p, inner(&steps)).or_raise().map(Self)
    }

    #[staticmethod]
    fn random_choice(weights: Vec<f64>, steps: Vec<Steps<'_>>) -> PyResult<Self> {
        ops::Step::random_choice(weights, branches(&steps)).or_raise().map(Self)
    }

    #[staticmethod]
    fn random_order(steps: Vec<Steps<'_>>) -> PyResult<Self> {
        ops::Step::random_order(branches(&steps)).or_raise().map(Self)
    }
}

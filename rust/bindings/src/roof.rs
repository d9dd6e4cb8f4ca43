use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use medmnist_core::roof::Images;

use crate::error::OrRaise;
use crate::steps;

#[pyfunction]
pub(crate) fn roof(
    py: Python<'_>,
    images: i64,
    pixels: i64,
    channels: i64,
    dtype: &str,
    num_threads: i64,
) -> PyResult<f64> {
    let images = natural("images", images)?;
    let (pixels, channels) = (natural("pixels", pixels)?, natural("channels", channels)?);
    let (dtype, threads) = (steps::dtype(dtype)?, natural("num_threads", num_threads)?);
    py.detach(|| Images::new(images, pixels, channels)?.roof(dtype, threads)).or_raise()
}

/// Zero and more; the engine refuses what else is nonsense.
fn natural(name: &str, value: i64) -> PyResult<usize> {
    usize::try_from(value).map_err(|_| PyValueError::new_err(format!("{name} = {value}; allowed: 1 or more")))
}

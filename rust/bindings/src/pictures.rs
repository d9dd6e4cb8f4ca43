use std::path::PathBuf;

use numpy::{PyArrayDyn, PyUntypedArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use medmnist_core::pictures::{self, Shape};

use crate::arrays::Borrowed;
use crate::error::OrRaise;

#[pyfunction]
pub(crate) fn write_pngs(
    py: Python<'_>,
    images: &Bound<'_, PyArrayDyn<u8>>,
    paths: Vec<PathBuf>,
    threads: usize,
) -> PyResult<()> {
    let refused =
        || PyValueError::new_err(format!("images of shape {:?}; allowed: (N, H, W) and (N, H, W, 3)", images.shape()));
    let (height, width, is_rgb) = match *images.shape() {
        [_, height, width] => (height, width, false),
        [_, height, width, 3] => (height, width, true),
        _ => return Err(refused()),
    };
    let (Ok(height), Ok(width)) = (height.try_into(), width.try_into()) else { return Err(refused()) };
    let pixels = Borrowed::new(images)?;
    py.detach(|| pictures::write(pixels.as_ref(), Shape { height, width, is_rgb }, &paths, threads)).or_raise()
}

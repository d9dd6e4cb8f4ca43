use numpy::PyArrayDyn;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use medmnist_core::moments;

use crate::arrays::Borrowed;

#[pyfunction]
pub(crate) fn channel_sums(
    py: Python<'_>,
    pixels: &Bound<'_, PyArrayDyn<u8>>,
    channels: usize,
    threads: usize,
) -> PyResult<Vec<(u64, u64)>> {
    let pixels = Borrowed::new(pixels)?;
    let moments = py.detach(|| match channels {
        1 => Ok(moments::of::<1>(pixels.as_ref(), threads).to_vec()),
        3 => Ok(moments::of::<3>(pixels.as_ref(), threads).to_vec()),
        _ => Err(PyValueError::new_err(format!("channels = {channels}; allowed: 1, 3"))),
    })?;
    Ok(moments.into_iter().map(|one| (one.sum, one.squares)).collect())
}

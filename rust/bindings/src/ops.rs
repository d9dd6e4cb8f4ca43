use std::sync::Arc;

use numpy::{PyReadonlyArrayDyn, PyUntypedArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use medmnist_core::memory::Memory;
use medmnist_core::ops::{self, DType, Output, SampleShape};
use medmnist_core::random::Key;

use crate::arrays::{elements, lend};
use crate::error::OrRaise;
use crate::steps::{self, Step};

#[pyclass(frozen, module = "medmnist_fast._core")]
pub(crate) struct Plan(pub(crate) Arc<ops::Plan>);

#[pymethods]
impl Plan {
    #[new]
    #[pyo3(signature = (steps, spatial_dims, sample_axes, to_rgb, dtype = None, channels_last = false))]
    fn new(
        steps: Vec<PyRef<'_, Step>>,
        spatial_dims: usize,
        sample_axes: Vec<usize>,
        to_rgb: bool,
        dtype: Option<&str>,
        channels_last: bool,
    ) -> PyResult<Self> {
        let steps: Vec<ops::Step> = steps.iter().map(|step| step.0.clone()).collect();
        let shape = SampleShape::new(spatial_dims, &sample_axes).or_raise()?;
        let output = Output { dtype: dtype.map(steps::dtype).transpose()?, channels_last };
        ops::Plan::compile(&steps, shape, to_rgb, output).or_raise().map(|plan| Self(Arc::new(plan)))
    }

    /// Samples, one after the other, are those of the indices from `first` on.
    #[pyo3(signature = (samples, seed, epoch = 0, first = 0))]
    fn __call__<'py>(
        &self,
        py: Python<'py>,
        samples: PyReadonlyArrayDyn<'py, u8>,
        seed: u64,
        epoch: u32,
        first: u32,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (pixels, axes) = (elements(&samples)?, samples.shape());
        require_samples(&self.0, axes.get(1..).unwrap_or_default())?;
        let count =
            u32::try_from(axes[0]).ok().filter(|count| first.checked_add(*count).is_some()).ok_or_else(|| {
                PyValueError::new_err(format!("{} samples from index {first}; allowed: indices below 2^32", axes[0]))
            })?;
        let len = self.0.output_len().checked_mul(axes[0]);
        let len = len.ok_or_else(|| PyValueError::new_err("the result does not fit into memory"))?;
        let mut out = Memory::zeroed(len).or_raise()?;
        py.detach(|| self.0.fill_in_order(pixels, first..first + count, Key { seed, epoch }, out.as_mut()));
        lend_samples(py, out, &self.0, &[axes[0]])
    }

    #[getter]
    fn dtype(&self) -> &'static str {
        self.0.output_dtype().name()
    }

    #[getter]
    fn shape(&self) -> Vec<usize> {
        self.0.output_axes()
    }

    fn __repr__(&self) -> String {
        self.0.to_string()
    }
}

/// Refuses samples whose axes are not those that the plan was compiled for.
pub(crate) fn require_samples(plan: &ops::Plan, axes: &[usize]) -> PyResult<()> {
    if plan.input_shape().fits(axes) {
        return Ok(());
    }
    let (spatial, channels) = (plan.input_shape().spatial(), plan.input_shape().channels());
    Err(PyValueError::new_err(format!(
        "samples of shape {axes:?}; the plan takes {spatial:?}, channels last, of {channels} channel(s)"
    )))
}

/// An array over samples that `plan` made, behind the `leading` axes; bfloat16, which NumPy has not, as its 16 bits.
pub(crate) fn lend_samples<'py>(
    py: Python<'py>,
    owner: impl AsMut<[u8]> + Send + Sync + 'static,
    plan: &ops::Plan,
    leading: &[usize],
) -> PyResult<Bound<'py, PyAny>> {
    let axes = [leading, &plan.output_axes()].concat();
    Ok(match plan.output_dtype() {
        DType::U8 => lend::<u8, _>(py, owner, &axes)?.into_any(),
        DType::F32 => lend::<f32, _>(py, owner, &axes)?.into_any(),
        DType::F16 => lend::<u16, _>(py, owner, &axes)?.call_method1("view", ("float16",))?,
        DType::BF16 => lend::<u16, _>(py, owner, &axes)?.into_any(),
    })
}

/// The back-ends that `MEDMNIST_FAST_SIMD` can force on this processor.
#[pyfunction]
pub(crate) fn available_backends() -> Vec<&'static str> {
    ops::available_backends()
}

use std::sync::Arc;

use numpy::{PyReadonlyArrayDyn, PyUntypedArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use medmnist_core::memory::Memory;
use medmnist_core::ops::{self, DType, SampleShape};
use medmnist_core::random::Key;

use crate::arrays::{elements, lend};
use crate::error::OrRaise;

#[pyclass(frozen, module = "medmnist_fast._core")]
pub(crate) struct Step(ops::Step);

#[pymethods]
impl Step {
    #[staticmethod]
    fn to_tensor() -> Self {
        Self(ops::Step::ToTensor)
    }

    #[staticmethod]
    fn normalize(mean: Vec<f64>, std: Vec<f64>) -> PyResult<Self> {
        ops::Step::normalize(&mean, &std).or_raise().map(Self)
    }

    #[staticmethod]
    fn random_horizontal_flip(p: f64) -> PyResult<Self> {
        ops::Step::random_horizontal_flip(p).or_raise().map(Self)
    }
}

#[pyclass(frozen, module = "medmnist_fast._core")]
pub(crate) struct Plan(pub(crate) Arc<ops::Plan>);

#[pymethods]
impl Plan {
    #[new]
    fn new(steps: Vec<PyRef<'_, Step>>, spatial_dims: usize, sample_axes: Vec<usize>, to_rgb: bool) -> PyResult<Self> {
        let steps: Vec<ops::Step> = steps.iter().map(|step| step.0.clone()).collect();
        let shape = SampleShape::new(spatial_dims, &sample_axes).or_raise()?;
        ops::Plan::compile(&steps, shape, to_rgb).or_raise().map(|plan| Self(Arc::new(plan)))
    }

    fn __call__<'py>(
        &self,
        py: Python<'py>,
        sample: PyReadonlyArrayDyn<'py, u8>,
        seed: u64,
    ) -> PyResult<Bound<'py, PyAny>> {
        let pixels = elements(&sample)?;
        require_samples(&self.0, sample.shape())?;
        let mut out = Memory::zeroed(self.0.output_len()).or_raise()?;
        self.0.fill(pixels, std::iter::once(0), Key { seed, epoch: 0 }, out.as_mut());
        lend_samples(py, out, &self.0, &[])
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

/// An array over samples that `plan` made, behind the `leading` axes.
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
    })
}

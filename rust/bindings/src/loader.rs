use std::sync::Arc;
use std::time::Duration;

use numpy::{IntoPyArray, PyArray2, PyArrayDyn, PyArrayMethods, PyReadonlyArray2, PyUntypedArrayMethods};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

use medmnist_core::loader::{self, Images, Next, Options};

use crate::arrays::{Borrowed, elements};
use crate::error::OrRaise;
use crate::ops::{Plan, lend_samples, require_samples};

/// How long a consumer waits before it looks whether Ctrl-C was pressed.
const PATIENCE: Duration = Duration::from_millis(100);

#[pyclass(frozen, module = "medmnist_fast._core")]
pub(crate) struct Loader(Arc<loader::Loader>);

#[pymethods]
impl Loader {
    #[new]
    #[allow(clippy::too_many_arguments, reason = "keyword arguments on the Python side")]
    #[pyo3(signature = (plan, images, labels, *, batch_size, shuffle, drop_last, seed, threads, prefetch))]
    fn new(
        plan: &Plan,
        images: &Bound<'_, PyArrayDyn<u8>>,
        labels: PyReadonlyArray2<'_, i64>,
        batch_size: usize,
        shuffle: bool,
        drop_last: bool,
        seed: u64,
        threads: usize,
        prefetch: usize,
    ) -> PyResult<Self> {
        let options = Options { batch_size, shuffle, drop_last, seed, threads, prefetch };
        require_samples(&plan.0, images.shape().get(1..).unwrap_or_default())?;
        let images = Images::new(Borrowed::new(images)?);
        let labels_per_sample = labels.shape()[1];
        let labels = elements(&labels)?.to_vec();
        loader::Loader::new(images, labels, labels_per_sample, Arc::clone(&plan.0), options).or_raise().map(Self)
    }

    fn __len__(&self) -> usize {
        self.0.batches()
    }

    fn epoch(&self, py: Python<'_>, epoch: u32) -> PyResult<Epoch> {
        py.detach(|| self.0.epoch(epoch)).or_raise().map(|epoch| Epoch { inner: Some(epoch) })
    }
}

#[pyclass(frozen, module = "medmnist_fast._core")]
pub(crate) struct Epoch {
    /// `None` only while it is dropped.
    inner: Option<loader::Epoch>,
}

impl Epoch {
    fn inner(&self) -> PyResult<&loader::Epoch> {
        self.inner.as_ref().ok_or_else(|| PyRuntimeError::new_err("the iterator is being dropped"))
    }
}

impl Drop for Epoch {
    /// Waits for the batches in the making, and lets other Python threads run meanwhile.
    fn drop(&mut self) {
        let inner = self.inner.take();
        // `None` when the interpreter shuts down; then there is nobody to wait for us either.
        let _ = Python::try_attach(|py| py.detach(|| drop(inner)));
    }
}

type Arrays<'py> = (Bound<'py, PyAny>, Bound<'py, PyArray2<i64>>);

#[pymethods]
impl Epoch {
    fn __iter__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
        this
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Arrays<'py>>> {
        let epoch = self.inner()?;
        loop {
            match py.detach(|| epoch.next(PATIENCE)).or_raise()? {
                Next::Pending => py.check_signals()?,
                Next::End => return Ok(None),
                Next::Batch(batch) => {
                    let loader = epoch.loader();
                    let labels = batch.labels.into_pyarray(py).reshape([batch.len, loader.labels_per_sample()])?;
                    return Ok(Some((lend_samples(py, batch.images, loader.plan(), &[batch.len])?, labels)));
                }
            }
        }
    }

    fn __length_hint__(&self) -> PyResult<usize> {
        self.inner().map(loader::Epoch::remaining)
    }
}

#[pyfunction]
pub(crate) fn available_parallelism() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

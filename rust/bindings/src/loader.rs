use std::sync::Arc;
use std::time::Duration;

use numpy::{IntoPyArray, PyArray2, PyArrayDyn, PyArrayMethods, PyReadonlyArray2, PyUntypedArrayMethods};
use pyo3::prelude::*;

use medmnist_core::loader::{self, Images, Next, Options};

use crate::arrays::Borrowed;
use crate::error::OrRaise;
use crate::ops::{Plan, lend_samples};

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
        let images = Images::new(Borrowed::new(images)?);
        let labels_per_sample = labels.shape()[1];
        let labels = labels.as_slice()?.to_vec();
        loader::Loader::new(images, labels, labels_per_sample, Arc::clone(&plan.0), options).or_raise().map(Self)
    }

    fn __len__(&self) -> usize {
        self.0.batches()
    }

    fn epoch(&self, py: Python<'_>, epoch: u32) -> PyResult<Epoch> {
        py.detach(|| self.0.epoch(epoch)).or_raise().map(Epoch)
    }
}

#[pyclass(frozen, module = "medmnist_fast._core")]
pub(crate) struct Epoch(loader::Epoch);

type Arrays<'py> = (Bound<'py, PyAny>, Bound<'py, PyArray2<i64>>);

#[pymethods]
impl Epoch {
    fn __iter__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
        this
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Arrays<'py>>> {
        loop {
            match py.detach(|| self.0.next(PATIENCE)).or_raise()? {
                Next::Pending => py.check_signals()?,
                Next::End => return Ok(None),
                Next::Batch(batch) => {
                    let loader = self.0.loader();
                    let labels = batch.labels.into_pyarray(py).reshape([batch.len, loader.labels_per_sample()])?;
                    return Ok(Some((lend_samples(py, batch.images, loader.plan(), &[batch.len])?, labels)));
                }
            }
        }
    }

    fn __length_hint__(&self) -> usize {
        self.0.remaining()
    }
}

#[pyfunction]
pub(crate) fn available_parallelism() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

use std::any::Any;
use std::time::{Duration, Instant};

use numpy::{
    Element, IntoPyArray, PyArrayDyn, PyArrayMethods, PyReadonlyArray1, PyReadonlyArrayDyn, PyUntypedArrayMethods,
};
use pyo3::exceptions::{PyIndexError, PyRuntimeError, PyTypeError};
use pyo3::prelude::*;

use medmnist_core::batch::{Batch, Lend, Place};
use medmnist_core::loader::{self, Data, Images, Labels, Next, Options, Part};

use crate::arrays::{Borrowed, BorrowedMut, elements};
use crate::error::OrRaise;
use crate::ops::{Plan, lend_samples, require_samples};
use crate::sampler::{Sampler, shard};

/// How long a consumer waits before it looks whether Ctrl-C was pressed.
const PATIENCE: Duration = Duration::from_millis(100);

#[pyclass(frozen, module = "medmnist_fast._core")]
pub(crate) struct Loader {
    /// `None` only while it is dropped.
    inner: Option<loader::Loader>,
    /// Axes of a sample's labels.
    label_axes: Vec<usize>,
    /// What turns the arrays of images and of labels into what users get.
    wrap: Option<(Py<PyAny>, Py<PyAny>)>,
}

#[pymethods]
impl Loader {
    #[new]
    #[allow(clippy::too_many_arguments, reason = "keyword arguments on the Python side")]
    #[pyo3(signature = (
        parts, labels, selection, sampler, *,
        rank, world_size, remainder, batch_size, drop_last, seed, threads, prefetch, lent_memory = false, wrap = None
    ))]
    fn new(
        parts: Vec<(PyRef<'_, Plan>, Bound<'_, PyArrayDyn<u8>>)>,
        labels: &Bound<'_, PyAny>,
        selection: Option<PyReadonlyArray1<'_, u32>>,
        sampler: &Sampler,
        rank: usize,
        world_size: usize,
        remainder: &str,
        batch_size: usize,
        drop_last: bool,
        seed: u64,
        threads: usize,
        prefetch: usize,
        lent_memory: bool,
        wrap: Option<(Py<PyAny>, Py<PyAny>)>,
    ) -> PyResult<Self> {
        let parts = parts
            .into_iter()
            .map(|(plan, images)| {
                require_samples(&plan.0, images.shape().get(1..).unwrap_or_default())?;
                Ok(Part { images: Images::new(Borrowed::new(&images)?), plan: plan.0.clone() })
            })
            .collect::<PyResult<_>>()?;
        let (labels, label_axes) = copied(labels)?;
        let selection = selection.map(|selection| elements(&selection).map(<[u32]>::to_vec)).transpose()?;
        let data = Data::new(parts, labels, label_axes.iter().product(), selection).or_raise()?;
        let shard = shard(rank, world_size, remainder)?;
        let options = Options { batch_size, drop_last, seed, threads, prefetch, lent_memory };
        let inner = loader::Loader::new(data, sampler.0.clone(), shard, options).or_raise()?;
        Ok(Self { inner: Some(inner), label_axes, wrap })
    }

    /// Samples and batches of this rank from position `start` of an epoch's order on.
    #[pyo3(signature = (start = 0))]
    fn len(&self, start: usize) -> PyResult<(usize, usize)> {
        self.inner().map(|inner| (inner.samples(start), inner.batches(start)))
    }

    #[pyo3(signature = (epoch, start = 0, timeout = 0.0))]
    fn epoch(this: Bound<'_, Self>, epoch: u32, start: usize, timeout: f64) -> PyResult<Epoch> {
        // Not detached: only threads that hold Python's lock touch what a forked child must find free.
        let inner = this.get().inner()?.epoch(epoch, start).or_raise()?;
        Epoch::new(inner, this, timeout)
    }

    /// A pass whose batches are named by `Epoch.give`.
    #[pyo3(signature = (epoch, timeout = 0.0))]
    fn pass_over(this: Bound<'_, Self>, epoch: u32, timeout: f64) -> PyResult<Epoch> {
        let inner = this.get().inner()?.pass(epoch).or_raise()?;
        Epoch::new(inner, this, timeout)
    }

    #[getter]
    fn ahead(&self) -> PyResult<usize> {
        self.inner().map(loader::Loader::ahead)
    }

    /// Samples, batches, seconds, seconds waited, seconds of CPU, slots in use.
    fn statistics(&self) -> PyResult<(u64, u64, f64, f64, f64, usize)> {
        let sums = self.inner()?.statistics();
        let [elapsed, waited, cpu] = [sums.elapsed, sums.waited, sums.cpu].map(|duration| duration.as_secs_f64());
        Ok((sums.samples, sums.batches, elapsed, waited, cpu, sums.slots_in_use))
    }
}

impl Loader {
    fn inner(&self) -> PyResult<&loader::Loader> {
        self.inner.as_ref().ok_or_else(|| PyRuntimeError::new_err("the loader is being dropped"))
    }

    /// Images and labels as users get them.
    fn wrap<'py>(
        &self,
        py: Python<'py>,
        batch: Batch,
        data: &Data,
    ) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
        let axes = [&[batch.len], &self.label_axes[..]].concat();
        let labels = match batch.labels {
            Labels::I64(values) => shaped(py, values, &axes)?,
            Labels::F32(values) => shaped(py, values, &axes)?,
            Labels::F64(values) => shaped(py, values, &axes)?,
        };
        let images = match batch.images {
            Place::Slot(slot) => lend_samples(py, slot, data.plan(), &[batch.len])?,
            Place::Lent(memory) => return Ok((Lender::returned(py, memory, batch.len)?, self.wrap_labels(labels)?)),
        };
        match &self.wrap {
            Some((wrap, _)) => Ok((wrap.bind(py).call1((images,))?, self.wrap_labels(labels)?)),
            None => Ok((images, labels)),
        }
    }

    fn wrap_labels<'py>(&self, labels: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        match &self.wrap {
            Some((_, wrap)) => wrap.bind(labels.py()).call1((labels,)),
            None => Ok(labels),
        }
    }
}

impl Drop for Loader {
    /// Waits for its threads, and lets other Python threads run meanwhile.
    fn drop(&mut self) {
        drop_detached(self.inner.take());
    }
}

#[pyclass(frozen, module = "medmnist_fast._core")]
pub(crate) struct Epoch {
    /// `None` only while it is dropped.
    inner: Option<loader::Epoch>,
    loader: Py<Loader>,
    /// How long a batch may take.
    timeout: Option<Duration>,
}

impl Epoch {
    fn new(inner: loader::Epoch, loader: Bound<'_, Loader>, timeout: f64) -> PyResult<Self> {
        let timeout =
            Duration::try_from_secs_f64(timeout).map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
        Ok(Self { inner: Some(inner), loader: loader.unbind(), timeout: (!timeout.is_zero()).then_some(timeout) })
    }

    fn inner(&self) -> PyResult<&loader::Epoch> {
        self.inner.as_ref().ok_or_else(|| PyRuntimeError::new_err("the iterator is being dropped"))
    }
}

impl Drop for Epoch {
    /// Waits for the batches in the making, and lets other Python threads run meanwhile.
    fn drop(&mut self) {
        drop_detached(self.inner.take());
    }
}

#[pymethods]
impl Epoch {
    fn __iter__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
        this
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<(Bound<'py, PyAny>, Bound<'py, PyAny>)>> {
        let epoch = self.inner()?;
        let started = Instant::now();
        loop {
            match py.detach(|| epoch.next(PATIENCE)).or_raise()? {
                Next::Pending => py.check_signals()?,
                Next::End => return Ok(None),
                Next::Batch(batch) => return self.loader.get().wrap(py, batch.or_raise()?, epoch.data()).map(Some),
            }
            if let Some(timeout) = self.timeout.filter(|&timeout| started.elapsed() >= timeout) {
                return Err(PyRuntimeError::new_err(format!("no batch within timeout = {} s", timeout.as_secs_f64())));
            }
        }
    }

    /// Adds a batch: its samples, from the end if negative, and memory for it if the loader has none of its own.
    #[pyo3(signature = (indices, memory = None))]
    fn give(&self, py: Python<'_>, mut indices: Vec<i64>, memory: Option<Lender>) -> PyResult<()> {
        let epoch = self.inner()?;
        let len = i64::try_from(epoch.data().len())?;
        for index in &mut indices {
            if *index >= len || *index < -len {
                return Err(PyIndexError::new_err(format!("sample {index}; allowed: {} to {}", -len, len - 1)));
            }
            *index = index.rem_euclid(len);
        }
        let indices = indices.into_iter().map(u32::try_from).collect::<Result<_, _>>()?;
        if let Some(memory) = memory {
            epoch.lend(Box::new(memory)).or_raise()?;
        }
        py.detach(|| epoch.give(indices)).or_raise()
    }

    /// Adds memory for one more batch.
    fn lend(&self, memory: Lender) -> PyResult<()> {
        self.inner()?.lend(Box::new(memory)).or_raise()
    }

    fn __length_hint__(&self) -> PyResult<usize> {
        self.inner().map(loader::Epoch::remaining)
    }
}

/// Memory that Python lends for a batch: a tensor, and a NumPy array over its bytes.
struct Lender {
    tensor: Py<PyAny>,
    bytes: BorrowedMut,
}

impl<'a, 'py> FromPyObject<'a, 'py> for Lender {
    type Error = PyErr;

    fn extract(pair: pyo3::Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        let (tensor, bytes): (Py<PyAny>, Bound<'py, PyArrayDyn<u8>>) = pair.extract()?;
        Ok(Self { tensor, bytes: BorrowedMut::new(&bytes)? })
    }
}

impl Lender {
    /// The tensor, or the part of it that a smaller batch has filled.
    fn returned(py: Python<'_>, memory: Box<dyn Lend>, len: usize) -> PyResult<Bound<'_, PyAny>> {
        let lender = memory.into_any().downcast::<Self>();
        let lender = lender.map_err(|_| PyRuntimeError::new_err("memory of another lender"))?;
        let tensor = lender.tensor.into_bound(py);
        if tensor.len()? == len { Ok(tensor) } else { tensor.call_method1("narrow", (0, 0, len)) }
    }
}

impl AsRef<[u8]> for Lender {
    fn as_ref(&self) -> &[u8] {
        self.bytes.as_ref()
    }
}

impl AsMut<[u8]> for Lender {
    fn as_mut(&mut self) -> &mut [u8] {
        self.bytes.as_mut()
    }
}

impl Lend for Lender {
    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}

/// Labels as the engine keeps them, and the axes of one sample's.
fn copied(labels: &Bound<'_, PyAny>) -> PyResult<(Labels, Vec<usize>)> {
    if let Ok(labels) = labels.extract::<PyReadonlyArrayDyn<'_, i64>>() {
        return Ok((Labels::I64(elements(&labels)?.to_vec()), labels.shape().get(1..).unwrap_or_default().to_vec()));
    }
    if let Ok(labels) = labels.extract::<PyReadonlyArrayDyn<'_, f32>>() {
        return Ok((Labels::F32(elements(&labels)?.to_vec()), labels.shape().get(1..).unwrap_or_default().to_vec()));
    }
    if let Ok(labels) = labels.extract::<PyReadonlyArrayDyn<'_, f64>>() {
        return Ok((Labels::F64(elements(&labels)?.to_vec()), labels.shape().get(1..).unwrap_or_default().to_vec()));
    }
    Err(PyTypeError::new_err("labels of another type; allowed: arrays of int64, float32 or float64"))
}

fn shaped<'py, T: Element>(py: Python<'py>, values: Vec<T>, axes: &[usize]) -> PyResult<Bound<'py, PyAny>> {
    values.into_pyarray(py).reshape(axes).map(Bound::into_any)
}

/// Drops what waits for threads without Python's lock.
fn drop_detached(inner: impl Send) {
    // Not attached when the interpreter shuts down: then it is dropped here, and nobody waits for the lock.
    let _ = Python::try_attach(|py| py.detach(|| drop(inner)));
}

#[pyfunction]
pub(crate) fn available_parallelism() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

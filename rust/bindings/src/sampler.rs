use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use medmnist_core::random::Key;
use medmnist_core::sampler::{self, Remainder, Shard};

use crate::arrays::elements;
use crate::error::OrRaise;

#[pyclass(frozen, module = "medmnist_fast._core")]
pub(crate) struct Sampler(pub(crate) sampler::Sampler);

#[pymethods]
impl Sampler {
    #[staticmethod]
    fn sequential(items: usize) -> PyResult<Self> {
        sampler::Sampler::sequential(items).or_raise().map(Self)
    }

    #[staticmethod]
    #[pyo3(signature = (items, num_samples = None))]
    fn shuffled(items: usize, num_samples: Option<usize>) -> PyResult<Self> {
        match num_samples {
            None => sampler::Sampler::shuffled(items),
            Some(num_samples) => sampler::Sampler::reshuffled(items, num_samples),
        }
        .or_raise()
        .map(Self)
    }

    #[staticmethod]
    fn weighted(
        py: Python<'_>,
        weights: PyReadonlyArray1<'_, f64>,
        num_samples: usize,
        replacement: bool,
    ) -> PyResult<Self> {
        let weights = elements(&weights)?;
        py.detach(|| sampler::Sampler::weighted(weights, num_samples, replacement)).or_raise().map(Self)
    }

    #[staticmethod]
    fn balanced(py: Python<'_>, classes: PyReadonlyArray1<'_, i64>, num_samples: usize) -> PyResult<Self> {
        let classes = elements(&classes)?;
        py.detach(|| sampler::Sampler::balanced(classes, num_samples)).or_raise().map(Self)
    }

    fn subset(&self, indices: PyReadonlyArray1<'_, u32>) -> PyResult<Self> {
        self.0.subset(elements(&indices)?.to_vec()).or_raise().map(Self)
    }

    fn __len__(&self) -> usize {
        self.0.len()
    }

    #[getter]
    fn largest(&self) -> Option<u32> {
        self.0.largest()
    }

    fn shard_len(&self, rank: usize, world_size: usize, remainder: &str, start: usize) -> PyResult<usize> {
        Ok(shard(rank, world_size, remainder)?.len(self.0.len(), self.require_start(start)?))
    }

    #[allow(clippy::too_many_arguments, reason = "what names the samples of one rank")]
    #[pyo3(signature = (seed, epoch, rank, world_size, remainder, start = 0))]
    fn indices<'py>(
        &self,
        py: Python<'py>,
        seed: u64,
        epoch: u32,
        rank: usize,
        world_size: usize,
        remainder: &str,
        start: usize,
    ) -> PyResult<Bound<'py, PyArray1<i64>>> {
        let shard = shard(rank, world_size, remainder)?;
        let start = self.require_start(start)?;
        let indices: Vec<i64> = py.detach(|| {
            let order = self.0.order(Key { seed, epoch });
            let total = order.len();
            (0..shard.len(total, start)).map(|k| order.get(shard.position(total, start, k)).into()).collect()
        });
        Ok(indices.into_pyarray(py))
    }
}

impl Sampler {
    fn require_start(&self, start: usize) -> PyResult<usize> {
        let len = self.0.len();
        if start > len {
            return Err(PyValueError::new_err(format!(
                "start = {start}; allowed: 0 to {len}, the samples of an epoch"
            )));
        }
        Ok(start)
    }
}

/// The share of a rank, with `remainder` by name.
pub(crate) fn shard(rank: usize, world_size: usize, remainder: &str) -> PyResult<Shard> {
    let remainder = match remainder {
        "pad" => Remainder::Pad,
        "drop" => Remainder::Drop,
        "keep" => Remainder::Keep,
        _ => {
            return Err(PyValueError::new_err(format!("remainder {remainder:?}; allowed: pad, drop or keep")));
        }
    };
    Shard::new(rank, world_size, remainder).or_raise()
}

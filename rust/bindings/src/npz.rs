use std::path::PathBuf;

use pyo3::prelude::*;
use pyo3::types::{IntoPyDict, PyTuple};

use crate::arrays::lend;
use crate::error::OrRaise;

#[pyclass(frozen, module = "medmnist_fast._core")]
pub(crate) struct Archive(medmnist_core::npz::Archive);

#[pymethods]
impl Archive {
    #[new]
    fn new(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        py.detach(|| medmnist_core::npz::Archive::open(path)).or_raise().map(Self)
    }

    fn names(&self) -> Vec<&str> {
        self.0.names().collect()
    }

    fn read<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
        let array = py.detach(|| self.0.read(name)).or_raise()?;
        let header = array.header().clone();
        let len = array.as_ref().len();
        let bytes = lend::<u8, _>(py, array, &[len])?;
        let order = if header.fortran_order { "F" } else { "C" };
        let typed = bytes.call_method1("view", (header.descr,))?;
        typed.call_method("reshape", (PyTuple::new(py, header.shape)?,), Some(&[("order", order)].into_py_dict(py)?))
    }
}

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use numpy::PyArrayDyn;
use pyo3::prelude::*;
use pyo3::types::{IntoPyDict, PyDict, PyTuple};

use medmnist_core::digest;
use medmnist_core::npz::{self, Entry, Header, Method};
use medmnist_core::store;

use crate::arrays::{Borrowed, lend, lend_read_only};
use crate::error::OrRaise;

/// How often work that takes long looks for Ctrl-C and reports, in milliseconds.
const REPORT: u64 = 100;

#[pyclass(frozen, module = "medmnist_fast._core")]
pub(crate) struct Archive(npz::Archive);

#[pymethods]
impl Archive {
    #[new]
    fn new(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        py.detach(|| npz::Archive::open(path)).or_raise().map(Self)
    }

    #[staticmethod]
    fn from_bytes(py: Python<'_>, content: &Bound<'_, PyArrayDyn<u8>>) -> PyResult<Self> {
        let bytes = Arc::new(Borrowed::new(content)?);
        py.detach(|| npz::Archive::from_bytes(bytes)).or_raise().map(Self)
    }

    #[staticmethod]
    fn open_store(
        py: Python<'_>,
        source: PathBuf,
        places: Vec<PathBuf>,
        threads: usize,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Self> {
        let report = Report::new(progress);
        py.detach(|| store::open(&source, &places, threads, &|done, total| report.tell(done, total)))
            .or_raise()
            .map(Self)
    }

    fn find_store(&self, py: Python<'_>, place: PathBuf) -> Option<Self> {
        py.detach(|| store::find(&self.0, &place)).map(Self)
    }

    fn names(&self) -> Vec<&str> {
        self.0.names().collect()
    }

    fn entry<'py>(&self, py: Python<'py>, name: &str) -> PyResult<(Bound<'py, PyDict>, Bound<'py, PyTuple>)> {
        let entry = self.0.entry(name).or_raise()?;
        let Header { descr, fortran_order, shape, .. } = py.detach(|| self.0.header(name)).or_raise()?;
        let facts = zip_facts(entry).into_py_dict(py)?;
        facts.set_item("is_deflated", entry.method == Method::Deflated)?;
        facts.set_item("fortran_order", fortran_order)?;
        facts.set_item("descr", descr)?;
        Ok((facts, PyTuple::new(py, shape)?))
    }

    fn read<'py>(&self, py: Python<'py>, name: &str, threads: usize) -> PyResult<Bound<'py, PyAny>> {
        let report = Report::new(None);
        let array = py.detach(|| self.0.read(name, threads, Some(&|done| report.tell(done, 0)))).or_raise()?;
        own(py, array)
    }

    fn read_all<'py>(&self, py: Python<'py>, names: Vec<String>, threads: usize) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let report = Report::new(None);
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let arrays = py.detach(|| self.0.read_all(&names, threads, Some(&|done| report.tell(done, 0)))).or_raise()?;
        arrays.into_iter().map(|array| own(py, array)).collect()
    }

    fn view<'py>(&self, py: Python<'py>, name: &str, verify: bool) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Some(view) = py.detach(|| self.0.view(name, verify)).or_raise()? else { return Ok(None) };
        let header = view.header().clone();
        shaped(py, lend_read_only(py, view)?.into_any(), header).map(Some)
    }

    fn digests(&self, py: Python<'_>, name: &str, progress: Option<Py<PyAny>>) -> PyResult<Vec<(u128, bool)>> {
        let size = self.0.entry(name).or_raise()?.size;
        let report = Report::new(progress);
        let digests =
            py.detach(|| digest::of_member(&self.0, name, Some(&|done| report.tell(done, size)))).or_raise()?;
        Ok(digests.into_iter().map(|digest| (digest.hash, digest.is_blank)).collect())
    }

    fn verify(&self, py: Python<'_>, name: &str, threads: usize, progress: Option<Py<PyAny>>) -> PyResult<()> {
        let size = self.0.entry(name).or_raise()?.size;
        let report = Report::new(progress);
        py.detach(|| self.0.verify(name, threads, Some(&|done| report.tell(done, size)))).or_raise()
    }
}

fn zip_facts(entry: &Entry) -> [(&'static str, u64); 3] {
    [("CRC", entry.crc.into()), ("compress_size", entry.compressed), ("file_size", entry.size)]
}

fn own(py: Python<'_>, array: medmnist_core::array::Array) -> PyResult<Bound<'_, PyAny>> {
    let (header, len) = (array.header().clone(), array.as_ref().len());
    shaped(py, lend::<u8, _>(py, array, &[len])?.into_any(), header)
}

/// Bytes as the array that a header describes.
fn shaped<'py>(py: Python<'py>, bytes: Bound<'py, PyAny>, header: Header) -> PyResult<Bound<'py, PyAny>> {
    let order = if header.fortran_order { "F" } else { "C" };
    let typed = bytes.call_method1("view", (header.descr,))?;
    typed.call_method("reshape", (PyTuple::new(py, header.shape)?,), Some(&[("order", order)].into_py_dict(py)?))
}

/// Looks for Ctrl-C and calls back, now and then.
pub(crate) struct Report {
    callback: Option<Py<PyAny>>,
    start: Instant,
    /// Milliseconds after the start of the last report.
    last: AtomicU64,
}

impl Report {
    pub(crate) fn new(callback: Option<Py<PyAny>>) -> Self {
        Self { callback, start: Instant::now(), last: AtomicU64::new(0) }
    }

    pub(crate) fn tell(&self, done: u64, total: u64) -> medmnist_core::Result<()> {
        let now = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        let is_due = now.saturating_sub(self.last.load(Ordering::Relaxed)) >= REPORT;
        if !is_due && (done < total || total == 0) {
            return Ok(());
        }
        self.last.store(now, Ordering::Relaxed);
        Python::attach(|py| {
            py.check_signals()?;
            self.callback.as_ref().map_or(Ok(()), |callback| callback.call1(py, (done, total)).map(drop))
        })
        .map_err(|error| medmnist_core::Error::Interrupted(Box::new(error)))
    }
}

//! Memory across the border: ours lent to NumPy, NumPy's lent to us. Neither copies.

use std::any::Any;

use bytemuck::AnyBitPattern;
use numpy::ndarray::{ArrayViewD, Dimension};
use numpy::{Element, PyArrayDyn, PyArrayMethods, PyReadonlyArray, PyUntypedArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::IntoPyDict;

/// The base object of arrays over the engine's memory: lives as long as the last of them.
#[pyclass(frozen)]
struct Lender {
    _owner: Box<dyn Any + Send + Sync>,
}

/// An array of shape `axes` over the first bytes of `owner`, which is dropped with the last array over it.
#[allow(unsafe_code)]
pub(crate) fn lend<'py, T, O>(py: Python<'py>, owner: O, axes: &[usize]) -> PyResult<Bound<'py, PyArrayDyn<T>>>
where
    T: Element + AnyBitPattern + bytemuck::NoUninit,
    O: AsMut<[u8]> + Send + Sync + 'static,
{
    let mut owner = Box::new(owner);
    let len = axes.iter().try_fold(size_of::<T>(), |product, &axis| product.checked_mul(axis));
    let bytes = len
        .and_then(|len| (*owner).as_mut().get_mut(..len))
        .ok_or_else(|| PyValueError::new_err(format!("fewer bytes than the shape {axes:?} has")))?;
    // Not through a reference: the array outlives this borrow.
    let start: *const T = bytemuck::cast_slice_mut::<u8, T>(bytes).as_mut_ptr();
    // SAFETY: `start` points to `axes.product()` initialised elements, and to where the view is used below they live.
    let view = unsafe { ArrayViewD::from_shape_ptr(axes, start) };
    let lender = Bound::new(py, Lender { _owner: owner })?;
    // SAFETY: the elements are in heap or mapped memory that neither moves nor is freed before `owner`, which
    // `lender` keeps and nobody can reach any more: until the array and all its views are gone they alone use it.
    Ok(unsafe { PyArrayDyn::borrow_from_array(&view, lender.into_any()) })
}

/// A read-only array over all bytes of `owner`, which is dropped with the last array over it.
#[allow(unsafe_code)]
pub(crate) fn lend_read_only<O>(py: Python<'_>, owner: O) -> PyResult<Bound<'_, PyArrayDyn<u8>>>
where
    O: AsRef<[u8]> + Send + Sync + 'static,
{
    let owner = Box::new(owner);
    let bytes = (*owner).as_ref();
    let (start, len) = (bytes.as_ptr(), bytes.len());
    // SAFETY: `start` points to `len` bytes, and to where the view is used below they live.
    let view = unsafe { ArrayViewD::from_shape_ptr(&[len][..], start) };
    let lender = Bound::new(py, Lender { _owner: owner })?;
    // SAFETY: the bytes are in mapped or borrowed memory that neither moves nor is freed before `owner`, which `lender`
    // keeps; NumPy does not write to it, because of the next line.
    let array = unsafe { PyArrayDyn::borrow_from_array(&view, lender.into_any()) };
    array.call_method("setflags", (), Some(&[("write", false)].into_py_dict(py)?))?;
    Ok(array)
}

/// The elements of a C-contiguous array; NumPy's own `as_slice` would take a Fortran-ordered one too.
pub(crate) fn elements<'a, T: Element, D: Dimension>(array: &'a PyReadonlyArray<'_, T, D>) -> PyResult<&'a [T]> {
    require_c_contiguous(array.is_c_contiguous())?;
    Ok(array.as_slice()?)
}

fn require_c_contiguous(is_contiguous: bool) -> PyResult<()> {
    if is_contiguous { Ok(()) } else { Err(PyValueError::new_err("the array is not C-contiguous")) }
}

/// The bytes of a C-contiguous array, kept alive.
pub(crate) struct Borrowed {
    start: *const u8,
    len: usize,
    _owner: Py<PyArrayDyn<u8>>,
}

impl Borrowed {
    pub(crate) fn new(array: &Bound<'_, PyArrayDyn<u8>>) -> PyResult<Self> {
        require_c_contiguous(array.is_c_contiguous())?;
        Ok(Self { start: array.data().cast_const(), len: array.len(), _owner: array.clone().unbind() })
    }
}

// SAFETY: `start` is only read from, and the owner is a reference count that PyO3 releases from any thread.
#[allow(unsafe_code)]
unsafe impl Send for Borrowed {}
// SAFETY: as above.
#[allow(unsafe_code)]
unsafe impl Sync for Borrowed {}

impl AsRef<[u8]> for Borrowed {
    #[allow(unsafe_code)]
    fn as_ref(&self) -> &[u8] {
        // SAFETY: NumPy keeps `len` bytes at `start` while the owner lives: an array that others refer to cannot be
        // resized in place without `refcheck=False`. Python code that writes pixels while a loader reads them is
        // asked not to (see `DataLoader`); it would get batches of old and new bytes.
        unsafe { std::slice::from_raw_parts(self.start, self.len) }
    }
}

/// The bytes of a C-contiguous, writable array, kept alive and for us alone.
pub(crate) struct BorrowedMut {
    start: *mut u8,
    len: usize,
    _owner: Py<PyArrayDyn<u8>>,
}

impl BorrowedMut {
    pub(crate) fn new(array: &Bound<'_, PyArrayDyn<u8>>) -> PyResult<Self> {
        require_c_contiguous(array.is_c_contiguous())?;
        // Refused for arrays that are read-only, or borrowed already.
        drop(array.try_readwrite()?);
        Ok(Self { start: array.data(), len: array.len(), _owner: array.clone().unbind() })
    }
}

// SAFETY: whoever has the value has the bytes, and the owner is a reference count that PyO3 releases from any thread.
#[allow(unsafe_code)]
unsafe impl Send for BorrowedMut {}
// SAFETY: as above; through a shared reference the bytes are only read.
#[allow(unsafe_code)]
unsafe impl Sync for BorrowedMut {}

impl AsRef<[u8]> for BorrowedMut {
    #[allow(unsafe_code)]
    fn as_ref(&self) -> &[u8] {
        // SAFETY: NumPy keeps `len` bytes at `start` while the owner lives. `medmnist_fast` lends arrays that it has just
        // made and touches again only when the batch in them is done.
        unsafe { std::slice::from_raw_parts(self.start, self.len) }
    }
}

impl AsMut<[u8]> for BorrowedMut {
    #[allow(unsafe_code)]
    fn as_mut(&mut self) -> &mut [u8] {
        // SAFETY: as above.
        unsafe { std::slice::from_raw_parts_mut(self.start, self.len) }
    }
}

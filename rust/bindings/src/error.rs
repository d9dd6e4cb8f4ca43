//! The engine's errors as the exceptions a Python person expects.

use pyo3::exceptions::{PyKeyError, PyMemoryError, PyRuntimeError, PyValueError};
use pyo3::{PyErr, PyResult, create_exception};

use medmnist_core::Error;

create_exception!(
    medmnist_fast,
    NpzError,
    PyValueError,
    "A file is not the npz archive it should be: not a ZIP file, truncated, corrupt, or of an unsupported kind."
);

/// `?` for results of the engine.
pub(crate) trait OrRaise<T> {
    fn or_raise(self) -> PyResult<T>;
}

impl<T> OrRaise<T> for medmnist_core::Result<T> {
    fn or_raise(self) -> PyResult<T> {
        self.map_err(exception)
    }
}

fn exception(error: Error) -> PyErr {
    let sentence = error.to_string();
    match error {
        // Becomes FileNotFoundError, PermissionError, IsADirectoryError, … by its kind.
        Error::Io { source, .. } => std::io::Error::new(source.kind(), sentence).into(),
        Error::Npz { .. } => NpzError::new_err(sentence),
        Error::NoMember { .. } => PyKeyError::new_err(sentence),
        Error::Memory { .. } => PyMemoryError::new_err(sentence),
        Error::Invalid(_) => PyValueError::new_err(sentence),
        _ => PyRuntimeError::new_err(sentence),
    }
}

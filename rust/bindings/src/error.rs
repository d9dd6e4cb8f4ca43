//! The engine's errors as the exceptions a Python person expects.

use pyo3::exceptions::{PyIndexError, PyKeyError, PyMemoryError, PyOSError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::{PyErr, PyResult, create_exception};

use medmnist_core::Error;

create_exception!(
    medmnist_fast,
    NpzError,
    PyValueError,
    "A file is not the npz archive it should be: not a ZIP file, truncated, corrupt, or of an unsupported kind.

Attributes:
    member: the member that is at fault, or None.
    offset: where in the file, in bytes."
);

/// `errno.ENOSPC`, the same on all systems that Python runs on.
const ENOSPC: i32 = 28;

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
        Error::Interrupted(cause) => match cause.downcast::<PyErr>() {
            Ok(raised) => *raised,
            Err(_) => PyRuntimeError::new_err(sentence),
        },
        Error::Io { source, .. } if source.kind() == std::io::ErrorKind::StorageFull => {
            PyOSError::new_err((ENOSPC, sentence))
        }
        // Becomes FileNotFoundError, PermissionError, IsADirectoryError, … by its kind.
        Error::Io { source, .. } => std::io::Error::new(source.kind(), sentence).into(),
        Error::Npz { member, offset, .. } => npz_error(sentence, member, offset),
        Error::NoMember { .. } => PyKeyError::new_err(sentence),
        Error::OutOfRange { .. } => PyIndexError::new_err(sentence),
        Error::Memory { .. } => PyMemoryError::new_err(sentence),
        Error::Invalid(_) => PyValueError::new_err(sentence),
        _ => PyRuntimeError::new_err(sentence),
    }
}

/// With the attributes `member` and `offset`.
fn npz_error(sentence: String, member: Option<String>, offset: u64) -> PyErr {
    let error = NpzError::new_err(sentence);
    Python::attach(|py| {
        let value = error.value(py);
        // A class of ours has a dictionary; if not even that works, the sentence says both.
        let _ = value.setattr("member", member).and_then(|()| value.setattr("offset", offset));
    });
    error
}

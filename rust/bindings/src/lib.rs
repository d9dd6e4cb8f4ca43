//! `medmnist_fast._core`: the engine for Python. A function here converts, detaches from the interpreter where there is
//! work to do, calls the engine and wraps the answer; nothing else. The surface is described in `python/medmnist_fast/_core.pyi`.

#![allow(clippy::needless_pass_by_value, reason = "PyO3 hands arguments over by value")]

mod arrays;
mod error;
mod loader;
mod metrics;
mod moments;
mod npz;
mod ops;
mod pictures;
mod roof;
mod sampler;
mod steps;

use pyo3::prelude::*;

/// The engine of `medmnist_fast`; use it through the package.
// What changes is behind mutexes, so a free-threaded interpreter need not bring its lock back.
#[pymodule(gil_used = false)]
mod _core {
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::error::NpzError;
    #[pymodule_export]
    use crate::loader::{Epoch, Loader, available_parallelism};
    #[pymodule_export]
    use crate::metrics::{bootstrap, evaluate, measure};
    #[pymodule_export]
    use crate::moments::channel_sums;
    #[pymodule_export]
    use crate::npz::Archive;
    #[pymodule_export]
    use crate::ops::{Plan, available_backends};
    #[pymodule_export]
    use crate::pictures::write_pngs;
    #[pymodule_export]
    use crate::roof::roof;
    #[pymodule_export]
    use crate::sampler::Sampler;
    #[pymodule_export]
    use crate::steps::Step;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}

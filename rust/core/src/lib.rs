//! The engine of `medmnist_fast`. The modules follow the path of the data:
//!
//! ```text
//! .npz on disk ──► npz ──► array or store ──► sampler ──► ops ──► batch ──► loader
//! ```
//!
//! [`npz`] turns a file into an [`array::Array`]; [`store`] keeps a decoded copy of it on disk; [`sampler`] says which samples come when; [`ops`] turns one
//! sample's bytes into one sample of a batch; [`batch`] owns the memory of batches; [`loader`] runs it all on
//! threads. [`digest`] compares samples; [`moments`] sums up their pixels; [`pictures`] writes them as files; [`random`] is the only source of
//! randomness, [`metrics`] scores what a model made of it, and [`roof`] says what a machine could do.

pub mod array;
pub mod batch;
mod cache;
pub mod digest;
mod error;
pub mod loader;
pub mod memory;
pub mod metrics;
pub mod moments;
pub mod npz;
pub mod ops;
pub mod pictures;
pub mod random;
pub mod roof;
pub mod sampler;
pub mod store;

pub use error::{Error, Result};

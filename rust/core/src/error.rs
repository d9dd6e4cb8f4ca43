//! The one error type of the engine: what was found, where, and what is allowed.

use std::path::PathBuf;

use crate::npz::NpzError;

/// Shorthand for results of the engine.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why the engine refused. Every variant prints as one sentence that a user can act on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused to open, map or read a file.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A file is not the npz archive it should be.
    #[error("{}: {}at byte {offset}: {source}", path.display(), member_prefix(member.as_deref()))]
    Npz {
        /// The file.
        path: PathBuf,
        /// The member that is at fault, where there is one.
        member: Option<String>,
        /// Where in the file.
        offset: u64,
        /// What is wrong with it.
        source: NpzError,
    },
    /// An archive has no member of that name.
    #[error("{}: no member {name:?}; it has {available}", path.display())]
    NoMember {
        /// The file.
        path: PathBuf,
        /// The name asked for.
        name: String,
        /// The names there are.
        available: String,
    },
    /// The machine has not that much memory to give.
    #[error("cannot allocate {bytes} bytes: {source}")]
    Memory {
        /// The size asked for.
        bytes: usize,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// An argument is outside its range, or does not fit the data.
    #[error("{0}")]
    Invalid(String),
    /// A sampler named a sample that is not there.
    #[error("sample {index}; allowed: 0 to {}", len - 1)]
    OutOfRange {
        /// The sample.
        index: usize,
        /// Number of samples.
        len: usize,
    },
    /// The caller's callback wanted no more.
    #[error("interrupted: {0}")]
    Interrupted(Box<dyn std::error::Error + Send + Sync>),
    /// A worker thread could not be started, or died while it made a batch.
    #[error("{0}")]
    Worker(String),
}

impl Error {
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::Invalid(message.into())
    }
}

fn member_prefix(member: Option<&str>) -> String {
    member.map_or_else(String::new, |name| format!("member {name:?} "))
}

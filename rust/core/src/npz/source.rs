//! Where an archive's bytes are: in a file, which is read piece by piece, or in memory.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use memmap2::Mmap;

/// Memory that an archive may be in.
pub type Bytes = Arc<dyn AsRef<[u8]> + Send + Sync>;

pub(super) enum Source {
    /// Never mapped to be decoded: a read from a file that became shorter is an error, a look into its map is a signal.
    File {
        file: File,
        len: u64,
    },
    Memory(Bytes),
}

impl Source {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        Ok(Self::File { file, len: metadata.len() })
    }

    pub(super) fn len(&self) -> u64 {
        match self {
            Self::File { len, .. } => *len,
            Self::Memory(bytes) => self::bytes(bytes).len() as u64,
        }
    }

    /// Fills `out`; `UnexpectedEof` if there are fewer bytes.
    pub(super) fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        match self {
            Self::File { file, .. } => read_exact_at(file, offset, out),
            Self::Memory(bytes) => {
                let bytes = slice(self::bytes(bytes), offset, out.len() as u64);
                out.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
                Ok(())
            }
        }
    }

    /// All of them as memory that outlives the archive.
    pub(super) fn share(&self) -> io::Result<Bytes> {
        match self {
            Self::File { file, .. } => Ok(Arc::new(map(file)?)),
            Self::Memory(bytes) => Ok(Arc::clone(bytes)),
        }
    }

    /// The file's time of modification, in nanoseconds since 1970; 0 where there is none.
    pub(super) fn modified(&self) -> u64 {
        let Self::File { file, .. } = self else { return 0 };
        let time = file.metadata().and_then(|metadata| metadata.modified()).ok();
        let since = time.and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
        since.map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
    }
}

fn bytes(bytes: &Bytes) -> &[u8] {
    (**bytes).as_ref()
}

pub(super) fn slice(bytes: &[u8], offset: u64, len: u64) -> Option<&[u8]> {
    let start = usize::try_from(offset).ok()?;
    let end = start.checked_add(usize::try_from(len).ok()?)?;
    bytes.get(start..end)
}

#[allow(unsafe_code)]
fn map(file: &File) -> io::Result<Mmap> {
    // SAFETY: the map is read-only and lent to NumPy as read-only memory (and to the loader as bytes of no meaning). As
    // with every mapped file, a process that writes to it changes what is seen, and one that cuts it short makes a look
    // beyond its end fatal; stores are written under another name and renamed, so nobody who keeps to that does either.
    unsafe { Mmap::map(file) }
}

#[cfg(unix)]
fn read_exact_at(file: &File, offset: u64, out: &mut [u8]) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, out, offset)
}

#[cfg(windows)]
fn read_exact_at(file: &File, mut offset: u64, mut out: &mut [u8]) -> io::Result<()> {
    while !out.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, out, offset) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => {
                out = out.split_at_mut(read).1;
                offset = offset.saturating_add(read as u64);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

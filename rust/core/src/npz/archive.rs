//! An open archive: which members there are, what they hold, their arrays.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::NpzError;
use super::header::{Header, MAX_HEADER};
use super::inflate::{self, Fault, Progress, Sink, Stream};
use super::source::{Bytes, Source, slice};
use super::zip::{Directory, Entry, Located, LocatedError, Method};
use crate::array::Array;
use crate::memory::Memory;
use crate::{Error, Result};

/// The most that one byte of DEFLATE can stand for: two bits for 258 bytes (RFC 1951; 1032 : 1).
const MAX_EXPANSION: u64 = 1032;
/// Bytes of a member that are looked at first for its npy header; NumPy's headers have 128.
const USUAL_HEADER: usize = 256;
/// Stored bytes are read and summed in pieces of this size, so that they are still in a cache for the sum.
const PIECE: usize = 256 << 10;

/// An open archive. The directory is read, members when they are asked for.
pub struct Archive {
    path: PathBuf,
    source: Source,
    directory: Directory,
}

impl std::fmt::Debug for Archive {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Archive({}, {:?})", self.path.display(), self.names().collect::<Vec<_>>())
    }
}

/// A stored member in place: read-only, and alive as long as this is.
pub struct View {
    header: Header,
    bytes: Bytes,
    start: u64,
}

impl View {
    /// Type, order and shape.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }
}

impl AsRef<[u8]> for View {
    fn as_ref(&self) -> &[u8] {
        slice((*self.bytes).as_ref(), self.start, self.header.byte_len() as u64).unwrap_or_default()
    }
}

/// A member's npy header and where its bytes are.
struct Member<'a> {
    entry: &'a Entry,
    header: Header,
    /// Bytes of the header, in front of the data.
    header_len: usize,
    /// Offset of the member's first byte in the archive.
    payload: u64,
}

impl Archive {
    /// Opens a file and reads its directory.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self> {
        let path = path.into();
        match Source::open(&path) {
            Ok(source) => Self::new(path, source),
            Err(source) => Err(Error::Io { path, source }),
        }
    }

    /// Reads the directory of an archive in memory; errors call it `<bytes>`.
    pub fn from_bytes(bytes: Bytes) -> Result<Self> {
        Self::new("<bytes>".into(), Source::Memory(bytes))
    }

    fn new(path: PathBuf, source: Source) -> Result<Self> {
        match Directory::read(&source) {
            Ok(directory) => Ok(Self { path, source, directory }),
            Err(located) => Err(located.in_file(&path, None)),
        }
    }

    /// The members' names in the order of the directory, without `.npy`, as `numpy.load` gives them.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.directory.members.iter().map(Entry::array_name)
    }

    /// What the directory says of a member.
    pub fn entry(&self, name: &str) -> Result<&Entry> {
        self.directory.get(name).ok_or_else(|| {
            let available = self.names().collect::<Vec<_>>().join(", ");
            Error::NoMember { path: self.path.clone(), name: name.into(), available }
        })
    }

    /// All that the directory says, in its order.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.directory.members
    }

    /// Its comment.
    #[must_use]
    pub fn comment(&self) -> &[u8] {
        &self.directory.comment
    }

    /// Its size in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.source.len()
    }

    /// When the file was last modified, in nanoseconds since 1970; 0 for memory.
    #[must_use]
    pub fn modified(&self) -> u64 {
        self.source.modified()
    }

    /// Reads a member's npy header, and no more of it than that takes.
    pub fn header(&self, name: &str) -> Result<Header> {
        self.member(name).map(|member| member.header)
    }

    /// Decodes a member into memory of its own, on up to `threads` threads; its CRC-32 and its shape are checked.
    pub fn read(&self, name: &str, threads: usize, progress: Option<Progress>) -> Result<Array> {
        let member = self.member(name)?;
        let size = usize::try_from(member.entry.size)
            .map_err(|_| bomb(member.entry).at(member.payload).in_file(&self.path, Some(name)))?;
        let mut memory = Memory::zeroed(size)?;
        self.decode(&member, threads, Sink::Memory(memory.as_mut()), progress)?;
        // What was decoded now, not what the first look found: the file may have been written to meanwhile.
        match Header::parse(memory.as_ref()) {
            Ok((header, rest)) if header == member.header && rest.len() == header.byte_len() => {
                Ok(Array::new(header, memory, member.header_len))
            }
            _ => Err(NpzError::Header("it changed while it was read".into())
                .at(member.payload)
                .in_file(&self.path, Some(name))),
        }
    }

    /// Decodes members as [`Archive::read`] does, several at once; the answers are in the order of the names.
    pub fn read_all(&self, names: &[&str], threads: usize, progress: Option<Progress>) -> Result<Vec<Array>> {
        let mut arrays: Vec<Option<Array>> = names.iter().map(|_| None).collect();
        let mut order = (0..).zip(names).map(|(index, name)| Ok((index, *name, self.entry(name)?.compressed)));
        let mut order = order.by_ref().collect::<Result<Vec<(usize, &str, u64)>>>()?;
        order.sort_by_key(|&(_, _, compressed)| std::cmp::Reverse(compressed));
        let total: u64 = order.iter().map(|&(_, _, compressed)| compressed).fold(0, u64::saturating_add);
        // A member that is more than one thread's share is for all of them; the others are for one thread each.
        let is_large = |compressed: u64| compressed.saturating_mul(threads as u64) > total;
        let large = order.partition_point(|&(_, _, compressed)| is_large(compressed));
        let (large, small) = order.split_at(large);
        for &(index, name, _) in large {
            let array = self.read(name, threads, progress)?;
            if let Some(place) = arrays.get_mut(index) {
                *place = Some(array);
            }
        }
        let next = AtomicUsize::new(0);
        let results = Mutex::new(Vec::new());
        let work = |progress: Option<Progress>| {
            while let Some(&(index, name, _)) = small.get(next.fetch_add(1, Ordering::Relaxed)) {
                let result = self.read(name, 1, progress).map(|array| (index, array));
                results.lock().unwrap_or_else(PoisonError::into_inner).push(result);
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..threads.min(small.len()) {
                let _ = std::thread::Builder::new().name("npz".into()).spawn_scoped(scope, || work(None));
            }
            work(progress);
        });
        for result in results.into_inner().unwrap_or_else(PoisonError::into_inner) {
            let (index, array) = result?;
            if let Some(place) = arrays.get_mut(index) {
                *place = Some(array);
            }
        }
        Ok(arrays.into_iter().flatten().collect())
    }

    /// A member in place, if it is stored, of type `|u1`, and not empty. With `verify` its CRC-32 is checked first, which
    /// reads all of it once.
    pub fn view(&self, name: &str, verify: bool) -> Result<Option<View>> {
        if self.entry(name)?.method != Method::Stored {
            return Ok(None);
        }
        let member = self.member(name)?;
        if member.header.descr != "|u1" || member.header.byte_len() == 0 {
            return Ok(None);
        }
        if verify {
            self.decode(&member, 1, Sink::Write(&|_, _| Ok(())), None)?;
        }
        let bytes = self.source.share().map_err(|source| Error::Io { path: self.path.clone(), source })?;
        let start = member.payload.saturating_add(member.header_len as u64);
        if slice((*bytes).as_ref(), start, member.header.byte_len() as u64).is_none() {
            return Err(NpzError::Truncated { what: "data" }.at(start).in_file(&self.path, Some(name)));
        }
        Ok(Some(View { header: member.header, bytes, start }))
    }

    /// Checks a member's header, shape and CRC-32, and keeps nothing.
    pub fn verify(&self, name: &str, threads: usize, progress: Option<Progress>) -> Result<()> {
        self.copy(name, threads, &|_, _| Ok(()), progress)
    }

    /// Hands a member's bytes, npy header included, to a function that takes bytes and their offset in the member, in any
    /// order and from several threads; then checks their CRC-32. Memory is bounded.
    pub(crate) fn copy(
        &self,
        name: &str,
        threads: usize,
        write: &(dyn Fn(u64, &[u8]) -> Result<()> + Sync),
        progress: Option<Progress>,
    ) -> Result<()> {
        self.decode(&self.member(name)?, threads, Sink::Write(write), progress)
    }

    /// Bytes of a member's npy header.
    pub(crate) fn header_len(&self, name: &str) -> Result<usize> {
        self.member(name).map(|member| member.header_len)
    }

    fn member(&self, name: &str) -> Result<Member<'_>> {
        let entry = self.entry(name)?;
        self.locate(entry).map_err(|located| located.in_file(&self.path, Some(name)))
    }

    fn locate<'a>(&self, entry: &'a Entry) -> Result<Member<'a>, Located> {
        let payload = entry.payload(&self.source)?;
        check_expansion(entry).map_err(|error| error.at(payload))?;
        let mut wanted = USUAL_HEADER;
        let (header, header_len) = loop {
            let bytes = self.prefix(entry, payload, wanted)?;
            match Header::parse(&bytes) {
                Ok((header, rest)) => break (header, bytes.len().saturating_sub(rest.len())),
                Err(_) if wanted < MAX_HEADER && bytes.len() == wanted => wanted = MAX_HEADER,
                Err(error) => return Err(error.at(payload)),
            }
        };
        let (described, held) = (header.byte_len() as u64, entry.size.saturating_sub(header_len as u64));
        if described != held {
            return Err(NpzError::Length { described, held }.at(payload));
        }
        Ok(Member { entry, header, header_len, payload })
    }

    /// The first bytes of a member, `len` of them if it has so many.
    fn prefix(&self, entry: &Entry, payload: u64, len: usize) -> Result<Vec<u8>, Located> {
        let len = usize::try_from(entry.size).map_or(len, |size| size.min(len));
        let read_at = self.reader(payload);
        let stream = Stream { len: entry.compressed, read_at: &read_at };
        let prefix = match entry.method {
            Method::Deflated => inflate::prefix(&stream, len),
            Method::Stored => {
                let mut bytes = vec![0; len];
                read_at(0, &mut bytes).map(|()| bytes).map_err(Fault::Other)
            }
        };
        prefix.map_err(|fault| Self::fault(fault, payload))
    }

    fn decode(&self, member: &Member, threads: usize, sink: Sink, progress: Option<Progress>) -> Result<()> {
        let &Member { entry, payload, .. } = member;
        let read_at = self.reader(payload);
        let stream = Stream { len: entry.compressed, read_at: &read_at };
        let found = match entry.method {
            Method::Deflated => inflate::inflate(&stream, entry.size, threads, sink, progress),
            Method::Stored => copy_stored(&stream, sink, progress).map_err(Fault::Other),
        };
        let name = Some(entry.array_name());
        let found = found.map_err(|fault| Self::fault(fault, payload).in_file(&self.path, name))?;
        if found != entry.crc {
            return Err(NpzError::Crc { expected: entry.crc, found }.at(payload).in_file(&self.path, name));
        }
        Ok(())
    }

    fn reader(&self, payload: u64) -> impl Fn(u64, &mut [u8]) -> Result<()> + Sync {
        move |at, out| {
            let offset = payload.saturating_add(at);
            self.source.read_at(offset, out).map_err(|error| match error.kind() {
                io::ErrorKind::UnexpectedEof => {
                    NpzError::Truncated { what: "data" }.at(offset).in_file(&self.path, None)
                }
                _ => Error::Io { path: self.path.clone(), source: error },
            })
        }
    }

    fn fault(fault: Fault, payload: u64) -> Located {
        match fault {
            Fault::Data { why, at } => NpzError::Inflate(why).at(payload.saturating_add(at)),
            Fault::Other(error) => {
                Located { error: Box::new(LocatedError::Other(error)), offset: payload, member: None }
            }
        }
    }
}

impl Located {
    /// With the file's path, and the member's name if it is known and not named yet.
    fn in_file(self, path: &Path, name: Option<&str>) -> Error {
        let member = self.member.or_else(|| name.map(str::to_owned));
        let path = path.to_path_buf();
        match *self.error {
            LocatedError::Npz(source) => Error::Npz { path, member, offset: self.offset, source },
            LocatedError::Io(source) => Error::Io { path, source },
            LocatedError::Other(Error::Npz { path, offset, source, member: None }) => {
                Error::Npz { path, member, offset, source }
            }
            LocatedError::Other(error) => error,
        }
    }
}

/// Whether the member's bytes could possibly be as many as it claims.
fn check_expansion(entry: &Entry) -> Result<(), NpzError> {
    match entry.method {
        Method::Stored if entry.size != entry.compressed => {
            Err(NpzError::Inflate("a stored member has two different sizes"))
        }
        Method::Deflated if entry.size > entry.compressed.saturating_mul(MAX_EXPANSION) => Err(bomb(entry)),
        Method::Stored | Method::Deflated => Ok(()),
    }
}

fn bomb(entry: &Entry) -> NpzError {
    NpzError::Bomb { claimed: entry.size, compressed: entry.compressed }
}

/// Bytes as they are, piece by piece; returns their CRC-32.
fn copy_stored(stream: &Stream, sink: Sink, progress: Option<Progress>) -> Result<u32> {
    let mut crc = crc32fast::Hasher::new();
    let mut at = 0u64;
    let mut take = |bytes: &[u8]| {
        crc.update(bytes);
        at = at.saturating_add(bytes.len() as u64);
        progress.map_or(Ok(at), |progress| progress(at).map(|()| at))
    };
    match sink {
        Sink::Memory(out) => {
            let mut at = 0;
            for piece in out.chunks_mut(PIECE) {
                (stream.read_at)(at, piece)?;
                at = take(piece)?;
            }
        }
        Sink::Write(write) => {
            let mut bytes = vec![0; PIECE];
            let mut at = 0;
            while at < stream.len {
                let len = usize::try_from(stream.len.saturating_sub(at)).map_or(PIECE, |left| left.min(PIECE));
                let piece = bytes.get_mut(..len).unwrap_or_default();
                (stream.read_at)(at, piece)?;
                write(at, piece)?;
                at = take(piece)?;
            }
        }
    }
    Ok(crc.finalize())
}

//! The ZIP directory (PKWARE APPNOTE.TXT 6.3.10): sections 4.3.7, 4.3.12 and 4.3.14 to 4.3.16.
//!
//! Only the central directory is believed: local headers may lie (NumPy writes sizes of 0xFFFFFFFF there), so they
//! are read only to find where a member's bytes start. Sizes are `u64`, sums are checked.

use std::collections::HashMap;
use std::io;

use super::NpzError;
use super::source::{Source, slice};

pub(super) const LOCAL_HEADER: Structure = Structure { what: "local header", signature: *b"PK\x03\x04", len: 30 };
pub(super) const CENTRAL_HEADER: Structure = Structure { what: "directory entry", signature: *b"PK\x01\x02", len: 46 };
pub(super) const END: Structure = Structure { what: "end of directory", signature: *b"PK\x05\x06", len: 22 };
pub(super) const END64: Structure = Structure { what: "zip64 end of directory", signature: *b"PK\x06\x06", len: 56 };
pub(super) const LOCATOR64: Structure = Structure { what: "zip64 locator", signature: *b"PK\x06\x07", len: 20 };
pub(super) const ZIP64_EXTRA: u16 = 0x0001;
const MAX_COMMENT: u64 = u16::MAX as u64;

/// One of the format's structures: its name, its first bytes, and the size of its fixed part.
pub(super) struct Structure {
    what: &'static str,
    pub(super) signature: [u8; 4],
    pub(super) len: usize,
}

/// How a member's bytes are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// As they are.
    Stored,
    /// As a DEFLATE stream.
    Deflated,
}

/// One member, as the central directory describes it.
#[derive(Debug, Clone)]
pub struct Entry {
    /// With `.npy`, if it has that.
    pub name: String,
    /// How its bytes are kept.
    pub method: Method,
    /// CRC-32 of its bytes.
    pub crc: u32,
    /// Bytes in the archive.
    pub compressed: u64,
    /// Bytes when read.
    pub size: u64,
    pub(super) local_header: u64,
    /// Where the next structure starts, which this one must not reach.
    pub(super) limit: u64,
}

impl Entry {
    /// The name under which `numpy.load` serves the member.
    #[must_use]
    pub fn array_name(&self) -> &str {
        self.name.strip_suffix(".npy").unwrap_or(&self.name)
    }

    /// Where in the archive the member's bytes start.
    pub(super) fn payload(&self, source: &Source) -> Result<u64, Located> {
        let at = self.local_header;
        let header = read_record(source, at, &LOCAL_HEADER)?;
        let [name_len, extra_len] = [u64::from(header.u16(26)), u64::from(header.u16(28))];
        let name_start = at.saturating_add(LOCAL_HEADER.len as u64);
        let damaged = |why| NpzError::Damaged { what: LOCAL_HEADER.what, why }.at(at);
        if name_len != self.name.len() as u64 {
            return Err(damaged("its name is not the one in the directory"));
        }
        if read(source, name_start, name_len, LOCAL_HEADER.what)? != self.name.as_bytes() {
            return Err(damaged("its name is not the one in the directory"));
        }
        if header.u16(8) != self.method.number() {
            return Err(damaged("its method is not the one in the directory"));
        }
        let start = name_start.saturating_add(name_len).saturating_add(extra_len);
        let end = start.saturating_add(self.compressed);
        if end > source.len() {
            return Err(NpzError::Truncated { what: "data" }.at(start));
        }
        if end > self.limit {
            return Err(NpzError::Overlap.at(at));
        }
        Ok(start)
    }
}

impl Method {
    pub(super) fn number(self) -> u16 {
        match self {
            Self::Stored => 0,
            Self::Deflated => 8,
        }
    }
}

/// An error, where it is, and which member it concerns, if it concerns one.
#[derive(Debug)]
pub(super) struct Located {
    pub(super) error: Box<LocatedError>,
    pub(super) offset: u64,
    pub(super) member: Option<String>,
}

#[derive(Debug)]
pub(super) enum LocatedError {
    Npz(NpzError),
    Io(io::Error),
    /// One that says itself where it is.
    Other(crate::Error),
}

impl NpzError {
    pub(super) fn at(self, offset: u64) -> Located {
        Located { error: Box::new(LocatedError::Npz(self)), offset, member: None }
    }
}

impl Located {
    fn of(self, member: &str) -> Self {
        Self { member: Some(member.into()), ..self }
    }
}

/// The members in the directory's order, and where each name is among them.
#[derive(Debug, Default)]
pub(super) struct Directory {
    pub(super) members: Vec<Entry>,
    by_name: HashMap<String, usize>,
    /// The archive's comment.
    pub(super) comment: Vec<u8>,
}

impl Directory {
    pub(super) fn get(&self, array_name: &str) -> Option<&Entry> {
        self.by_name.get(array_name).and_then(|&position| self.members.get(position))
    }

    /// Reads all of it.
    pub(super) fn read(source: &Source) -> Result<Self, Located> {
        let end = find_end(source)?;
        let bytes = read(source, end.directory, end.offset.saturating_sub(end.directory), "directory")?;
        let mut directory = Self { comment: end.comment, ..Self::default() };
        let mut at = 0;
        for _ in 0..end.entries {
            let (entry, next) = parse_entry(&bytes, at, end.directory)?;
            if directory.by_name.insert(entry.array_name().to_owned(), directory.members.len()).is_some() {
                return Err(NpzError::Duplicate.at(end.directory.saturating_add(at)).of(&entry.name));
            }
            directory.members.push(entry);
            at = next;
        }
        directory.set_limits(end.directory)?;
        Ok(directory)
    }

    /// Members lie one behind the other, in any order, in front of the directory.
    fn set_limits(&mut self, directory: u64) -> Result<(), Located> {
        let mut order: Vec<&mut Entry> = self.members.iter_mut().collect();
        order.sort_unstable_by_key(|entry| entry.local_header);
        let mut limit = directory;
        for entry in order.into_iter().rev() {
            let header = (LOCAL_HEADER.len as u64).saturating_add(entry.name.len() as u64);
            let least = entry.local_header.saturating_add(header).saturating_add(entry.compressed);
            if least > limit {
                return Err(NpzError::Overlap.at(entry.local_header).of(&entry.name));
            }
            entry.limit = limit;
            limit = entry.local_header;
        }
        Ok(())
    }
}

struct End {
    /// Where the directory must have ended.
    offset: u64,
    directory: u64,
    entries: u64,
    comment: Vec<u8>,
}

fn find_end(source: &Source) -> Result<End, Located> {
    let longest = (END.len as u64).saturating_add(MAX_COMMENT).saturating_add(LOCATOR64.len as u64);
    let start = source.len().saturating_sub(longest);
    let tail = read(source, start, source.len().saturating_sub(start), "end of directory")?;
    let Some((at, end)) = find_end_record(&tail) else {
        return Err(NpzError::NotZip { len: source.len() }.at(start));
    };
    let offset = start.saturating_add(at);
    let comment = slice(&tail, at.saturating_add(END.len as u64), end.u16(20).into()).unwrap_or_default().to_vec();
    let directory = u64::from(end.u32(16));
    let mut found = End { offset, directory, entries: u64::from(end.u16(10)), comment };
    let mut disks = [u32::from(end.u16(4)), u32::from(end.u16(6))];
    let mut len = u64::from(end.u32(12));
    let is_zip64 = end.u16(10) == u16::MAX || end.u32(12) == u32::MAX || end.u32(16) == u32::MAX;
    // 4.4.1.4: a saturated field says that the value is in the zip64 record, if there is one.
    if is_zip64
        && let Some(locator) = at.checked_sub(LOCATOR64.len as u64)
        && let Ok(locator) = parse_record(&tail, locator, start, &LOCATOR64)
    {
        let offset = locator.u64(8);
        let end = read_record(source, offset, &END64)?;
        found = End { offset, directory: end.u64(48), entries: end.u64(32), comment: found.comment };
        disks = [end.u32(16), end.u32(20)];
        len = end.u64(40);
    }
    if disks != [0, 0] {
        return Err(NpzError::Unsupported("split over several disks".into()).at(offset));
    }
    if found.directory.checked_add(len) != Some(found.offset) {
        let why = "it does not reach from where its end says to there";
        return Err(NpzError::Damaged { what: "directory", why }.at(found.directory));
    }
    Ok(found)
}

/// The last end record whose comment ends where the archive ends.
fn find_end_record(tail: &[u8]) -> Option<(u64, Record)> {
    let last = (tail.len() as u64).checked_sub(END.len as u64)?;
    let first = last.saturating_sub(MAX_COMMENT);
    (first..=last).rev().find_map(|at| {
        let end = parse_record(tail, at, 0, &END).ok()?;
        let comment_end = at.saturating_add(END.len as u64).saturating_add(end.u16(20).into());
        (comment_end == tail.len() as u64).then_some((at, end))
    })
}

/// The entry at `at` of the directory's bytes, which start at `base` of the archive; and where the next one is.
fn parse_entry(bytes: &[u8], at: u64, base: u64) -> Result<(Entry, u64), Located> {
    let header = parse_record(bytes, at, base, &CENTRAL_HEADER)?;
    let [name_len, extra_len, comment_len] = [header.u16(28), header.u16(30), header.u16(32)].map(u64::from);
    let name_start = at.saturating_add(CENTRAL_HEADER.len as u64);
    let extra_start = name_start.saturating_add(name_len);
    let next = extra_start.saturating_add(extra_len).saturating_add(comment_len);
    let offset = base.saturating_add(at);
    let what = CENTRAL_HEADER.what;
    let (Some(name), Some(extra)) = (slice(bytes, name_start, name_len), slice(bytes, extra_start, extra_len)) else {
        return Err(NpzError::Truncated { what }.at(offset));
    };
    let Ok(name) = str::from_utf8(name) else {
        return Err(NpzError::Damaged { what, why: "its name is not UTF-8" }.at(offset));
    };
    let entry = member(&header, extra, name).map_err(|error| error.at(offset).of(name))?;
    Ok((entry, next))
}

/// The newest version of the format, in tenths, that readers know (6.3.x).
const NEWEST: u16 = 63;

fn member(header: &Record, extra: &[u8], name: &str) -> Result<Entry, NpzError> {
    // 4.4.3: what a reader has to know, in tenths; the other byte is the system that wrote it.
    let version = header.u16(6) & 0xff;
    if version > NEWEST {
        return Err(NpzError::Unsupported(format!("ZIP version {}.{}", version / 10, version % 10)));
    }
    // 4.4.4: what the bits of the general purpose flag say of the data.
    for (bit, what) in [(0, "encrypted"), (5, "compressed patched data"), (6, "strongly encrypted")] {
        if header.u16(8) >> bit & 1 != 0 {
            return Err(NpzError::Unsupported(what.into()));
        }
    }
    let method = match header.u16(10) {
        0 => Method::Stored,
        8 => Method::Deflated,
        other => return Err(NpzError::Unsupported(format!("compression method {other}"))),
    };
    // 4.5.3: the zip64 field holds, in this order, the values that are saturated in the header.
    let mut wide = zip64_field(extra).unwrap_or_default().chunks_exact(8);
    let mut widened = |value: u32| match value {
        u32::MAX => wide.next().map(|bytes| Record(bytes.to_vec()).u64(0)).ok_or(NpzError::Damaged {
            what: CENTRAL_HEADER.what,
            why: "a size is in its zip64 field, which has none",
        }),
        value => Ok(u64::from(value)),
    };
    let size = widened(header.u32(24))?;
    let compressed = widened(header.u32(20))?;
    let local_header = widened(header.u32(42))?;
    Ok(Entry { name: name.into(), method, crc: header.u32(16), compressed, size, local_header, limit: u64::MAX })
}

fn zip64_field(mut extra: &[u8]) -> Option<&[u8]> {
    loop {
        let (head, rest) = extra.split_first_chunk::<4>()?;
        let [id, len] = [u16::from_le_bytes([head[0], head[1]]), u16::from_le_bytes([head[2], head[3]])];
        let field = rest.get(..usize::from(len))?;
        if id == ZIP64_EXTRA {
            return Some(field);
        }
        extra = rest.get(usize::from(len)..)?;
    }
}

/// A structure's fixed part, whose signature has been checked; fields are read by their offset in APPNOTE.TXT.
struct Record(Vec<u8>);

impl Record {
    fn field<const N: usize>(&self, at: usize) -> [u8; N] {
        // Offsets are constants inside the structure's size; a wrong one reads as zero and the tests show it.
        self.0.get(at..).and_then(<[u8]>::first_chunk).copied().unwrap_or([0; N])
    }
    fn u16(&self, at: usize) -> u16 {
        u16::from_le_bytes(self.field(at))
    }
    fn u32(&self, at: usize) -> u32 {
        u32::from_le_bytes(self.field(at))
    }
    fn u64(&self, at: usize) -> u64 {
        u64::from_le_bytes(self.field(at))
    }
}

/// The structure at `at` of `bytes`, which start at `base` of the archive.
fn parse_record(bytes: &[u8], at: u64, base: u64, structure: &Structure) -> Result<Record, Located> {
    let offset = base.saturating_add(at);
    let what = structure.what;
    let record = slice(bytes, at, structure.len as u64).ok_or_else(|| NpzError::Truncated { what }.at(offset))?;
    if !record.starts_with(&structure.signature) {
        return Err(NpzError::Damaged { what, why: "its signature is missing" }.at(offset));
    }
    Ok(Record(record.to_vec()))
}

fn read_record(source: &Source, offset: u64, structure: &Structure) -> Result<Record, Located> {
    let bytes = read(source, offset, structure.len as u64, structure.what)?;
    parse_record(&bytes, 0, offset, structure)
}

/// Bytes of the archive, which must be inside it: nothing is allocated for more than there is.
fn read(source: &Source, offset: u64, len: u64, what: &'static str) -> Result<Vec<u8>, Located> {
    let truncated = || NpzError::Truncated { what }.at(offset);
    if offset.checked_add(len).is_none_or(|end| end > source.len()) {
        return Err(truncated());
    }
    let mut bytes = vec![0; usize::try_from(len).map_err(|_| truncated())?];
    source.read_at(offset, &mut bytes).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => truncated(),
        _ => Located { error: Box::new(LocatedError::Io(error)), offset, member: None },
    })?;
    Ok(bytes)
}

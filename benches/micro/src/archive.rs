//! An `.npz` of one deflated member, as NumPy writes it.

use std::io::Write;

use flate2::Compression;
use flate2::write::DeflateEncoder;

pub(crate) const MEMBER: &str = "train_images";

/// The archive's bytes; `pixels` are those of (N, `side`, `side`, 3).
pub(crate) fn npz(side: usize, pixels: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut member = header(side, pixels.len() / (side * side * 3));
    member.extend(pixels);
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(&member)?;
    let packed = encoder.finish()?;
    let name = format!("{MEMBER}.npy");
    let sizes = [crc32fast::hash(&member), narrow(packed.len()), narrow(member.len())];
    let mut common = le16(&[20, 0, 8, 0, 33]);
    common.extend(le32(&sizes));
    common.extend(le16(&[narrow16(name.len()), 0]));
    let local = [&b"PK\x03\x04"[..], &common, name.as_bytes(), &packed].concat();
    let entry = [&b"PK\x01\x02"[..], &le16(&[20]), &common, &[0; 14], name.as_bytes()].concat();
    let end =
        [&b"PK\x05\x06"[..], &le16(&[0, 0, 1, 1]), &le32(&[narrow(entry.len()), narrow(local.len())]), &le16(&[0])];
    Ok([local, entry, end.concat()].concat())
}

fn header(side: usize, count: usize) -> Vec<u8> {
    let shape = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': ({count}, {side}, {side}, 3), }}");
    [b"\x93NUMPY\x01\x00".as_slice(), &le16(&[118]), format!("{shape:117}\n").as_bytes()].concat()
}

fn le16(values: &[u16]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn le32(values: &[u32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn narrow(value: usize) -> u32 {
    u32::try_from(value).expect("below 4 GiB")
}

fn narrow16(value: usize) -> u16 {
    u16::try_from(value).expect("a short name")
}

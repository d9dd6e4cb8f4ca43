//! npy headers, versions 1.0, 2.0 and 3.0, as specified by [NEP 1] and `numpy.lib.format`.
//!
//! [NEP 1]: https://numpy.org/neps/nep-0001-npy-format.html

use super::NpzError;

const MAGIC: &[u8] = b"\x93NUMPY";
/// NumPy refuses longer ones too (`numpy.lib.format`, `max_header_size`).
const MAX_TEXT: usize = 10_000;
/// Bytes of the longest header that is read: magic, version, length, text.
pub(super) const MAX_HEADER: usize = 12 + MAX_TEXT;
/// NumPy's limit (`NPY_MAXDIMS`).
const MAX_AXES: usize = 64;

/// What an npy header says of the bytes behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The type as NumPy spells it (`|u1`, `<f4`, …): byte order, kind, item size. Numeric kinds only.
    pub descr: String,
    /// Whether the first axis varies fastest.
    pub fortran_order: bool,
    /// Length of each axis.
    pub shape: Vec<usize>,
    byte_len: usize,
}

impl Header {
    /// Reads the header at the start of `bytes`; returns it and what comes behind.
    pub fn parse(bytes: &[u8]) -> Result<(Self, &[u8]), NpzError> {
        let bytes = bytes.strip_prefix(MAGIC).ok_or_else(|| malformed("the magic bytes \\x93NUMPY are missing"))?;
        let (len, bytes) = match bytes {
            [1, 0, a, b, rest @ ..] => (usize::from(u16::from_le_bytes([*a, *b])), rest),
            [2 | 3, 0, a, b, c, d, rest @ ..] => {
                (usize::try_from(u32::from_le_bytes([*a, *b, *c, *d])).unwrap_or(usize::MAX), rest)
            }
            [major, minor, _, ..] => {
                return Err(malformed(format!("version {major}.{minor}, not 1.0, 2.0 or 3.0")));
            }
            _ => return Err(malformed("truncated")),
        };
        if len > MAX_TEXT {
            return Err(malformed(format!("{len} bytes long; at most {MAX_TEXT} are read")));
        }
        let (text, data) = bytes.split_at_checked(len).ok_or_else(|| malformed("truncated"))?;
        let text = std::str::from_utf8(text).map_err(|_| malformed("not text"))?;
        Ok((Parser { rest: text }.header()?, data))
    }

    /// Bytes of data that the header describes.
    #[must_use]
    pub fn byte_len(&self) -> usize {
        self.byte_len
    }
}

fn malformed(why: impl Into<String>) -> NpzError {
    NpzError::Header(why.into())
}

/// A parser for the one Python dictionary literal that a header is.
struct Parser<'a> {
    rest: &'a str,
}

impl<'a> Parser<'a> {
    fn header(mut self) -> Result<Header, NpzError> {
        let (mut descr, mut fortran_order, mut shape) = (None, None, None);
        self.expect('{')?;
        while !self.accept('}') {
            let key = self.string()?;
            self.expect(':')?;
            match key {
                "descr" if descr.is_none() => descr = Some(self.descr()?),
                "fortran_order" if fortran_order.is_none() => fortran_order = Some(self.boolean()?),
                "shape" if shape.is_none() => shape = Some(self.tuple()?),
                _ => return Err(malformed(format!("unexpected key {key:?}"))),
            }
            if !self.accept(',') {
                self.expect('}')?;
                break;
            }
        }
        if !self.rest.trim().is_empty() {
            return Err(malformed("text behind its dictionary"));
        }
        let (Some((descr, item_size)), Some(fortran_order), Some(shape)) = (descr, fortran_order, shape) else {
            return Err(malformed("one of descr, fortran_order and shape is missing"));
        };
        if shape.len() > MAX_AXES {
            return Err(malformed(format!("{} axes; at most {MAX_AXES} are read", shape.len())));
        }
        // NumPy refuses an empty array too whose other axes could not be addressed.
        let mut extents = shape.iter().filter(|&&axis| axis > 0);
        let extent = extents.try_fold(item_size, |product, &axis| product.checked_mul(axis));
        let Some(extent) = extent.filter(|&bytes| isize::try_from(bytes).is_ok()) else {
            return Err(malformed(format!("shape {shape:?} is more than memory can address")));
        };
        let byte_len = if shape.contains(&0) { 0 } else { extent };
        Ok(Header { descr, fortran_order, shape, byte_len })
    }

    fn accept(&mut self, token: char) -> bool {
        let trimmed = self.rest.trim_start();
        let found = trimmed.strip_prefix(token);
        self.rest = found.unwrap_or(trimmed);
        found.is_some()
    }

    fn expect(&mut self, token: char) -> Result<(), NpzError> {
        if self.accept(token) { Ok(()) } else { Err(malformed(format!("expected {token:?}"))) }
    }

    fn string(&mut self) -> Result<&'a str, NpzError> {
        let quote = if self.accept('\'') { '\'' } else { '"' };
        if quote == '"' {
            self.expect('"')?;
        }
        let (text, rest) = self.rest.split_once(quote).ok_or_else(|| malformed("a string does not end"))?;
        self.rest = rest;
        Ok(text)
    }

    fn descr(&mut self) -> Result<(String, usize), NpzError> {
        if self.accept('[') {
            return Err(malformed("a structured dtype; only plain numeric arrays are read"));
        }
        let text = self.string()?;
        item_size(text).map(|size| (text.to_owned(), size))
    }

    fn boolean(&mut self) -> Result<bool, NpzError> {
        self.rest = self.rest.trim_start();
        for (literal, value) in [("True", true), ("False", false)] {
            if let Some(rest) = self.rest.strip_prefix(literal) {
                self.rest = rest;
                return Ok(value);
            }
        }
        Err(malformed("fortran_order is neither True nor False"))
    }

    fn tuple(&mut self) -> Result<Vec<usize>, NpzError> {
        let mut axes = Vec::new();
        self.expect('(')?;
        while !self.accept(')') {
            axes.push(self.integer()?);
            if !self.accept(',') {
                if axes.len() == 1 {
                    return Err(malformed("shape is no tuple: its comma is missing"));
                }
                self.expect(')')?;
                break;
            }
        }
        Ok(axes)
    }

    fn integer(&mut self) -> Result<usize, NpzError> {
        let trimmed = self.rest.trim_start();
        let rest = trimmed.trim_start_matches(|c: char| c.is_ascii_digit());
        let digits = trimmed.strip_suffix(rest).unwrap_or_default();
        // Python 2 wrote long integers as `28L`.
        self.rest = rest.strip_prefix('L').unwrap_or(rest);
        digits.parse().map_err(|_| malformed("an axis length is not a whole number that fits a size"))
    }
}

/// Item size of a numeric type; others are refused by name.
fn item_size(descr: &str) -> Result<usize, NpzError> {
    let unsupported = || {
        let pickled = if descr.contains('O') { " (pickled objects are never loaded)" } else { "" };
        malformed(format!("dtype {descr:?}{pickled}; numeric dtypes are read: b, i, u, f, c"))
    };
    let typed = descr.strip_prefix(['<', '>', '|', '=']).unwrap_or(descr);
    let kind = typed.chars().next().ok_or_else(unsupported)?;
    let size = typed.strip_prefix(kind).and_then(|size| size.parse().ok()).ok_or_else(unsupported)?;
    let sizes: &[usize] = match kind {
        'b' => &[1],
        'i' | 'u' => &[1, 2, 4, 8],
        'f' => &[2, 4, 8, 16],
        'c' => &[8, 16, 32],
        _ => return Err(unsupported()),
    };
    if sizes.contains(&size) { Ok(size) } else { Err(unsupported()) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn npy(text: &str) -> Vec<u8> {
        let len = u16::try_from(text.len()).expect("short");
        [MAGIC, &[1, 0], &len.to_le_bytes(), text.as_bytes()].concat()
    }

    fn parse(text: &str) -> Result<Header, NpzError> {
        Header::parse(&npy(text)).map(|(header, _)| header)
    }

    #[test]
    fn reads_what_numpy_writes() {
        let header = parse("{'descr': '|u1', 'fortran_order': False, 'shape': (546, 28, 28), }     \n").expect("valid");
        assert_eq!((header.descr.as_str(), header.fortran_order), ("|u1", false));
        assert_eq!(header.shape, [546, 28, 28]);
        assert_eq!(header.byte_len(), 546 * 28 * 28);
    }

    #[test]
    fn reads_every_spelling() {
        for (text, shape) in [("()", vec![]), ("(3,)", vec![3]), ("(3, 4)", vec![3, 4]), ("(3L, 0L)", vec![3, 0])] {
            let text = format!("{{\"shape\": {text}, 'fortran_order': True, \"descr\": '>f8'}}");
            let header = parse(&text).expect(&text);
            assert_eq!(header.shape, shape, "{text}");
            assert_eq!(header.byte_len(), 8 * shape.iter().product::<usize>());
        }
    }

    #[test]
    fn version_2_has_a_wide_length_and_the_rest_is_returned() {
        let text = b"{'descr': '<i2', 'fortran_order': False, 'shape': (1,), }";
        let len = u32::try_from(text.len()).expect("short").to_le_bytes();
        let file = [MAGIC, &[2, 0], &len, text, &[7, 0]].concat();
        let (header, rest) = Header::parse(&file).expect("valid");
        assert_eq!((header.byte_len(), rest), (2, &[7, 0][..]));
    }

    #[test]
    fn refuses_and_says_why() {
        let shape = |shape: &str| format!("{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}}}");
        let descr = |descr: &str| format!("{{'descr': {descr}, 'fortran_order': False, 'shape': ()}}");
        for (text, why) in [
            (descr("'|O'"), "pickled objects"),
            (descr("'<U5'"), "numeric dtypes"),
            (descr("'<f3'"), "numeric dtypes"),
            (descr("''"), "numeric dtypes"),
            (descr("[('a', '<f4')]"), "structured"),
            (shape("(-1,)"), "whole number"),
            (shape("(18446744073709551616,)"), "whole number"),
            (shape("(1, 2"), "expected"),
            (shape("(1)"), "comma is missing"),
            (shape("(4294967296, 4294967296)"), "more than memory can address"),
            (shape("(4294967296, 4294967296, 0)"), "more than memory can address"),
            (shape(&format!("({})", "1, ".repeat(65))), "65 axes; at most 64"),
            ("{}".into(), "missing"),
            ("{'descr': '|u1', 'descr': '|u1'}".into(), "unexpected key"),
            (shape("()") + " __import__('os')", "behind"),
            (String::new(), "expected"),
        ] {
            let error = parse(&text).expect_err(&text).to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_give_an_answer(bytes: Vec<u8>) {
            let _ = Header::parse(&bytes);
            let _ = Header::parse(&[MAGIC, &[1, 0], &bytes].concat());
        }

        #[test]
        fn any_text_gives_an_answer(text in "[ {}()'\",:0-9LTrueFalsdciptonhr_<|u1]{0,80}") {
            let _ = parse(&text);
        }
    }
}

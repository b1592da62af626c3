//! The bytes of a file as a stream, unpacked when they are compressed, up to a limit; also of `.zst`
//! files that a killed run left without their end.

use std::io::{self, BufReader, Cursor, ErrorKind, Read};

/// A file may have so many bytes.
pub const FILE_BYTES_MAX: u64 = 4 << 30;

/// A compressed history may unpack to so many bytes: what a few kilobytes can blow up to must not
/// take all day, nor the memory.
pub const UNPACKED_BYTES_MAX: u64 = 1 << 30;

const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// What was taken from the beginning to look at it, and the rest.
type Rest<'i> = io::Chain<Cursor<Vec<u8>>, Box<dyn Read + 'i>>;

/// The bytes as they are, or unpacked when they begin like a zstd frame.
pub(crate) struct Unpacked<'i> {
    from: From<'i>,
    bytes: u64,
    bytes_max: u64,
    is_cut: bool,
}

enum From<'i> {
    Plain(Rest<'i>),
    Zstd(Box<zstd::stream::read::Decoder<'static, BufReader<Rest<'i>>>>),
}

impl<'i> Unpacked<'i> {
    /// Looks at the first bytes.
    pub(crate) fn new(input: impl Read + 'i) -> io::Result<Unpacked<'i>> {
        Unpacked::with_limits(input, FILE_BYTES_MAX, UNPACKED_BYTES_MAX)
    }

    fn with_limits(
        input: impl Read + 'i,
        file_max: u64,
        unpacked_max: u64,
    ) -> io::Result<Unpacked<'i>> {
        let mut input: Box<dyn Read + 'i> = Box::new(input);
        let head = head_of(&mut input, ZSTD_MAGIC.len())?;
        let is_zstd = head.starts_with(&ZSTD_MAGIC);
        if head.starts_with(&GZIP_MAGIC) {
            return Err(io::Error::other("compressed by gzip: only zstd is unpacked here"));
        }
        let rest = Cursor::new(head).chain(input);
        let (from, bytes_max) = if is_zstd {
            let decoder = zstd::stream::read::Decoder::new(rest);
            let decoder = decoder.map_err(|error| io::Error::other(format!("zstd: {error}")))?;
            (From::Zstd(Box::new(decoder)), unpacked_max)
        } else {
            (From::Plain(rest), file_max)
        };
        Ok(Unpacked { from, bytes: 0, bytes_max, is_cut: false })
    }

    /// What is worth knowing, once all of it was read.
    pub(crate) fn note(&self) -> Option<String> {
        let cut =
            || format!("the compressed file is cut: read the {} bytes that unpack", self.bytes);
        self.is_cut.then(cut)
    }
}

/// The first bytes, fewer only where there are no more.
pub(crate) fn head_of(input: &mut impl Read, bytes: usize) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(bytes);
    input.by_ref().take(bytes as u64).read_to_end(&mut head)?;
    Ok(head)
}

impl Read for Unpacked<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = match &mut self.from {
            From::Plain(plain) => plain.read(buffer),
            From::Zstd(zstd) => zstd.read(buffer),
        };
        let is_zstd = matches!(self.from, From::Zstd(_));
        let count = match read {
            Ok(count) => count,
            Err(error) if is_zstd && error.kind() == ErrorKind::UnexpectedEof => {
                self.is_cut = true;
                0
            }
            Err(error) if is_zstd && error.kind() != ErrorKind::Interrupted => {
                let what = format!("zstd: {error}, after {} bytes", self.bytes);
                return Err(io::Error::other(what));
            }
            Err(error) => return Err(error),
        };
        self.bytes = self.bytes.saturating_add(count as u64);
        if self.bytes > self.bytes_max {
            let is = if is_zstd { "unpacks to" } else { "has" };
            return Err(io::Error::other(format!("{is} more than {} bytes", self.bytes_max)));
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A text that does not compress to nothing.
    fn text() -> Vec<u8> {
        let mut text = Vec::new();
        for number in 0_u64..200_000 {
            let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
            text.extend(format!("{mixed}\n").bytes());
        }
        text
    }

    fn unpack(bytes: &[u8], unpacked_max: u64) -> Result<(Vec<u8>, Option<String>), String> {
        let unpacked = Unpacked::with_limits(bytes, 10_000_000, unpacked_max);
        let mut unpacked = unpacked.map_err(|error| error.to_string())?;
        let mut all = Vec::new();
        unpacked.read_to_end(&mut all).map_err(|error| error.to_string())?;
        Ok((all, unpacked.note()))
    }

    #[test]
    fn what_is_not_compressed_passes() {
        for bytes in [&b""[..], b"{}", b"{\"a\":1}\n"] {
            assert_eq!(unpack(bytes, 0), Ok((bytes.to_vec(), None)));
        }
        let refused = unpack(&vec![b' '; 10_000_001], 0).unwrap_err();
        assert_eq!(refused, "has more than 10000000 bytes");
    }

    #[test]
    fn a_whole_file_unpacks_and_a_cut_one_as_far_as_it_goes() {
        let text = text();
        let packed = zstd::encode_all(text.as_slice(), 3).unwrap();
        assert_eq!(unpack(&packed, 1 << 30), Ok((text.clone(), None)));
        let (cut, note) = unpack(&packed[..packed.len() / 2], 1 << 30).unwrap();
        assert!(!cut.is_empty() && cut.len() < text.len());
        assert!(text.starts_with(&cut));
        let expected =
            format!("the compressed file is cut: read the {} bytes that unpack", cut.len());
        assert_eq!(note, Some(expected));
    }

    #[test]
    fn too_much_and_damage_are_refused() {
        let packed = zstd::encode_all(vec![b' '; 1 << 20].as_slice(), 3).unwrap();
        assert!(packed.len() < 1000);
        let refused = unpack(&packed, 1 << 19).unwrap_err();
        assert_eq!(refused, "unpacks to more than 524288 bytes");
        let mut packed = zstd::encode_all(text().as_slice(), 3).unwrap();
        packed[4] = 0xff;
        packed[5] = 0xff;
        let refused = unpack(&packed, 1 << 30).unwrap_err();
        assert!(refused.starts_with("zstd: "), "{refused}");
        let refused = unpack(b"\x1f\x8b\x08", 1 << 30).unwrap_err();
        assert_eq!(refused, "compressed by gzip: only zstd is unpacked here");
    }
}

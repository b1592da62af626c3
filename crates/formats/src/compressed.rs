//! Unpacks `.zst` files, also those that a killed run left without their end.

use std::io::{ErrorKind, Read};
use testimony_history::Problems;

/// A compressed history may unpack to so many bytes: what a few kilobytes can blow up to must not
/// fill the memory.
pub const UNPACKED_BYTES_MAX: usize = 1 << 30;

const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// The bytes as they are, or unpacked when they begin like a zstd frame.
pub(crate) fn unpack(bytes: Vec<u8>, notes: &mut Vec<String>) -> Result<Vec<u8>, Problems> {
    unpack_at_most(bytes, UNPACKED_BYTES_MAX, notes)
}

fn unpack_at_most(
    bytes: Vec<u8>,
    bytes_max: usize,
    notes: &mut Vec<String>,
) -> Result<Vec<u8>, Problems> {
    if !bytes.starts_with(&ZSTD_MAGIC) {
        return Ok(bytes);
    }
    let refused = |what: String| Problems::one(0, what);
    let decoder = zstd::stream::read::Decoder::with_buffer(bytes.as_slice());
    let mut decoder = decoder.map_err(|error| refused(format!("zstd: {error}")))?;
    let (mut unpacked, mut chunk) = (Vec::new(), vec![0_u8; 1 << 16]);
    loop {
        match decoder.read(&mut chunk) {
            Ok(0) => return Ok(unpacked),
            Ok(count) if unpacked.len() + count > bytes_max => {
                return Err(refused(format!("unpacks to more than {bytes_max} bytes")));
            }
            Ok(count) => unpacked.extend_from_slice(&chunk[..count]),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                notes.push(format!(
                    "the compressed file is cut: read the {} bytes that unpack",
                    unpacked.len()
                ));
                return Ok(unpacked);
            }
            Err(error) => {
                return Err(refused(format!("zstd: {error}, after {} bytes", unpacked.len())));
            }
        }
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

    #[test]
    fn what_is_not_compressed_passes() {
        let mut notes = Vec::new();
        assert_eq!(unpack(b"{}".to_vec(), &mut notes), Ok(b"{}".to_vec()));
        assert!(notes.is_empty());
    }

    #[test]
    fn a_whole_file_unpacks_and_a_cut_one_as_far_as_it_goes() {
        let text = text();
        let packed = zstd::encode_all(text.as_slice(), 3).unwrap();
        let mut notes = Vec::new();
        assert_eq!(unpack(packed.clone(), &mut notes).unwrap(), text);
        assert!(notes.is_empty());
        let cut = unpack(packed[..packed.len() / 2].to_vec(), &mut notes).unwrap();
        assert!(!cut.is_empty() && cut.len() < text.len());
        assert!(text.starts_with(&cut));
        assert_eq!(
            notes,
            [format!("the compressed file is cut: read the {} bytes that unpack", cut.len())]
        );
    }

    #[test]
    fn too_much_and_damage_are_refused() {
        let mut notes = Vec::new();
        let packed = zstd::encode_all(vec![b' '; 1 << 20].as_slice(), 3).unwrap();
        assert!(packed.len() < 1000);
        let refused = unpack_at_most(packed, 1 << 19, &mut notes).unwrap_err().to_string();
        assert_eq!(refused, "unpacks to more than 524288 bytes");
        let mut packed = zstd::encode_all(text().as_slice(), 3).unwrap();
        packed[4] = 0xff;
        packed[5] = 0xff;
        let refused = unpack(packed, &mut notes).unwrap_err().to_string();
        assert!(refused.starts_with("zstd: "), "{refused}");
    }
}

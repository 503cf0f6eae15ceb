//! The library file as one driver version ships it: without the functions that came later.
//!
//! Programs decide by the symbol table what they call: NVIDIA's Go bindings, nvml-wrapper and nvitop look a function up
//! and fall back to its older form if it is missing. A function that is there and answers FUNCTION_NOT_FOUND would lead
//! them astray, so the names that a version lacks are made unfindable in a copy of the built library.

use std::io;
use std::path::{Path, PathBuf};

use crate::driver::Driver;

/// Name under which programs load it.
pub const NAME: &str = "libnvidia-ml.so.1";

/// Puts the library of the driver's version into `folder`, as [`NAME`], made from the one that was built with all
/// functions. Replaces an older one; a program that has loaded that keeps it.
///
/// # Errors
/// The built library cannot be read or is no 64-bit ELF file with a dynamic symbol table; the folder cannot be written.
pub fn install(built: &Path, driver: &Driver, folder: &Path) -> io::Result<PathBuf> {
    let mut bytes = std::fs::read(built)?;
    hide(&mut bytes, |name| driver.offers(name)).ok_or_else(|| {
        let text = format!(
            "{}: not a 64-bit shared library with symbols",
            built.display()
        );
        io::Error::new(io::ErrorKind::InvalidData, text)
    })?;
    std::fs::create_dir_all(folder)?;
    let fresh = folder.join(format!(".{NAME}.{}", std::process::id()));
    let place = folder.join(NAME);
    std::fs::write(&fresh, bytes)?;
    std::fs::rename(&fresh, &place)?;
    Ok(place)
}

/// `sh_type` of a dynamic symbol table.
const DYNAMIC_SYMBOLS: u32 = 11;

/// Offset and size in the file.
type Section = (usize, usize);

/// Changes the first letter of every `nvml` name that is not kept: a look-up by name no longer finds it, and nothing
/// moves. `None`: not such a file.
fn hide(bytes: &mut [u8], keep: impl Fn(&str) -> bool) -> Option<()> {
    let ((symbols, length), (names, _)) = tables(bytes)?;
    let entry = 24;
    for symbol in (symbols..symbols + length).step_by(entry) {
        let start = names + word(bytes, symbol)? as usize;
        let end = start + bytes.get(start..)?.iter().position(|&byte| byte == 0)?;
        let name = std::str::from_utf8(bytes.get(start..end)?).ok()?;
        if name.starts_with("nvml") && !keep(name) {
            *bytes.get_mut(start)? = b'-';
        }
    }
    Some(())
}

/// The dynamic symbols and their names.
fn tables(bytes: &[u8]) -> Option<(Section, Section)> {
    // magic number, 64 bit, little-endian
    if bytes.get(..6)? != b"\x7fELF\x02\x01" {
        return None;
    }
    let headers = long(bytes, 0x28)?;
    let size = usize::from(short(bytes, 0x3a)?);
    let count = usize::from(short(bytes, 0x3c)?);
    let section = |at: usize| Some((long(bytes, at + 0x18)?, long(bytes, at + 0x20)?));
    let symbols = (0..count)
        .map(|index| headers + index * size)
        .find(|&at| word(bytes, at + 4) == Some(DYNAMIC_SYMBOLS))?;
    let names = headers + word(bytes, symbols + 0x28)? as usize * size;
    Some((section(symbols)?, section(names)?))
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn long(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_library_is_refused() {
        assert_eq!(hide(&mut [], |_| true), None);
        assert_eq!(
            hide(&mut b"\x7fELF\x02\x01 and no more".to_vec(), |_| true),
            None
        );
        let mut program = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        assert_eq!(
            hide(&mut program, |_| false),
            Some(()),
            "programs have dynamic symbols too"
        );
        program.truncate(0x40);
        assert_eq!(hide(&mut program, |_| false), None);
    }
}

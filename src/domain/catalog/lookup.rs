//! Finding a board by what people and machines call it.

use std::sync::LazyLock;

use super::{Board, tables};
use crate::domain::text::Text;

static BOARDS: LazyLock<Vec<Board>> = LazyLock::new(build);

/// Builds the built-in boards anew, from their tables; [`boards`] keeps them.
pub fn build() -> Vec<Board> {
    tables::all()
}

/// The built-in boards.
pub fn boards() -> &'static [Board] {
    &BOARDS
}

/// The built-in board of that short name (`a100-40`), product name (`NVIDIA A100-SXM4-40GB`, with or without the
/// vendor, with the `-MIG-3g.20gb` that node labels append) or PCI device id (`20b0`; `10de:20b0` as lspci has it;
/// `0x20B010DE` as NVML and mig-parted have it).
///
/// Case and punctuation do not matter.
pub fn find(model: &str) -> Option<&'static Board> {
    let wanted = plain(model);
    if wanted.is_empty() {
        return None;
    }
    let named = |board: &&Board| {
        plain(&board.model) == wanted || board.products.iter().any(|p| plain(p) == wanted)
    };
    boards().iter().find(named).or_else(|| {
        by_pci_device_id(pci_device_id(model)?.into())
            .first()
            .copied()
    })
}

/// NVIDIA's PCI vendor id.
const NVIDIA: u16 = 0x10DE;

/// A PCI device id as people copy it: `20b0`, with the vendor before (`10de:20b0`) or behind it (`20b010de`), in brackets
/// (`lspci -nn`), with `0x` or without.
fn pci_device_id(text: &str) -> Option<u16> {
    let text = text.trim().trim_start_matches('[').trim_end_matches(']');
    let part = |text: &str| {
        let digits = text
            .strip_prefix("0x")
            .or_else(|| text.strip_prefix("0X"))
            .unwrap_or(text);
        let whole = matches!(digits.len(), 4 | 8) && digits.bytes().all(|b| b.is_ascii_hexdigit());
        let number = whole.then(|| u32::from_str_radix(digits, 16).ok())??;
        Some((digits.len(), number))
    };
    let halves = |number: u32| ((number >> 16) as u16, (number & 0xFFFF) as u16);
    if let Some((vendor, device)) = text.split_once(':') {
        let ((4, vendor), (4, device)) = (part(vendor)?, part(device)?) else {
            return None;
        };
        return (halves(vendor).1 == NVIDIA).then_some(halves(device).1);
    }
    match part(text)? {
        (4, device) => Some(halves(device).1),
        (_, both) => match halves(both) {
            (NVIDIA, device) | (device, NVIDIA) => Some(device),
            _ => None,
        },
    }
}

/// The built-in boards with that PCI device id: the bare device (`0x20B0`) or `nvmlPciInfo_t.pciDeviceId`, which has the
/// vendor in its lower half (`0x20B010DE`).
pub fn by_pci_device_id(id: u32) -> Vec<&'static Board> {
    let device = if id & 0xFFFF == u32::from(NVIDIA) && id >> 16 != 0 {
        id >> 16
    } else {
        id
    };
    boards()
        .iter()
        .filter(|board| board.pci.iter().any(|&pci| u32::from(pci) == device))
        .collect()
}

/// As [`find`], with an error that lists the names.
///
/// # Errors
/// No built-in board is called that.
pub fn named(model: &str) -> Result<&'static Board, UnknownModel> {
    find(model).ok_or_else(|| UnknownModel {
        model: Text::new(model),
        nearest: nearest(model),
    })
}

/// No built-in board has that name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnknownModel {
    /// What was asked for.
    pub model: Text,
    /// Short names that look like it, the likeliest first.
    pub nearest: Vec<&'static str>,
}

impl UnknownModel {
    /// The short names of all boards.
    pub fn names() -> impl Iterator<Item = &'static str> {
        boards().iter().map(|b| b.model.as_str())
    }
}

impl std::fmt::Display for UnknownModel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "no board is called `{}`", self.model)?;
        match self.nearest.as_slice() {
            [] => {}
            [one] => write!(f, " (did you mean {one}?)")?,
            some => write!(f, " (did you mean one of {}?)", some.join(", "))?,
        }
        let names: Vec<_> = Self::names().collect();
        write!(
            f,
            "; known are {}, their product names, and PCI device ids such as 20b0, 10de:20b0 or 0x20B010DE",
            names.join(", ")
        )
    }
}

impl std::error::Error for UnknownModel {}

/// Lower case, one dash for each run of punctuation, without vendor and without the suffix of node labels.
fn plain(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    for c in name.trim().chars() {
        if c.is_ascii_alphanumeric() {
            plain.push(c.to_ascii_lowercase());
        } else if !plain.is_empty() && !plain.ends_with('-') {
            plain.push('-');
        }
    }
    let body = plain.strip_prefix("nvidia-").unwrap_or(&plain);
    let body = body.split_once("-mig-").map_or(body, |(body, _)| body);
    body.trim_end_matches('-').to_owned()
}

/// Short names worth suggesting for a name that is none: those that contain it, else those a few letters away.
fn nearest(model: &str) -> Vec<&'static str> {
    const MOST: usize = 4;
    let wanted = plain(model);
    let squeezed = |s: &str| s.replace('-', "");
    let wanted = squeezed(&wanted);
    if wanted.is_empty() {
        return Vec::new();
    }
    let names = |board: &'static Board| {
        std::iter::once(board.model.as_str())
            .chain(board.products.iter().map(Text::as_str))
            .map(|n| squeezed(&plain(n)))
            .collect::<Vec<_>>()
    };
    let mut ranked: Vec<_> = boards()
        .iter()
        .filter_map(|board| {
            let names = names(board);
            let contains = names
                .iter()
                .any(|n| n.contains(&wanted) || wanted.contains(n));
            let distance = names.iter().map(|n| distance(n, &wanted)).min()?;
            let likely = contains || distance * 3 <= wanted.len();
            likely.then_some((!contains, distance, board.model.as_str()))
        })
        .collect();
    ranked.sort_by_key(|(missing, distance, _)| (*missing, *distance));
    ranked.truncate(MOST);
    ranked.into_iter().map(|(_, _, name)| name).collect()
}

/// Levenshtein's distance: letters to insert, delete or replace.
pub(in crate::domain) fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(name: &str) -> Option<&'static str> {
        find(name).map(|b| b.model.as_str())
    }

    #[test]
    fn a_board_is_found_by_every_name_it_has() {
        for board in boards() {
            assert_eq!(find(&board.model), Some(board));
            for product in &board.products {
                assert_eq!(find(product), Some(board), "{product}");
            }
            for &pci in &board.pci {
                let with_vendor = u32::from(pci) << 16 | 0x10DE;
                assert_eq!(by_pci_device_id(pci.into()), [board]);
                assert_eq!(by_pci_device_id(with_vendor), [board]);
            }
        }
    }

    #[test]
    fn spelling_is_free() {
        for (name, short) in [
            ("A100-SXM4-40GB", "a100-40"),
            ("nvidia a100 sxm4 40gb", "a100-40"),
            ("A100-SXM4-40GB-MIG-3g.20gb", "a100-40"),
            ("NVIDIA-H100-80GB-HBM3", "h100-80"),
            ("H200", "h200-141"),
            ("RTX PRO 6000 Blackwell Server Edition", "rtxpro6000-96"),
            ("0x233010DE", "h100-80"),
            (" A30 ", "a30-24"),
        ] {
            assert_eq!(model(name), Some(short), "{name}");
        }
        for none in ["", "NVIDIA", "A100", "Tesla T4", "0xzz", "0x1"] {
            assert_eq!(model(none), None, "{none}");
        }
    }

    #[test]
    fn a_pci_device_id_is_found_as_people_see_it() {
        for id in [
            "0x20B0",
            "20b0",
            "0X20b0",
            "10de:20b0",
            "10DE:20B0",
            "[10de:20b0]",
            "0x10de:0x20b0",
            "20b010de",
            "0x20B010DE",
            "10DE20B0",
        ] {
            assert_eq!(model(id), Some("a100-40"), "{id}");
        }
        for none in [
            "8086:20b0",
            "20b08086",
            "20b",
            "020b0",
            "10de:",
            "10de:20b010de",
            "ffff",
        ] {
            assert_eq!(model(none), None, "{none}");
        }
        let text = named("10de:ffff").unwrap_err().to_string();
        assert!(text.contains("10de:20b0"), "{text}");
    }

    #[test]
    fn a_wrong_name_brings_a_suggestion_and_the_names() {
        let text = named("a100-400").unwrap_err().to_string();
        assert!(text.contains("did you mean"), "{text}");
        assert!(text.contains("a100-40"), "{text}");
        assert!(text.contains("rtxpro6000-96"), "{text}");
        assert_eq!(
            named("h100").unwrap_err().nearest,
            ["h100-80", "h100-96", "h100-nvl-94", "h100-pcie-80"]
        );
        assert!(named("zzz").unwrap_err().nearest.is_empty());
    }
}

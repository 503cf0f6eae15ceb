//! Which signals are this program's to take.

/// Those that whoever started the program has not told it to ignore, as `nohup` and a shell's `&` do.
pub fn heeded(signals: &[i32]) -> Vec<i32> {
    let ignored = std::fs::read_to_string("/proc/self/status")
        .ok()
        .and_then(|text| ignored(&text))
        .unwrap_or(0);
    let heeded = signals.iter().copied();
    heeded.filter(|s| ignored & (1 << (s - 1)) == 0).collect()
}

/// The mask of ignored signals in `/proc/PID/status`, signal 1 in bit 0 (proc(5)).
fn ignored(status: &str) -> Option<u64> {
    let mask = status.lines().find_map(|l| l.strip_prefix("SigIgn:"))?;
    u64::from_str_radix(mask.trim(), 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mask_of_ignored_signals_is_read() {
        let status = "Name:\tmigdeck\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000001001\n";
        assert_eq!(ignored(status), Some(0x1001));
        assert_eq!(ignored("Name:\tmigdeck\n"), None);
    }
}

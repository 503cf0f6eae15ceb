//! One record of `/dev/kmsg` (Documentation/ABI/testing/dev-kmsg): `PRIO,SEQ,USEC,FLAG[,more];TEXT\n KEY=value\n ..`.

/// The priority is `facility << 3 | level`.
const LEVEL_BITS: u32 = 3;

/// `LOG_KERN`.
const KERNEL: u64 = 0;

/// A record of the kernel log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    /// Whether the kernel wrote it. What a process writes to `/dev/kmsg` has another facility: the kernel does not let it
    /// pass for its own.
    pub of_kernel: bool,
    /// Its number; a jump means that records between were overwritten.
    pub seq: u64,
    /// Microseconds since boot.
    pub usec: u64,
    /// The text, unescaped; it may have several lines.
    pub text: String,
}

/// Reads a record; `None` for anything else. Fields after the flag (newer kernels add `caller=`) are passed over.
pub(super) fn parse(bytes: &[u8]) -> Option<Record> {
    let at = bytes.iter().position(|b| *b == b';')?;
    let head = std::str::from_utf8(&bytes[..at]).ok()?;
    let mut fields = head.split(',');
    let priority: u64 = fields.next()?.parse().ok()?;
    let seq = fields.next()?.parse().ok()?;
    let usec = fields.next()?.parse().ok()?;
    let body = &bytes[at + 1..];
    let end = body.iter().position(|b| *b == b'\n').unwrap_or(body.len());
    Some(Record {
        of_kernel: priority >> LEVEL_BITS == KERNEL,
        seq,
        usec,
        text: unescape(&body[..end]),
    })
}

/// The kernel writes what is not printable ASCII, and the backslash, as `\xNN`.
fn unescape(raw: &[u8]) -> String {
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((&first, tail)) = rest.split_first() {
        let escaped = match rest {
            [b'\\', b'x', a, b, ..] => hex(*a).zip(hex(*b)),
            _ => None,
        };
        if let Some((a, b)) = escaped {
            bytes.push(a << 4 | b);
            rest = &rest[4..];
        } else {
            bytes.push(first);
            rest = tail;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|d| d as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_has_number_time_and_text() {
        let record = parse(b"4,1234,987654321,-;NVRM: x\n SUBSYSTEM=pci\n").unwrap();
        assert_eq!((record.seq, record.usec), (1234, 987_654_321));
        assert_eq!(record.text, "NVRM: x");
        let record = parse(b"12,1,2,c,caller=T17,future=1;a;b\n").unwrap();
        assert_eq!(record.text, "a;b");
    }

    #[test]
    fn a_record_is_the_kernels_or_a_processs() {
        let of_kernel = |priority: &str| {
            parse(format!("{priority},1,2,-;x").as_bytes())
                .unwrap()
                .of_kernel
        };
        for priority in ["0", "3", "4", "7"] {
            assert!(of_kernel(priority), "{priority}");
        }
        for priority in ["8", "12", "30", "2047"] {
            assert!(!of_kernel(priority), "{priority}");
        }
    }

    #[test]
    fn escapes_become_what_they_stand_for() {
        let text = |raw: &[u8]| parse(&[b"4,1,2,-;", raw].concat()).unwrap().text;
        assert_eq!(text(br"one\x0atwo"), "one\ntwo");
        assert_eq!(text(br"back\x5cslash"), r"back\slash");
        assert_eq!(text(br"\xed\x95\x9c\xea\xb8\x80"), "한글");
        assert_eq!(text(br"\xff cut \x4"), "\u{fffd} cut \\x4");
    }

    #[test]
    fn what_is_no_record_is_none() {
        for raw in [
            &b""[..],
            b"garbage",
            b"a,b,c,-;x",
            b"4,1;x",
            b" KEY=value\n",
        ] {
            assert_eq!(parse(raw), None, "{raw:?}");
        }
    }
}

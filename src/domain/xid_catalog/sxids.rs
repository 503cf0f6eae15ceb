//! Classes of SXids. The line's own word (`Fatal`, `Non-fatal`) wins over this list: the same number is fatal on one
//! link and not on another.

use super::{Fault, Loss, Meaning, Scope};

const NON_FATAL: Meaning = Meaning {
    name: "NVSwitch error, not fatal",
    fault: Fault::Link,
    severity: Loss::Nothing,
    scope: Scope::None,
    action: "nothing now",
    investigate: "if it repeats, watch the link's error counters",
};

/// Numbers that are listed as not fatal and have been seen as fatal too; only the line's word tells.
const EITHER: Meaning = Meaning {
    name: "NVSwitch error, fatal or not by the word of its line",
    fault: Fault::Link,
    severity: Loss::Degraded,
    scope: Scope::Port,
    action: "find the line with Fatal or Non-fatal in the kernel log; if fatal, drain the GPUs behind the port, reset them",
    investigate: "watch the link's error counters",
};

/// The driver calls it fatal and names a port.
const FATAL_PORT: Meaning = Meaning {
    name: "NVSwitch error that the driver calls fatal, on a port",
    fault: Fault::Link,
    severity: Loss::Unusable,
    scope: Scope::Port,
    action: "drain the GPUs behind the port, reset them",
    investigate: "if it repeats on the same port, have GPU, tray and switch checked",
};

/// The driver calls it fatal and names no port.
const FATAL_SWITCH: Meaning = Meaning {
    name: "NVSwitch error that the driver calls fatal",
    fault: Fault::HardwareOrDriver,
    severity: Loss::Unusable,
    scope: Scope::Fabric,
    action: "drain the node and restart the host",
    investigate: "if it repeats, have the switch board checked",
};

/// Not fatal for the switch, yet NVLink traffic stalls and jobs end with Xid 45.
const STALLS: Meaning = Meaning {
    name: "NVSwitch error, not fatal, stalls NVLink traffic",
    fault: Fault::Link,
    severity: Loss::Process,
    scope: Scope::Port,
    action: "restart the jobs that used NVLink",
    investigate: "look at the GPU behind the port and at Xids of the same time",
};

const PORT: Meaning = Meaning {
    name: "NVSwitch error, fatal to a port or partition",
    fault: Fault::Link,
    severity: Loss::Unusable,
    scope: Scope::Port,
    action: "drain the GPUs behind the port, reset them",
    investigate: "if it repeats on the same port, have GPU, tray and switch checked",
};

const LINK_DOWN: Meaning = Meaning {
    name: "NVSwitch link went down",
    fault: Fault::Link,
    severity: Loss::Unusable,
    scope: Scope::Port,
    action: "drain the GPU behind the port, reset it",
    investigate: "look for an Xid 74 or 79 of the same time: often the GPU's end",
};

const FABRIC: Meaning = Meaning {
    name: "NVSwitch error, fatal to the whole fabric",
    fault: Fault::Hardware,
    severity: Loss::Unusable,
    scope: Scope::Fabric,
    action: "drain the node and restart the host",
    investigate: "if it repeats, have the switch board checked",
};

const HOST: Meaning = Meaning {
    name: "NVSwitch host interface error",
    fault: Fault::HardwareOrDriver,
    severity: Loss::Degraded,
    scope: Scope::Fabric,
    action: "see whether the fabric manager still runs; restart the host if it does not come up",
    investigate: "if it repeats, have the switch board checked",
};

const THERMAL: Meaning = Meaning {
    name: "NVSwitch is too warm, or cooled down again",
    fault: Fault::Hardware,
    severity: Loss::Degraded,
    scope: Scope::Fabric,
    action: "check fans and air flow",
    investigate: "compare with the room's temperature at that time",
};

const THERMAL_SHUTDOWN: Meaning = Meaning {
    name: "NVSwitch shut down, too warm",
    fault: Fault::Hardware,
    severity: Loss::Unusable,
    scope: Scope::Fabric,
    action: "check fans and air flow, then restart the host",
    investigate: "compare with the room's temperature at that time",
};

pub(super) fn meaning(code: u32) -> Option<&'static Meaning> {
    Some(match code {
        12020 | 22003 | 22011 | 23001..=23017 => &FABRIC,
        12028 | 19084 => &STALLS,
        20034 => &LINK_DOWN,
        10001..=10003 => &HOST,
        10004 | 10005 => &THERMAL,
        10006 => &THERMAL_SHUTDOWN,
        11004 | 11012 | 11021..=11023 | 12021 | 12023 | 15008 | 15011 => &NON_FATAL,
        19049 | 19055 | 19057 | 19059 | 19062 | 19065 | 19068 | 19071 => &NON_FATAL,
        20001 | 20009 | 20012 | 24001..=24003 => &NON_FATAL,
        22012 | 22013 => &EITHER,
        11001 | 11009 | 11013 | 11018..=11020 | 12001 | 12002 | 12022 => &PORT,
        12024..=12027 | 12030..=12032 | 14017 | 15001 | 15006 | 15009 => &PORT,
        15010 | 15012 | 15013 | 19047 | 19048 | 19054..=19070 | 24004..=24007 => &PORT,
        _ => return None,
    })
}

/// What a line means whose own word is `word`, on a port if `port`.
pub(super) fn worded(code: u32, word: &str, port: bool) -> Option<&'static Meaning> {
    let listed = meaning(code);
    match word {
        "Fatal" => match listed {
            Some(listed) if listed.severity == Loss::Unusable => Some(listed),
            _ if port => Some(&FATAL_PORT),
            _ => Some(&FATAL_SWITCH),
        },
        "Non-fatal" | "Correctable" => listed.map(|listed| {
            let only_if_fatal = listed.severity == Loss::Unusable || *listed == EITHER;
            if only_if_fatal { &NON_FATAL } else { listed }
        }),
        _ => listed,
    }
}

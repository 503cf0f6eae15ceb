//! What a driver version allows.

use crate::domain::text::Text;

/// From this branch on NVML places instances of both kinds and names compute instance placements.
const EVERYTHING: u32 = 525;
/// From this branch on processes carry GI and CI, MIG devices have UUIDs of their own and GPU instances can be placed.
const FULL_SIZE: u32 = 470;

/// How much of MIG migdeck may change with this driver, in one sentence; `None` for everything.
///
/// The floor: R525 and newer everything; R470 to R520 only compute instances that fill their GPU instance (no
/// placement of compute instances before 525); older drivers read-only.
pub fn limits(version: &str) -> Option<Text> {
    let branch: Option<u32> = version
        .split('.')
        .next()
        .and_then(|major| major.trim().parse().ok());
    match branch {
        Some(branch) if branch >= EVERYTHING => None,
        Some(branch) if branch >= FULL_SIZE => Some(Text::from(format!(
            "driver {version} cannot place compute instances: only those that fill their GPU instance can be changed; \
             R525 or newer allows everything"
        ))),
        Some(_) => Some(Text::from(format!(
            "driver {version} is older than R470, which cannot restore a layout exactly: MIG is shown and not changed; \
             R525 or newer allows everything"
        ))),
        None => Some(Text::from(format!(
            "driver version `{version}` is not a number: MIG is shown and not changed"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_floor_is_where_the_interface_grew() {
        assert_eq!(limits("525.60.13"), None);
        assert_eq!(limits("535.161.08"), None);
        assert!(
            limits("520.61.05")
                .unwrap()
                .contains("cannot place compute instances")
        );
        assert!(
            limits("470.57.02")
                .unwrap()
                .contains("cannot place compute instances")
        );
        assert!(
            limits("450.80.02")
                .unwrap()
                .contains("shown and not changed")
        );
        assert!(limits("banana").unwrap().contains("not a number"));
    }
}

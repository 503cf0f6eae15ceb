//! What was probably meant.

use crate::domain::nearest;

/// The candidate nearest to `typed`, if it is near enough to be meant; keys of files are written with `_`.
pub(super) fn nearest<'a>(typed: &str, candidates: &[&'a str]) -> Option<&'a str> {
    nearest::nearest(&typed.replace('-', "_"), candidates)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dash_is_as_good_as_the_line_below() {
        let keys = ["nvml_lib", "sudo", "beat_seconds"];
        assert_eq!(nearest("nvml-lib", &keys), Some("nvml_lib"));
        assert_eq!(nearest("beat_second", &keys), Some("beat_seconds"));
        assert_eq!(nearest("theme", &keys), None);
    }
}

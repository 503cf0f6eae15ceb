//! Whether a command or a script changes MIG, and which layout it names.

/// Options of `nvidia-smi mig` that create or destroy (nvidia-smi(1)); the others only list.
const CHANGING: [&str; 8] = [
    "-cgi",
    "-dgi",
    "-cci",
    "-dci",
    "--create-gpu-instance",
    "--destroy-gpu-instance",
    "--create-compute-instance",
    "--destroy-compute-instance",
];

/// Options by which a program is told its layout: a site's own, and mig-parted's.
const LAYOUT: [&str; 4] = ["--layout", "--mig-layout", "--selected-config", "--config"];

/// Whether a line of text runs something that changes MIG: `nvidia-smi mig -cgi ..`, `nvidia-smi -mig 1`,
/// `nvidia-mig-parted apply`.
pub(super) fn line_changes_mig(line: &str) -> bool {
    let code = line.trim_start();
    if code.starts_with('#') {
        return false;
    }
    let words: Vec<&str> = code
        .split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ';' | '(' | ')' | '`'))
        .filter(|w| !w.is_empty())
        .collect();
    words_change_mig(&words)
}

/// The same of arguments that are already apart.
pub(super) fn words_change_mig(words: &[&str]) -> bool {
    let after = |program: &str| {
        words
            .iter()
            .position(|w| base(w) == program)
            .map(|at| &words[at + 1..])
    };
    let option =
        |w: &str, options: &[&str]| options.iter().any(|o| w.split('=').next() == Some(*o));
    if let Some(rest) = after("nvidia-smi") {
        let creates = rest.contains(&"mig") && rest.iter().any(|w| option(w, &CHANGING));
        let switches = rest
            .iter()
            .any(|w| option(w, &["-mig", "--multi-instance-gpu"]));
        if creates || switches {
            return true;
        }
    }
    ["nvidia-mig-parted", "mig-parted"]
        .iter()
        .filter_map(|program| after(program))
        .any(|rest| rest.contains(&"apply"))
}

/// Whether any line of a script changes MIG.
pub(super) fn script_changes_mig(text: &str) -> bool {
    text.lines().any(line_changes_mig)
}

/// The layout in `--layout NAME` or `--layout=NAME`.
pub(super) fn layout<'a>(words: &[&'a str]) -> Option<&'a str> {
    words.iter().enumerate().find_map(|(at, word)| {
        let (option, value) = match word.split_once('=') {
            Some((option, value)) => (option, Some(value)),
            None => (*word, words.get(at + 1).copied()),
        };
        // a path is a file of configurations, not the name of one
        LAYOUT
            .contains(&option)
            .then_some(value)
            .flatten()
            .filter(|v| !v.starts_with(['-', '/']) && !v.is_empty())
    })
}

/// The last part of a path.
pub(super) fn base(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_is_told_from_what_looks() {
        for line in [
            "nvidia-smi mig -i 0 -cgi 19,19,19 -C",
            "    for gpu in 0 1; do nvidia-smi mig -i \"$gpu\" -cgi 9,9 -C; done",
            "/usr/bin/nvidia-smi mig -dci && /usr/bin/nvidia-smi mig -dgi",
            "sudo nvidia-smi -i 0 -mig 1",
            "nvidia-smi mig --create-gpu-instance=19",
            "/usr/bin/nvidia-mig-parted -d apply -f /etc/config.yaml -c all-1g.5gb",
            "bash -c 'nvidia-smi mig -cgi 0 -C'",
        ] {
            assert!(line_changes_mig(line), "{line}");
        }
        for line in [
            "nvidia-smi mig -lgip",
            "nvidia-smi -q -d ROW_REMAPPER",
            "nvidia-mig-parted assert -c x",
            "nvidia-mig-parted export",
            "# nvidia-smi mig -cgi 19",
            "echo mig -cgi",
            "vim mig-parted.yaml",
        ] {
            assert!(!line_changes_mig(line), "{line}");
        }
    }

    #[test]
    fn the_layout_is_a_name_not_a_file() {
        assert_eq!(
            layout(&["apply.sh", "--layout", "dev-v3", "--watch"]),
            Some("dev-v3")
        );
        assert_eq!(
            layout(&["x", "--selected-config=all-1g.5gb"]),
            Some("all-1g.5gb")
        );
        assert_eq!(layout(&["x", "--config=/etc/x.yaml"]), None);
        assert_eq!(layout(&["x", "--layout", "--watch"]), None);
        assert_eq!(layout(&["x", "--layout"]), None);
    }
}

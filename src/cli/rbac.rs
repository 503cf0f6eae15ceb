//! `migdeck rbac`: what an administrator has to permit.

use clap::ValueEnum;

use super::CliError;
use super::look::print;

/// The page, which is the documentation too.
const PAGE: &str = include_str!("../../docs/rbac.md");

/// Arguments.
#[derive(clap::Args, Clone, Copy, Debug)]
pub struct Args {
    /// Only the manifest, for `kubectl apply -f -`
    #[arg(long, value_name = "WHICH", num_args = 0..=1, default_missing_value = "read")]
    pub yaml: Option<Which>,
}

/// Manifests.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Which {
    /// Reading: all that the console needs
    Read,
    /// Logs of pods
    Logs,
    /// Prometheus through the API server
    Prometheus,
    /// dcgm-exporter through the API server
    Dcgm,
    /// Changing layouts on nodes of the cluster
    Apply,
}

impl Which {
    const fn title(self) -> &'static str {
        match self {
            Self::Read => "## Reading",
            Self::Logs => "## Optional: logs",
            Self::Prometheus => "## Optional: Prometheus",
            Self::Dcgm => "## Optional: dcgm-exporter",
            Self::Apply => "## Changing layouts",
        }
    }
}

/// Prints the page or a manifest of it.
///
/// # Errors
/// Standard output cannot be written.
pub fn run(args: &Args) -> Result<u8, CliError> {
    match args.yaml {
        None => print(PAGE)?,
        Some(which) => print(manifest(which))?,
    }
    Ok(0)
}

/// The block of YAML under a title.
fn manifest(which: Which) -> &'static str {
    let part = PAGE.split(which.title()).nth(1).unwrap_or_default();
    let block = part.split("```yaml\n").nth(1).unwrap_or_default();
    block.split("```").next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_manifest_is_yaml_and_reading_changes_nothing() {
        for which in Which::value_variants() {
            let text = manifest(*which);
            assert!(
                text.contains("kind: ClusterRole") || text.contains("kind: Role"),
                "{which:?}"
            );
            for document in text.split("---\n") {
                let value: serde_json::Value = serde_saphyr::from_str(document).unwrap();
                assert!(
                    value["rules"].is_array() || value["subjects"].is_array(),
                    "{document}"
                );
                let rules = value["rules"].as_array().into_iter().flatten();
                let verbs = rules.flat_map(|r| r["verbs"].as_array().unwrap().clone());
                let changes =
                    |v: &serde_json::Value| !matches!(v.as_str(), Some("get" | "list" | "watch"));
                assert_eq!(
                    *which == Which::Apply,
                    verbs.clone().any(|v| changes(&v))
                        || (*which == Which::Apply && value["rules"].is_null()),
                    "{which:?}: {document}"
                );
            }
        }
    }
}

//! Finding and reading scenarios.

use std::fmt;
use std::path::Path;

use super::check;
use super::model::{Host, Scenario};

/// The scenarios that are part of the simulator, and their texts.
const BUILTIN: [(&str, &str); 8] = [
    ("bank", include_str!("../../scenarios/bank.toml")),
    ("h100", include_str!("../../scenarios/h100.toml")),
    ("a30", include_str!("../../scenarios/a30.toml")),
    ("blackwell", include_str!("../../scenarios/blackwell.toml")),
    ("r450", include_str!("../../scenarios/r450.toml")),
    ("faults", include_str!("../../scenarios/faults.toml")),
    ("dra", include_str!("../../scenarios/dra.toml")),
    ("drift", include_str!("../../scenarios/drift.toml")),
];

const NAMES: [&str; BUILTIN.len()] = {
    let mut names = [""; BUILTIN.len()];
    let mut i = 0;
    while i < names.len() {
        names[i] = BUILTIN[i].0;
        i += 1;
    }
    names
};

/// Why a scenario could not be had: what was wrong, where, and what exists instead.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ScenarioError(String);

impl ScenarioError {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ScenarioError {}

impl Scenario {
    /// The names that [`Scenario::builtin`] knows.
    pub fn builtin_names() -> &'static [&'static str] {
        &NAMES
    }

    /// A scenario that is part of the simulator.
    pub fn builtin(name: &str) -> Option<Scenario> {
        let (_, text) = BUILTIN.iter().find(|(known, _)| *known == name)?;
        // a test reads each of them
        Scenario::parse(text).ok()
    }

    /// Reads a scenario from TOML.
    ///
    /// # Errors
    /// Not TOML or not a scenario (with line and column), or a scenario that contradicts itself
    /// (with host and field).
    pub fn parse(toml: &str) -> Result<Scenario, ScenarioError> {
        let scenario: Scenario =
            toml::from_str(toml).map_err(|e| ScenarioError(e.to_string().trim_end().to_owned()))?;
        check::check(&scenario)?;
        Ok(scenario)
    }

    /// A scenario by name or by path of a TOML file; `NAME#HOST` keeps only that host.
    ///
    /// # Errors
    /// As [`Scenario::parse`]; no such scenario, file or host: the error says which exist.
    pub fn load(spec: &str) -> Result<Scenario, ScenarioError> {
        let (place, host) = match spec.rsplit_once('#') {
            Some((place, host)) => (place, Some(host)),
            None => (spec, None),
        };
        let mut scenario = Self::from_place(place)?;
        if let Some(name) = host {
            let all: Vec<String> = scenario.hosts.iter().map(|h| h.name.clone()).collect();
            scenario.hosts.retain(|h| h.name == name);
            if scenario.hosts.is_empty() {
                return Err(ScenarioError(format!(
                    "scenario '{place}' has no host '{name}'; it has {}",
                    all.join(", ")
                )));
            }
        }
        Ok(scenario)
    }

    /// A host by name.
    pub fn host(&self, name: &str) -> Option<&Host> {
        self.hosts.iter().find(|h| h.name == name)
    }

    fn from_place(place: &str) -> Result<Scenario, ScenarioError> {
        if let Some((_, text)) = BUILTIN.iter().find(|(known, _)| *known == place) {
            return Self::parse(text)
                .map_err(|e| ScenarioError(format!("built-in scenario '{place}': {e}")));
        }
        let looks_like_a_file = place.contains('/') || place.ends_with(".toml");
        if !looks_like_a_file && !Path::new(place).is_file() {
            return Err(ScenarioError(format!(
                "there is no scenario '{place}'; built in: {}; or give the path of a TOML file",
                NAMES.join(", ")
            )));
        }
        let text = std::fs::read_to_string(place)
            .map_err(|e| ScenarioError(format!("scenario file '{place}' cannot be read: {e}")))?;
        Self::parse(&text).map_err(|e| ScenarioError(format!("scenario file '{place}': {e}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_host_of_a_scenario() {
        let scenario = Scenario::load("bank#dgx-prod-01").unwrap();
        assert_eq!(scenario.hosts.len(), 1);
        assert_eq!(scenario.hosts[0].name, "dgx-prod-01");
    }

    #[test]
    fn errors_say_what_exists() {
        let no_scenario = Scenario::load("bnak").unwrap_err().to_string();
        assert!(
            no_scenario.contains("bank, h100, a30, blackwell, r450, faults, dra"),
            "{no_scenario}"
        );
        let no_host = Scenario::load("bank#dgx-01").unwrap_err().to_string();
        assert!(
            no_host.contains("dgx-dev-01, dgx-prod-01, dgx-mix-01"),
            "{no_host}"
        );
        let no_file = Scenario::load("nowhere/x.toml#a").unwrap_err().to_string();
        assert!(
            no_file.contains("'nowhere/x.toml' cannot be read"),
            "{no_file}"
        );
    }

    #[test]
    fn errors_name_line_and_field() {
        let text = "name = 'x'\n[[hosts]]\nname = 'h'\nboard = 'a30-24'\ndriver = '535.1'\ncuda = '12.2'\ngpus = []\nuptim = 3\n";
        let why = Scenario::parse(text).unwrap_err().to_string();
        assert!(why.contains("line 8") && why.contains("uptim"), "{why}");
    }

    #[test]
    fn a_file_is_read_and_narrowed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("own.toml");
        std::fs::write(
            &path,
            "name = 'own'\n[[hosts]]\nname = 'h'\nboard = 'a30-24'\ndriver = '535.1'\ncuda = '12.2'\ngpus = [{}]\n",
        )
        .unwrap();
        let scenario = Scenario::load(&format!("{}#h", path.display())).unwrap();
        assert_eq!(scenario.hosts[0].gpus.len(), 1);
    }
}

//! The mini-syntax for GPU instances in scenario files: `19@4`, `9@0[0,0,0]`, `5@0[]`.

use std::fmt;
use std::str::FromStr;

/// A GPU instance as a scenario file writes it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InstanceSpec {
    /// Board profile id (19, 20, 15, 14, 9, 5, 0 on 7-slice boards).
    pub profile: u32,
    /// First memory slice of its placement.
    pub start: u32,
    /// Ids of its compute-instance profiles in order; `None`: one full-size compute instance.
    pub cis: Option<Vec<u32>>,
}

/// Why a text is not an [`InstanceSpec`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BadInstance(String);

impl fmt::Display for BadInstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "'{}' is not an instance: write PROFILE-ID@START, then optionally compute-instance profile ids in brackets, such as 19@4, 9@0[0,0,0] or 5@0[]",
            self.0
        )
    }
}

impl std::error::Error for BadInstance {}

impl FromStr for InstanceSpec {
    type Err = BadInstance;

    fn from_str(text: &str) -> Result<Self, BadInstance> {
        read(text.trim()).ok_or_else(|| BadInstance(text.to_owned()))
    }
}

fn read(text: &str) -> Option<InstanceSpec> {
    let (profile, rest) = text.split_once('@')?;
    let (start, cis) = match rest.split_once('[') {
        None => (rest, None),
        Some((start, list)) => (start, Some(list.strip_suffix(']')?)),
    };
    let cis = match cis.map(str::trim) {
        None => None,
        Some("") => Some(Vec::new()),
        Some(list) => Some(list.split(',').map(number).collect::<Option<Vec<u32>>>()?),
    };
    Some(InstanceSpec {
        profile: number(profile)?,
        start: number(start)?,
        cis,
    })
}

/// Digits only: `u32::from_str` also takes a leading `+`.
fn number(text: &str) -> Option<u32> {
    let text = text.trim();
    if text.bytes().all(|b| b.is_ascii_digit()) {
        text.parse().ok()
    } else {
        None
    }
}

impl fmt::Display for InstanceSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.profile, self.start)?;
        if let Some(cis) = &self.cis {
            let list: Vec<String> = cis.iter().map(u32::to_string).collect();
            write!(f, "[{}]", list.join(","))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_three_forms_and_prints_them_back() {
        for (text, cis) in [
            ("19@4", None),
            ("9@0[0,0,0]", Some(vec![0, 0, 0])),
            ("5@0[]", Some(vec![])),
        ] {
            let spec: InstanceSpec = text.parse().unwrap();
            assert_eq!(spec.cis, cis, "{text}");
            assert_eq!(spec.to_string(), text);
        }
    }

    #[test]
    fn refuses_what_is_not_one() {
        for text in [
            "", "19", "@4", "19@", "19@4[", "19@4]", "9@0[0,]", "+9@0", "9@0[0]x", "9@0[-1]",
        ] {
            let why = text.parse::<InstanceSpec>().unwrap_err().to_string();
            assert!(why.contains(&format!("'{text}'")), "{why}");
        }
    }
}

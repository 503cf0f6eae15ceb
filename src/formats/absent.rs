//! Absent readings in JSON: `null` in place of the value, and the reason beside it under `absent`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::reading::{Absence, AbsentCode, Reading};
use crate::domain::text::Text;

/// Why a key is `null`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Reason {
    /// Stable code: `not_supported`, `no_permission`, `gpu_lost`, `reset_required`, `driver_too_old`,
    /// `driver_mismatch`, `hung`, `not_yet`, `no_source`, `failed`, `unknown`.
    pub code: Text,
    /// One sentence for people.
    pub text: Text,
}

impl From<&Absence> for Reason {
    fn from(absence: &Absence) -> Self {
        let code = match absence.code {
            AbsentCode::NotSupported => "not_supported",
            AbsentCode::NoPermission => "no_permission",
            AbsentCode::GpuLost => "gpu_lost",
            AbsentCode::ResetRequired => "reset_required",
            AbsentCode::DriverTooOld => "driver_too_old",
            AbsentCode::DriverMismatch => "driver_mismatch",
            AbsentCode::Hung => "hung",
            AbsentCode::NotYet => "not_yet",
            AbsentCode::NoSource => "no_source",
            AbsentCode::Failed => "failed",
            AbsentCode::Unknown => "unknown",
        };
        Self {
            code: code.into(),
            text: absence.text.clone(),
        }
    }
}

/// The reasons of one object, by key.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Absent(BTreeMap<Text, Reason>);

impl Absent {
    /// The value of `reading`, or `None` with its reason kept under `key`.
    pub fn take<T: Clone>(&mut self, key: &str, reading: &Reading<T>) -> Option<T> {
        self.take_as(key, reading, T::clone)
    }

    /// The same of something derived from the value.
    pub fn take_as<T, U>(
        &mut self,
        key: &str,
        reading: &Reading<T>,
        of: impl FnOnce(&T) -> U,
    ) -> Option<U> {
        match reading {
            Reading::Value(value) => Some(of(value)),
            Reading::Absent(why) => {
                self.put(key, why);
                None
            }
        }
    }

    /// Keeps the reason why `key` is `null`.
    pub fn put(&mut self, key: &str, why: &Absence) {
        self.0.insert(key.into(), why.into());
    }

    /// Why `key` is `null`.
    pub fn reason(&self, key: &str) -> Option<&Reason> {
        self.0
            .iter()
            .find(|(k, _)| k.as_str() == key)
            .map(|(_, r)| r)
    }

    /// All reasons.
    pub fn iter(&self) -> impl Iterator<Item = (&Text, &Reason)> {
        self.0.iter()
    }

    /// True where every key has its value.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_stands_where_the_value_would() {
        let mut absent = Absent::default();
        assert_eq!(absent.take("power_w", &Reading::Value(7)), Some(7));
        let missing: Reading<u32> = Reading::absent(AbsentCode::NoPermission, "root only");
        assert_eq!(absent.take("serial", &missing), None);
        assert_eq!(
            serde_json::to_string(&absent).unwrap(),
            r#"{"serial":{"code":"no_permission","text":"root only"}}"#
        );
    }
}

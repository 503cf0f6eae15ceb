//! A reading is a value or a reason. Absent is not zero.

use serde::{Deserialize, Serialize};

use super::text::Text;

/// Why a reading has no value. The code is stable and appears in JSON; the text is for people.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AbsentCode {
    /// The device or driver does not offer it (`NVML_ERROR_NOT_SUPPORTED`).
    NotSupported,
    /// The caller may not read it (`NVML_ERROR_NO_PERMISSION`, EACCES, EPERM).
    NoPermission,
    /// The GPU fell off the bus (`NVML_ERROR_GPU_IS_LOST`).
    GpuLost,
    /// The GPU needs a reset first (`NVML_ERROR_RESET_REQUIRED`).
    ResetRequired,
    /// The library lacks the function: the driver is too old.
    DriverTooOld,
    /// Library and kernel module are of different versions (`NVML_ERROR_LIB_RM_VERSION_MISMATCH`).
    DriverMismatch,
    /// A call that would tell has not come back.
    Hung,
    /// Not asked yet, or not enough samples yet.
    NotYet,
    /// The source that would tell is not there.
    NoSource,
    /// The source answered something else; the text has it.
    Failed,
    /// A code that this version of migdeck does not know.
    #[serde(other)]
    Unknown,
}

/// Why a reading has no value.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Absence {
    /// The kind of reason.
    pub code: AbsentCode,
    /// One sentence for people: what was asked, what came back, what would help.
    pub text: Text,
}

impl Absence {
    /// A reason with its sentence.
    pub fn new(code: AbsentCode, text: impl Into<Text>) -> Self {
        Self {
            code,
            text: text.into(),
        }
    }
}

/// A value, or the reason why there is none.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading<T> {
    /// What was read.
    Value(T),
    /// Why nothing was read.
    Absent(Absence),
}

impl<T> Reading<T> {
    /// An absent reading.
    pub fn absent(code: AbsentCode, text: impl Into<Text>) -> Self {
        Self::Absent(Absence::new(code, text))
    }

    /// Nothing has been asked yet.
    pub fn not_yet() -> Self {
        Self::absent(AbsentCode::NotYet, Text::word("not read yet"))
    }

    /// The value, if there is one.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Value(v) => Some(v),
            Self::Absent(_) => None,
        }
    }

    /// The reason, if there is no value.
    pub fn reason(&self) -> Option<&Absence> {
        match self {
            Self::Value(_) => None,
            Self::Absent(a) => Some(a),
        }
    }

    /// The same reading of something derived from the value.
    pub fn map<U>(&self, f: impl FnOnce(&T) -> U) -> Reading<U> {
        match self {
            Self::Value(v) => Reading::Value(f(v)),
            Self::Absent(a) => Reading::Absent(a.clone()),
        }
    }
}

impl<T, E: Into<Absence>> From<Result<T, E>> for Reading<T> {
    fn from(result: Result<T, E>) -> Self {
        match result {
            Ok(v) => Self::Value(v),
            Err(e) => Self::Absent(e.into()),
        }
    }
}

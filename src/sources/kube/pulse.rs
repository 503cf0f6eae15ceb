//! Whether the server answers at all: a watch that nothing comes from looks the same if nothing happens.

use std::time::Duration;

use serde::Deserialize;

use super::api::{Api, CallError};
use super::follow::Bench;
use super::session::Note;
use crate::domain::text::Text;

/// How often it is asked while it answers, and while it does not.
const WELL: Duration = Duration::from_secs(10);
const ILL: Duration = Duration::from_secs(2);
/// How long an answer may take. Anybody who is known may ask this.
const LIMIT: Duration = Duration::from_secs(5);

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Version {
    git_version: String,
}

/// Asks for the server's version.
pub(super) async fn version(api: &Api) -> Result<Option<Text>, CallError> {
    match api.get("/version", LIMIT).await {
        Ok(text) => {
            let version: Version = serde_json::from_str(&text).map_err(CallError::garbled)?;
            Ok(Some(version.git_version.into()).filter(|v: &Text| !v.is_empty()))
        }
        // it may not be asked for, and yet is an answer
        Err(error) if error.code() == Some(403) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Asks again and again, until the session ends.
pub(super) async fn beat(bench: Bench) {
    let mut well = true;
    loop {
        tokio::time::sleep(if well { WELL } else { ILL }).await;
        let answer = version(&bench.api).await.map(drop);
        let is_well = answer.is_ok();
        if is_well && !well {
            bench.up.notify_waiters();
        }
        well = is_well;
        if bench.notes.send(Note::Pulse(answer)).await.is_err() {
            return;
        }
    }
}

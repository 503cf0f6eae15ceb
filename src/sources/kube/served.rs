//! Which APIs there are.

use std::time::Duration;

use serde::Deserialize;

use super::api::{Api, CallError};
use crate::domain::cluster::news::Serves;

const LIMIT: Duration = Duration::from_secs(10);

#[derive(Deserialize, Default)]
#[serde(default)]
struct Resources {
    resources: Vec<Resource>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Resource {
    name: String,
}

/// Resources of a version of a group; none, if it is not served.
async fn resources(api: &Api, version: &str) -> Result<Vec<String>, CallError> {
    match api.get(&format!("/apis/{version}"), LIMIT).await {
        Ok(text) => {
            let list: Resources = serde_json::from_str(&text).map_err(CallError::garbled)?;
            Ok(list.resources.into_iter().map(|r| r.name).collect())
        }
        Err(error) if error.code() == Some(404) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Asks what the server serves.
pub(super) async fn ask(api: &Api) -> Result<Serves, CallError> {
    let (dra, v1, alpha) = tokio::join!(
        resources(api, "resource.k8s.io/v1"),
        resources(api, "nvidia.com/v1"),
        resources(api, "nvidia.com/v1alpha1"),
    );
    let (dra, mut nvidia) = (dra?, v1?);
    nvidia.extend(alpha?);
    let has = |list: &[String], name: &str| list.iter().any(|r| r == name);
    Ok(Serves {
        dra: has(&dra, "resourceslices") && has(&dra, "resourceclaims"),
        cluster_policies: has(&nvidia, "clusterpolicies"),
        gpu_clusters: has(&nvidia, "gpuclusters"),
    })
}

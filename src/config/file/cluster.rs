//! The table `[cluster]`.

use std::path::PathBuf;

use toml::de::DeValue;

use super::host::words;
use super::{CLUSTER_KEYS, Lined, Reader, Value, lined};
use crate::config::cluster::{InCluster, is_object_name};

/// What a file says of a cluster; `None`: nothing.
#[derive(Clone, PartialEq, Debug, Default)]
pub(in crate::config) struct ClusterFile {
    pub off: Lined<bool>,
    pub kubeconfig: Lined<Vec<PathBuf>>,
    pub context: Lined<String>,
    pub namespace: Lined<String>,
    pub exporters: Lined<bool>,
    pub prometheus: Lined<InCluster>,
}

impl Reader<'_> {
    pub(super) fn cluster(&mut self, value: &Value<'_>) -> ClusterFile {
        let mut file = ClusterFile::default();
        let DeValue::Table(table) = value.get_ref() else {
            self.mismatch("cluster", value, "a table `[cluster]`");
            return file;
        };
        for (key, value) in table {
            let line = self.place(key.span().start).0;
            match key.get_ref().as_ref() {
                "off" => file.off = self.boolean("off", value).map(lined(line)),
                "kubeconfig" => file.kubeconfig = self.kubeconfig(value).map(lined(line)),
                "context" => file.context = self.filled("context", value).map(lined(line)),
                "namespace" => file.namespace = self.namespace(value).map(lined(line)),
                "exporters" => {
                    file.exporters = self.boolean("exporters", value).map(lined(line));
                }
                "prometheus" => file.prometheus = self.in_cluster(value).map(lined(line)),
                other => self.unknown(key.span().start, other, &CLUSTER_KEYS, " of the cluster"),
            }
        }
        file
    }

    /// A path, or several.
    fn kubeconfig(&mut self, value: &Value<'_>) -> Option<Vec<PathBuf>> {
        let typed = match value.get_ref() {
            DeValue::String(one) => Some(vec![one.to_string()]),
            _ => words(value),
        };
        let Some(typed) = typed.filter(|list| !list.is_empty()) else {
            self.mismatch("kubeconfig", value, "a path or a list of paths");
            return None;
        };
        let paths = typed
            .into_iter()
            .map(|path| self.absolute_or_home(value, &path));
        // each is judged, also where one before is wrong
        let paths: Vec<Option<PathBuf>> = paths.collect();
        paths.into_iter().collect()
    }

    fn absolute_or_home(&mut self, value: &Value<'_>, typed: &str) -> Option<PathBuf> {
        let home = || std::env::var_os("HOME").map(PathBuf::from);
        let path = match typed.strip_prefix("~/") {
            Some(rest) => home().map(|home| home.join(rest)),
            None => Some(PathBuf::from(typed)),
        };
        let path = path.filter(|path| path.is_absolute());
        if path.is_none() {
            self.problem(
                value.span().start,
                format!("`kubeconfig` is `{typed}`"),
                Some("give the file's path from the root, or from `~/`".into()),
            );
        }
        path
    }

    fn filled(&mut self, key: &str, value: &Value<'_>) -> Option<String> {
        let text = self.string(key, value)?;
        if text.trim().is_empty() {
            self.problem(
                value.span().start,
                format!("`{key}` is empty"),
                Some("leave the key out instead".into()),
            );
            return None;
        }
        Some(text)
    }

    fn namespace(&mut self, value: &Value<'_>) -> Option<String> {
        let name = self.filled("namespace", value)?;
        if !is_object_name(&name) {
            self.problem(
                value.span().start,
                format!("`{name}` is no name of a namespace"),
                None,
            );
            return None;
        }
        Some(name)
    }

    fn in_cluster(&mut self, value: &Value<'_>) -> Option<InCluster> {
        let typed = self.string("prometheus", value)?;
        let parsed = InCluster::parse(&typed);
        if parsed.is_none() {
            self.problem(
                value.span().start,
                format!("`prometheus` of the cluster is `{typed}`"),
                Some("write `auto`, `off` or a service as `monitoring/prometheus-k8s:web`".into()),
            );
        }
        parsed
    }
}

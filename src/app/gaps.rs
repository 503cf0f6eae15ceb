//! What may not be read of a cluster, in the console's language.

use super::Texts;
use crate::domain::cluster::news::Gap;

/// The resource that a permission is about: `pods` of `list pods in all namespaces`, without its group.
pub fn resource(gap: &Gap) -> &str {
    let full = gap.permission.split(' ').nth(1).unwrap_or_default();
    full.split('.').next().unwrap_or_default()
}

/// `list pods in all namespaces; not seen: which pods have GPUs`: the permission as RBAC spells it, and what is missing
/// for want of it.
pub fn sentence(gap: &Gap, texts: &Texts) -> String {
    let key = format!("gap.{}", resource(gap));
    let misses = texts.find(&key).unwrap_or(&gap.misses);
    let permission = permission(gap, texts);
    let args: [(&str, &dyn std::fmt::Display); 2] =
        [("permission", &permission), ("misses", &misses)];
    texts.say("about.gap", &args)
}

/// Verb and resource as RBAC spells them, the place in the console's language.
pub fn permission(gap: &Gap, texts: &Texts) -> String {
    let (what, place) = match gap.permission.split_once(" in ") {
        None => return gap.permission.to_string(),
        Some(parts) => parts,
    };
    match place.strip_prefix("namespace ") {
        Some(name) => texts.say("gap.in_namespace", &[("what", &what), ("name", &name)]),
        None => texts.say("gap.in_all", &[("what", &what)]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::texts::Language;

    fn gap(permission: &str) -> Gap {
        Gap {
            permission: permission.into(),
            misses: "what nobody translated".into(),
            reason: None,
        }
    }

    #[test]
    fn a_gap_is_told_in_the_language_and_its_permission_as_rbac_spells_it() {
        let claims = gap("list resourceclaims.resource.k8s.io in all namespaces");
        assert_eq!(resource(&claims), "resourceclaims");
        let texts = Texts::of(Language::English);
        assert_eq!(
            sentence(&claims, &texts),
            "list resourceclaims.resource.k8s.io in all namespaces; not seen: devices that pods have by claims"
        );
        let korean = Texts::of(Language::Korean);
        let said = sentence(&gap("watch pods in namespace team"), &korean);
        assert!(
            said.contains("watch pods") && said.contains("team"),
            "{said}"
        );
        assert!(
            !said.contains("namespace") && !said.contains("not seen"),
            "{said}"
        );
        // what a later source names is told in its own words
        assert!(sentence(&gap("get pods/log"), &texts).contains("nobody translated"));
    }
}

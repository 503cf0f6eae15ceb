//! What the probe's rights keep from being seen, and how to see it.

use crate::app::{Texts, words};
use crate::domain::fleet::Node;
use crate::domain::refused::{What, refused};

/// What cannot be seen, a clause each.
pub fn gaps(node: &Node, texts: &Texts) -> Vec<String> {
    let told = node.hello.iter().flat_map(|h| &h.gaps);
    let mut gaps: Vec<String> = told.map(ToString::to_string).collect();
    if let Some(why) = &node.holders_hidden
        && !gaps.iter().any(|g| *g == *why.text)
    {
        gaps.push(texts.say("hidden.holders", &[("why", &why.text)]));
    }
    gaps.extend(refused(node).into_iter().map(|(what, gpus)| {
        let key = match what {
            What::Layout => "hidden.layout",
            What::Memory => "hidden.memory",
            What::Processes => "hidden.processes",
        };
        texts.say(key, &[("gpus", &words::ranges(&gpus))])
    }));
    gaps
}

/// What cannot be seen, and the key that shows how it could be; `None`: nothing is known to be hidden.
///
/// `advice`: whether that screen has a line for sudoers.
pub fn sentence(node: &Node, texts: &Texts, advice: bool, key: &str) -> Option<String> {
    let gaps = gaps(node, texts);
    if gaps.is_empty() {
        return None;
    }
    let how = texts.say(
        if advice { "hidden.how" } else { "hidden.why" },
        &[("key", &key)],
    );
    Some(format!("{how}; {}", gaps.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture::node;
    use crate::app::texts::Language;
    use crate::domain::reading::{Absence, AbsentCode};

    #[test]
    fn each_gap_is_named_behind_the_key_that_helps() {
        let texts = Texts::of(Language::English);
        let mut node = node("a");
        assert_eq!(sentence(&node, &texts, true, "A"), None);
        if let Some(hello) = &mut node.hello {
            hello.gaps = vec!["the kernel log is root's".into()];
        }
        node.holders_hidden = Some(Absence::new(AbsentCode::NoPermission, "only own files"));
        assert_eq!(
            sentence(&node, &texts, true, "A").as_deref(),
            Some(
                "A shows the exact sudoers line; the kernel log is root's; open files of others: only own files"
            )
        );
    }
}

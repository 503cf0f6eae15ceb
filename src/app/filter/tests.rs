//! The language, and what it means for rows.

use proptest::prelude::*;

use super::field::FIELDS;
use super::{Filter, Wrong, parse};
use crate::app::Texts;
use crate::app::fixture::sparse::{
    before, finding, gpu, holder, idle_since, node, pod, process, sampled, slot, uuid, works, xid,
};
use crate::app::rows::Item;
use crate::app::rows::holding::Holding;
use crate::app::texts::Language;
use crate::domain::finding::Severity;
use crate::domain::fleet::{Node, SlotState};
use crate::domain::holder::HoldKind;
use crate::domain::metric::Metric;
use crate::domain::reading::{AbsentCode, Reading};
use crate::domain::text::Text;

fn filter(text: &str) -> Filter {
    parse(text).unwrap_or_else(|e| panic!("{text}: {e:?}"))
}

/// GPU 0: gi 0 busy (kim, train.py, 90 % memory, SM 3), gi 1 allocated to team-a/notebook-0 and idle for two hours,
/// gi 2 free, of which nothing was measured. GPU 1: one piece, free.
fn host() -> Node {
    let mut busy = sampled(0, 900, &[(Metric::SmActive, 3.0)]);
    busy.state = SlotState::Busy;
    let mut idle = sampled(1, 10, &[(Metric::SmActive, 0.0)]);
    idle.state = SlotState::Allocated;
    idle.pods = vec![pod("team-a", "notebook-0")];
    idle.idle = Some(idle_since(120));
    let mut first = gpu("dgx-01", 0, vec![busy, idle, slot(2)]);
    first.processes = Reading::Value(vec![works(4711, Some(0))]);
    let mut node = node("dgx-01", vec![first, gpu("dgx-01", 1, Vec::new())]);
    node.processes = vec![process(
        4711,
        "kim",
        "/usr/bin/python3 Train.py --host 10.2.0.7",
    )];
    node.allocations = Reading::Value(Vec::new());
    node
}

/// Which instances of the first GPU match.
fn slots(node: &Node, text: &str) -> Vec<u32> {
    let (filter, gpu) = (filter(text), &node.gpus[0]);
    let matched = gpu
        .slots
        .iter()
        .filter(|s| filter.matches_slot(node, gpu, s));
    matched.map(|s| s.instance.gi.0).collect()
}

#[test]
fn terms_say_what_they_say() {
    let node = host();
    for (text, matched) in [
        ("", vec![0, 1, 2]),
        ("train", vec![0]),
        ("TRAIN.PY", vec![0]),
        ("10.2.0.7", vec![0]),
        ("!train", vec![1, 2]),
        ("\"python3 train\"", vec![0]),
        ("busy", vec![0]),
        ("allocated", vec![1]),
        ("idle", vec![1]),
        ("free", vec![2]),
        ("!free", vec![0, 1]),
        ("사용중", vec![0]),
        ("pod", vec![1]),
        ("!pod", vec![0, 2]),
        ("busy !pod", vec![0]),
        ("process", vec![0]),
        ("state=free,busy", vec![0, 2]),
        ("mem>80%", vec![0]),
        ("mem<=1%", vec![1]),
        ("mem>0.5gib", vec![0]),
        ("mem<100mib", vec![1]),
        ("sm<5", vec![0, 1]),
        ("sm=3", vec![0]),
        ("gr<5", vec![]),
        ("idle>1h", vec![1]),
        ("idle<1h", vec![]),
        ("profile=1G.5GB", vec![0, 1, 2]),
        ("profile!=1g.5gb", vec![]),
        ("ns~^team-", vec![1]),
        ("ns=team-a pod~note", vec![1]),
        ("user=kim", vec![0]),
        ("user!=kim", vec![1, 2]),
        ("pid=4711", vec![0]),
        ("cmd~train", vec![0]),
        ("gi=2", vec![2]),
        ("gi=0,2", vec![0, 2]),
        ("gi>=1", vec![1, 2]),
        ("gpu=1", vec![]),
        ("node=dgx-01 free", vec![2]),
        ("temp>39", vec![0, 1, 2]),
        ("power<121w", vec![0, 1, 2]),
        ("uuid~mig-2", vec![2]),
        ("age>30m", vec![0]),
    ] {
        assert_eq!(slots(&node, text), matched, "{text}");
    }
}

#[test]
fn what_is_absent_is_neither_above_nor_below() {
    let node = host();
    for text in [
        "mem>0%",
        "mem<100%",
        "!mem>0%",
        "!mem<100%",
        "mem!=5%",
        "sm<5",
        "!sm<5",
    ] {
        assert!(!slots(&node, text).contains(&2), "{text}");
    }
    let mut untold = host();
    untold.gpus[0].processes = Reading::absent(AbsentCode::NoPermission, "hidden");
    untold.allocations = Reading::absent(AbsentCode::NoPermission, "hidden");
    for text in ["process", "!process", "user=kim", "user!=kim"] {
        assert!(slots(&untold, text).is_empty(), "{text}");
    }
    assert_eq!(slots(&untold, "pod"), vec![1]);
    assert!(slots(&untold, "!pod").is_empty(), "nobody can tell");
}

#[test]
fn an_idle_time_that_nobody_saw_begin_is_a_lower_bound() {
    let mut node = host();
    node.gpus[0].slots[1].idle = Some(crate::domain::fleet::Idle {
        since: before(120),
        exact: false,
    });
    for (text, matches) in [
        ("idle>1h", true),
        ("!idle<1h", true),
        ("idle>3h", false),
        ("!idle>3h", false),
        ("idle<3h", false),
    ] {
        assert_eq!(!slots(&node, text).is_empty(), matches, "{text}");
    }
}

#[test]
fn a_gpu_or_host_stands_for_what_is_on_it() {
    let mut node = host();
    node.xids = vec![xid(94, 0, before(5))];
    node.findings = vec![finding(Severity::Caution, "throttle", "dgx-01 GPU 1")];
    let gpus = |text: &str| -> Vec<u32> {
        let filter = filter(text);
        let all = node.gpus.iter();
        all.filter(|g| filter.matches(&Item::Gpu(&node, g)))
            .map(|g| g.index)
            .collect()
    };
    for (text, matched) in [
        ("train", vec![0]),
        ("!train", vec![1]),
        ("free", vec![0, 1]),
        ("busy", vec![0]),
        // one instance must match all of it
        ("busy pod", vec![]),
        ("busy !pod", vec![0]),
        ("busy !train", vec![]),
        ("xid=94", vec![0]),
        ("severity>=caution", vec![1]),
        ("gpu=1", vec![1]),
        ("mem>80%", vec![0]),
    ] {
        assert_eq!(gpus(text), matched, "{text}");
    }
    for (text, matches) in [
        ("kim", true),
        ("!kim", false),
        ("free profile=1g.5gb", true),
        ("busy profile=3g.20gb", false),
        ("xid=94", true),
        ("xid=95", false),
        ("severity=caution", true),
        ("severity>caution", false),
    ] {
        assert_eq!(filter(text).matches(&Item::Node(&node)), matches, "{text}");
    }
}

#[test]
fn it_applies_to_every_kind_of_row() {
    let mut node = host();
    let mut report = xid(31, 0, before(5));
    report.pid = Some(crate::domain::ids::Pid(4711));
    report.message = Text::new("MMU Fault");
    node.holders = vec![
        holder(HoldKind::Process, 4711, Some(uuid("dgx-01", 0)), Some(0)),
        holder(HoldKind::Device, 900, Some(uuid("dgx-01", 1)), None),
    ];
    let xids = |text: &str| filter(text).matches(&Item::Xid(&node, &report));
    assert!(xids("xid=31 gpu=0 mmu age<10m kim"));
    assert!(xids("free") == xids("\"free\""), "no state: a word");
    assert!(!xids("xid=94"));
    let holders = |text: &str| {
        let f = filter(text);
        [0, 1].map(|n| f.matches(&Item::Holder(&node, Holding::at(&node, n).unwrap())))
    };
    assert_eq!(holders("how=works"), [true, false]);
    assert_eq!(holders("gpu=1"), [false, true]);
    assert_eq!(holders("user=kim gi=0"), [true, false]);
    assert_eq!(holders("train"), [true, false]);
    let found = finding(Severity::Danger, "xid", "dgx-01 GPU 0 gi 2");
    let findings = |text: &str| filter(text).matches(&Item::Finding(&node, &found));
    assert!(findings("severity=danger gpu=0 gi=2 rule=xid"));
    assert!(!findings("gpu=1"));
    assert!(!findings("mem>1%"));
}

#[test]
fn a_bad_term_says_what_is_wrong_and_what_is_possible() {
    let texts = Texts::of(Language::English);
    for (text, at, parts) in [
        ("free memm>80%", 5, vec!["`memm`", "`mem`"]),
        ("a>b", 0, vec!["`a`", "profile", "\"a>b\""]),
        ("mem>abc", 0, vec!["mem>abc", "80%", "4gib"]),
        ("mem>80", 0, vec!["80%", "4gib"]),
        ("idle>5", 0, vec!["1h"]),
        ("idle>1x", 0, vec!["1h"]),
        ("gpu=five", 0, vec!["number"]),
        ("state=fre", 0, vec!["free", "busy"]),
        ("severity>=bad", 0, vec!["caution"]),
        ("pod>x", 0, vec!["pod~train"]),
        ("mem~8", 0, vec!["mem>80%"]),
        ("ns~(", 0, vec!["ns~("]),
        ("pod=", 0, vec!["pod~train"]),
        ("ok \"open", 3, vec!["\"open"]),
        ("!", 0, vec!["!"]),
    ] {
        let error = parse(text).unwrap_err();
        assert_eq!(error.at, at, "{text}");
        let sentence = error.sentence(&texts);
        for part in parts {
            assert!(sentence.contains(part), "{text}: {sentence} lacks {part}");
        }
        assert!(!sentence.contains('{'), "{sentence}");
        let korean = error.sentence(&Texts::of(Language::Korean));
        assert!(!korean.contains('{') && korean != sentence, "{korean}");
    }
    assert_eq!(parse("ns~(").unwrap_err().term, "ns~(");
    assert!(matches!(
        parse("x~y").unwrap_err().wrong,
        Wrong::NoField { .. }
    ));
}

#[test]
fn plain_text_is_never_an_error() {
    for text in [
        "train",
        "10.2.0.7",
        "--batch=32",
        "0000:4e:00.0",
        "team-a/notebook",
        "=x",
        "80%",
        "a,b",
        "(",
        "\\d",
        "dgx-01=",
        "!=x",
        "GPU-08279800",
        "\"a>b\"",
        "\"\"",
    ] {
        assert!(parse(text).is_ok(), "{text}");
    }
}

#[test]
fn a_list_keeps_its_rows_while_a_bad_filter_is_typed() {
    let mut list = crate::app::list::List::default();
    list.set_filter(" busy ").unwrap();
    let kept = list.parsed.clone();
    assert!(list.set_filter("busy memm>1").is_err());
    assert_eq!((list.filter.as_str(), &list.parsed), ("busy", &kept));
    list.set_filter("").unwrap();
    assert!(list.parsed.is_empty());
}

/// Text of what filters are made of, right and wrong.
fn typed() -> impl Strategy<Value = String> {
    let names: Vec<&'static str> = FIELDS
        .iter()
        .flat_map(|r| r.names.iter().copied())
        .collect();
    let piece = prop_oneof![
        prop::sample::select(names).prop_map(str::to_owned),
        prop::sample::select(vec![
            "<", "<=", "=", "!=", ">", ">=", "~", "!", "\"", "\\", " ", ",", "%", "gib", "h", "80",
            "1.5", "free", "pod", "info", "한글", "team-", "e\u{301}", "İ",
        ])
        .prop_map(str::to_owned),
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_text_gives_a_filter_or_a_sentence(text in typed()) {
        match parse(&text) {
            Ok(filter) => {
                let printed = filter.to_string();
                let again = parse(&printed);
                prop_assert_eq!(again.as_ref(), Ok(&filter), "{} printed as {}", text, printed);
                let node = host();
                filter.matches(&Item::Node(&node));
            }
            Err(error) => {
                prop_assert!(!error.sentence(&Texts::of(Language::English)).is_empty());
                prop_assert!(error.at <= text.chars().count());
            }
        }
    }

    #[test]
    fn no_row_matches_both_a_term_and_its_opposite(text in typed()) {
        if let (Ok(one), Ok(other)) = (parse(&text), parse(&format!("!{text}")))
            && one.terms().len() == 1 && other.terms().len() == 1
        {
            let node = host();
            for slot in &node.gpus[0].slots {
                let gpu = &node.gpus[0];
                prop_assert!(!(one.matches_slot(&node, gpu, slot) && other.matches_slot(&node, gpu, slot)));
            }
        }
    }
}

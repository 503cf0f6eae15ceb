//! A message in, the model and effects out.

use jiff::SignedDuration;

use crate::app::at::{GpuAt, RowId};
use crate::app::command::COMMANDS;
use crate::app::effect::Play;
use crate::app::fixture::{self, ago, now, snapshot};
use crate::app::hits::{Region, Target, Window};
use crate::app::key::sequence;
use crate::app::keymap::{Keymap, shipped};
use crate::app::message::{Mouse, Outcome, Playback};
use crate::app::texts::Language;
use crate::app::tour::{STOPS, Tour};
use crate::app::{Command, Effect, Hits, Key, Message, Modal, Model, Scope, Screen, update};
use crate::domain::finding::Severity;
use crate::domain::fleet::Node;
use crate::domain::holder::{HoldKind, Holder};
use crate::domain::ids::{GiId, Pid};
use crate::domain::observation::{CallState, Control};
use crate::domain::reading::{Absence, AbsentCode};
use crate::domain::xid::{XidEvent, XidFamily, XidSource};

mod asks;
mod keys;
mod moves;
mod news;
mod walk;
mod windows;

/// Two hosts, `a` and `b`, with holders and an Xid on `a`.
fn model() -> Model {
    fixture::model(vec![host("a"), fixture::node("b")])
}

fn host(name: &str) -> Node {
    let mut node = fixture::node(name);
    let uuid = node.gpus[0].uuid().cloned();
    let pci = node.gpus[0].pci();
    node.stream.beat = Some(1);
    node.holders = vec![Holder {
        kind: HoldKind::Process,
        pid: Some(Pid(4242)),
        module: None,
        gpu: uuid,
        gi: Some(GiId(7)),
        ci: None,
        path: None,
    }];
    let xid = |pci, gi, seconds| XidEvent {
        family: XidFamily::Xid,
        code: 94,
        pci,
        at: ago(seconds),
        boot_usec: None,
        boot: None,
        gi,
        ci: None,
        pid: None,
        name: None,
        message: "Contained".into(),
        severity_word: None,
        link: None,
        source: XidSource::Kmsg,
    };
    node.xids = vec![xid(None, None, 200), xid(pci, Some(GiId(8)), 100)];
    node
}

/// Presses keys, as keymap files write them.
fn press(model: &mut Model, keys: &str) -> Vec<Effect> {
    let keys = sequence(keys).unwrap();
    keys.into_iter()
        .flat_map(|key| update(model, Message::Key(key)))
        .collect()
}

fn said(model: &Model) -> &str {
    model.notice.as_ref().map_or("", |n| &n.text)
}

fn gpu(model: &Model) -> u32 {
    let Screen::Gpu(at) = model.screen() else {
        panic!("{:?} is no GPU", model.screen());
    };
    at.find(model.fleet()).unwrap().1.index
}

#[test]
fn what_cannot_be_written_down_is_said_and_stays_on_the_about_screen() {
    let mut model = crate::app::fixture::model(vec![crate::app::fixture::node("a")]);
    let why = crate::domain::text::Text::new("Permission denied (os error 13)");
    update(&mut model, Message::NotWritten(why));
    assert!(model.notice.as_ref().is_some_and(|n| n.failed));
    assert!(said(&model).contains("os error 13"));
    let lines = crate::app::about::lines(&model);
    assert!(lines.iter().any(|l| l.text.contains("os error 13")));
}

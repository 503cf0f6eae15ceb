//! What is asked of the API server when somebody wants to see it: a pod's details, its object, its log; and which cluster
//! and namespace are read.

use super::refresh::refresh;
use super::{commands, modal, notice, say};
use crate::app::at::{PodId, RowId};
use crate::app::log::{LogState, LogView};
use crate::app::model::Asked;
use crate::app::palette;
use crate::app::{Command, Effect, Modal, Model, Scope, Screen, pods, rows};
use crate::domain::cluster::asked::{Answer, LogPart, PodName, Question};
use crate::domain::pods::{KnownPod, of_link};
use crate::domain::reading::Absence;
use crate::domain::text::Text;

/// The pod that is selected: itself, or the one on the slice, the GPU or of the process that is.
fn chosen(model: &Model) -> Option<KnownPod<'_>> {
    let fleet = model.fleet();
    match model.selected()? {
        RowId::Pod(id) => id.find(fleet),
        RowId::Slot(at) => {
            let (node, _, slot) = at.find(fleet)?;
            Some(of_link(node, slot.pods.first()?))
        }
        RowId::Gpu(at) => {
            let (node, gpu) = at.find(fleet)?;
            Some(of_link(node, gpu.whole.as_ref()?.pods.first()?))
        }
        RowId::Holder { .. } => {
            let list = &model.screens.top().list;
            let place = list.rows.places.get(list.at)?;
            let item = rows::item(&model.screen(), fleet, *place)?;
            let rows::Item::Holder(_, holding) = item else {
                return None;
            };
            PodId::Uid(holding.process?.pod.clone()?).find(fleet)
        }
        _ => None,
    }
}

/// Its name as the API server knows it; a sentence where it has none.
fn named(model: &mut Model) -> Option<(PodName, String, Vec<String>)> {
    let found = chosen(model).map(|pod| {
        let title = pods::name(&pod);
        let lines = pods::window(&pod, model.fleet(), &model.texts, model.now);
        let name = match (pod.namespace(), pod.name()) {
            (Some(namespace), Some(name)) => Some(PodName {
                namespace: namespace.clone(),
                name: name.clone(),
                uid: pod.uid().cloned(),
            }),
            _ => None,
        };
        (name, title, lines)
    });
    match found {
        Some((Some(name), title, lines)) => Some((name, title, lines)),
        Some((None, ..)) => {
            say(model, "notice.pod_unnamed");
            None
        }
        None => {
            say(model, "notice.no_pod");
            None
        }
    }
}

pub(super) fn describe(model: &mut Model) -> Vec<Effect> {
    let Some((pod, title, lines)) = named(model) else {
        return Vec::new();
    };
    ask(model, pod, Question::Details, title, lines)
}

pub(super) fn yaml(model: &mut Model) -> Vec<Effect> {
    let Some((pod, title, _)) = named(model) else {
        return Vec::new();
    };
    ask(
        model,
        pod,
        Question::Yaml,
        format!("{title}  YAML"),
        Vec::new(),
    )
}

/// Opens a window with what is known already, and asks for the rest.
fn ask(
    model: &mut Model,
    pod: PodName,
    question: Question,
    title: String,
    above: Vec<String>,
) -> Vec<Effect> {
    let id = number(model);
    let mut lines = above.clone();
    lines.push(model.texts.get("pods.asking").to_owned());
    modal::read(model, title.clone(), lines);
    model.asked = Some(Asked { id, title, above });
    vec![Effect::Ask { id, pod, question }]
}

/// A number that no other effect has.
fn number(model: &mut Model) -> u64 {
    let id = model.next_effect;
    model.next_effect += 1;
    id
}

pub(super) fn logs(model: &mut Model) -> Vec<Effect> {
    let Some((pod, ..)) = named(model) else {
        return Vec::new();
    };
    // of several containers the one that has the device
    let container = chosen(model).and_then(|pod| {
        let devices = pod.devices();
        let first = devices.first()?;
        let by_link = first.link.and_then(|l| l.container.clone());
        by_link.or_else(|| first.told?.container.clone())
    });
    open_log(model, pod, container, false)
}

fn open_log(
    model: &mut Model,
    pod: PodName,
    container: Option<Text>,
    previous: bool,
) -> Vec<Effect> {
    let id = number(model);
    let view = LogView::new(id, pod.clone(), container.clone(), previous);
    model.modal = Some(Modal::Log(Box::new(view)));
    let question = Question::Log {
        container,
        previous,
    };
    vec![Effect::Ask { id, pod, question }]
}

/// The log that is looked at.
pub(super) fn log_of(model: &Model) -> Option<u64> {
    match &model.modal {
        Some(Modal::Log(log)) => Some(log.id),
        _ => None,
    }
}

/// What keys do in the window of a log.
pub(super) fn of_log(model: &mut Model, command: Command) -> Vec<Effect> {
    let Some(Modal::Log(log)) = &mut model.modal else {
        return Vec::new();
    };
    let (pod, shown, previous) = (log.pod.clone(), log.container.clone(), log.previous);
    match command {
        Command::LogFollow => {
            log.follow = !log.follow;
            Vec::new()
        }
        Command::LogContainer => match log.next_container() {
            Some(next) => open_log(model, pod, Some(next), previous),
            None => {
                say(model, "notice.one_container");
                Vec::new()
            }
        },
        Command::LogPrevious => open_log(model, pod, shown, !previous),
        _ => open_log(model, pod, shown, previous),
    }
}

/// An answer; of what is not looked at any more it is dropped.
pub(super) fn answered(model: &mut Model, id: u64, answer: Answer) {
    if let Some(Modal::Log(log)) = &mut model.modal
        && log.id == id
    {
        return to_log(log, answer);
    }
    let Some(asked) = model.asked.take_if(|asked| asked.id == id) else {
        return;
    };
    let mut told = match answer {
        Answer::Details(details) => pods::details(&details, &model.texts, model.now),
        Answer::Yaml(lines) => lines.iter().map(ToString::to_string).collect(),
        Answer::Refused(why) => vec![refused(model, &why)],
        Answer::Log(_) => return,
    };
    if let Some(Modal::Reader { title, lines, .. }) = &mut model.modal
        && *title == asked.title
    {
        *lines = asked.above;
        lines.append(&mut told);
    }
}

fn refused(model: &Model, why: &Absence) -> String {
    format!("{}\t{}", model.texts.get("pods.refused"), why.text)
}

fn to_log(log: &mut LogView, answer: Answer) {
    match answer {
        Answer::Log(LogPart::Begun {
            container,
            containers,
        }) => {
            log.container = Some(container);
            log.containers = containers;
            log.state = LogState::Goes;
        }
        Answer::Log(LogPart::Lines(lines)) => log.push(&lines),
        Answer::Log(LogPart::Ended) => log.state = LogState::Ended,
        Answer::Log(LogPart::Broken(why)) => log.state = LogState::Failed(why),
        Answer::Refused(why) => log.state = LogState::Failed(why.text),
        Answer::Details(_) | Answer::Yaml(_) => {}
    }
}

/// Asks for the contexts there are, and lets one be chosen.
pub(super) fn contexts(model: &mut Model) -> Vec<Effect> {
    if model.session.simulated || model.playback.is_some() {
        say(model, "notice.no_contexts");
        return Vec::new();
    }
    model.contexts = None;
    modal::open_palette_at(model, palette::CONTEXT);
    vec![Effect::Contexts]
}

pub(super) fn contexts_read(model: &mut Model, contexts: Result<Vec<Text>, Text>) {
    model.contexts = Some(contexts);
    if matches!(model.modal, Some(Modal::Palette { .. })) {
        modal::follow(model);
    }
}

/// Reads another cluster: what was known of the one before goes.
pub(super) fn context(model: &mut Model, name: Text) -> Vec<Effect> {
    model.namespace = None;
    let text = model.texts.say("notice.context", &[("name", &name)]);
    notice(model, text, false);
    refresh(model);
    vec![Effect::Context(name)]
}

/// Shows pods of a namespace only, or of all.
pub(super) fn namespace(model: &mut Model, namespace: Option<Text>) -> Vec<Effect> {
    model.namespace.clone_from(&namespace);
    let text = match &namespace {
        Some(name) => model.texts.say("notice.namespace", &[("name", name)]),
        None => model.texts.get("notice.all_namespaces").to_owned(),
    };
    notice(model, text, false);
    if namespace.is_some() && !matches!(model.screen(), Screen::Pods(_)) {
        commands::show(model, Screen::Pods(Scope::Fleet));
    }
    refresh(model);
    // who may not read all is told what the one that is asked for has
    let limited = |gap: &crate::domain::cluster::news::Gap| {
        gap.permission.starts_with("list pods in all namespaces")
    };
    match &model.fleet().cluster {
        Some(cluster) if cluster.gaps.iter().any(limited) => vec![Effect::Namespace(namespace)],
        _ => Vec::new(),
    }
}

//! Effects, performed.

use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use rustix::process::{Signal, getppid, getsid, kill_current_process_group};

use crate::app::effect::Play;
use crate::app::message::Outcome;
use crate::app::{Effect, Message, Screen};
use crate::domain::text::Text;
use crate::formats::picture::svg;
use crate::wiring::live;
use crate::wiring::state_dir::plain;

use super::event::Event;
use super::save::{self, Folders};
use super::ui::Ui;
use super::{clipboard, picture, tmux};

impl Ui {
    /// Does it; breaks where the user leaves.
    pub(super) fn perform(&mut self, effect: Effect) -> io::Result<ControlFlow<()>> {
        match effect {
            Effect::Quit => return Ok(ControlFlow::Break(())),
            Effect::Suspend => self.suspend(),
            Effect::Redraw => {
                self.canvas.clear();
                self.draw_anew();
            }
            Effect::Bell => self.before.push(0x07),
            Effect::Copy { id, name, text } => self.copy(id, name, text),
            Effect::SaveScreen { id } => self.save_screen(id),
            Effect::Control { node, control } => {
                if let Some(live) = &self.live {
                    live.control(node.as_ref(), control);
                }
            }
            Effect::Play(play) => {
                if let Some(live) = &self.live {
                    live.play(match play {
                        Play::Pause => live::Play::Pause,
                        Play::Resume => live::Play::Resume,
                        Play::Speed(times) => live::Play::Speed(times),
                    });
                }
            }
            Effect::Ask { id, pod, question } => {
                if let Some(live) = &self.live {
                    let to = self.to.clone();
                    let tell = move |answer| {
                        let answer = Message::Answer { id, answer };
                        to.send(Event::Message(answer)).is_ok()
                    };
                    live.ask(id, pod, question, Box::new(tell));
                }
            }
            Effect::Forget(id) => {
                if let Some(live) = &self.live {
                    live.forget(id);
                }
            }
            Effect::Contexts => {
                if let Some(live) = &self.live {
                    let to = self.to.clone();
                    live.contexts(move |contexts| {
                        let _ = to.send(Event::Message(Message::Contexts(contexts)));
                    });
                }
            }
            Effect::Context(name) => {
                if let Some(live) = &self.live {
                    live.read_context(name);
                }
            }
            Effect::Namespace(name) => {
                if let Some(live) = &self.live {
                    live.read_namespace(name);
                }
            }
            Effect::Theme(name) => {
                self.looks.choose(&name);
                self.draw_anew();
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Stops the job as the terminal would have on its own, with the probes in it. This process gets the signal too, leaves
    /// the terminal before it obeys, and stops what runs in sessions of its own. Where no shell waits for the job nobody could continue it.
    fn suspend(&mut self) {
        let session = getsid(None).ok();
        let shell = getppid().and_then(|parent| getsid(Some(parent)).ok());
        if session.is_some() && session == shell {
            self.job_stopped = kill_current_process_group(Signal::TSTP).is_ok();
        } else {
            let why = self.model.texts.get("notice.no_shell").into();
            let _ = self.to.send(Event::Message(Message::Told(why)));
        }
    }

    fn copy(&mut self, id: u64, name: String, text: String) {
        if self.environment.has_tmux() {
            let bytes = text.len();
            return self.in_the_background(id, move |folders| {
                if tmux::take(&text) {
                    return Ok(Outcome::InTmux(bytes));
                }
                let paths = folders.write(&name, &[("txt", text.as_bytes())])?;
                Ok(written(&paths))
            });
        }
        match clipboard::ask(&text, &self.environment) {
            Ok(bytes) => {
                // goes out with the next frame, so that a terminal is written to in one place only
                self.before.extend(bytes);
                let outcome = Outcome::Copied(text.len());
                let _ = self.to.send(Event::Message(Message::Done { id, outcome }));
            }
            Err(_) => self.in_the_background(id, move |folders| {
                let paths = folders.write(&name, &[("txt", text.as_bytes())])?;
                Ok(written(&paths))
            }),
        }
    }

    fn save_screen(&mut self, id: u64) {
        let screen = self.model.screen();
        let scope = screen.scope();
        let of = scope.node().map_or("fleet", Text::as_str);
        let what = match screen {
            Screen::Fleet | Screen::Node(_) => of.to_owned(),
            screen => format!("{of}-{}", screen.name()),
        };
        let at = save::stamp(self.model.now, self.model.session.offset_seconds);
        let name = format!("{what}-{at}");
        let grid = picture::grid(self.canvas.shown(), self.skin.theme.paper());
        self.in_the_background(id, move |folders| {
            let (text, svg) = (grid.text(), svg(&grid));
            let paths =
                folders.write(&name, &[("txt", text.as_bytes()), ("svg", svg.as_bytes())])?;
            Ok(written(&paths))
        });
    }

    /// Writes files on a thread of its own: a home on a network may take its time.
    fn in_the_background(
        &self,
        id: u64,
        write: impl FnOnce(&Folders) -> io::Result<Outcome> + Send + 'static,
    ) {
        let folders = self.folders.clone();
        let to = self.to.clone();
        let work = move || {
            let outcome = write(&folders).unwrap_or_else(|e| Outcome::Failed(plain(&e).into()));
            let _ = to.send(Event::Message(Message::Done { id, outcome }));
        };
        let started = std::thread::Builder::new()
            .name("files".to_owned())
            .spawn(work);
        if let Err(error) = started {
            let outcome = Outcome::Failed(plain(&error).into());
            let _ = self.to.send(Event::Message(Message::Done { id, outcome }));
        }
    }
}

fn written(paths: &[PathBuf]) -> Outcome {
    written_in(paths, std::env::var_os("HOME").as_deref().map(Path::new))
}

/// Tells files of one name and several endings; those in the user's home as a shell shortens them.
fn written_in(paths: &[PathBuf], home: Option<&Path>) -> Outcome {
    let shown = |path: &Path| {
        let home = home.filter(|home| home.is_absolute() && home.parent().is_some());
        let inside = home.and_then(|home| path.strip_prefix(home).ok());
        inside.map_or_else(
            || path.display().to_string(),
            |inside| format!("~/{}", inside.display()),
        )
    };
    let ending = |path: &PathBuf| {
        path.extension()
            .map(|e| Text::from(e.display().to_string()))
    };
    Outcome::Written {
        file: paths
            .first()
            .map(|path| shown(path))
            .unwrap_or_default()
            .into(),
        also: paths.iter().skip(1).filter_map(ending).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_files_are_told_by_one_path_and_both_endings() {
        let paths = ["/home/kim/saved/a-1.txt", "/home/kim/saved/a-1.svg"].map(PathBuf::from);
        let told = |home: Option<&str>, file: &str| {
            let expected = Outcome::Written {
                file: file.into(),
                also: vec!["svg".into()],
            };
            assert_eq!(written_in(&paths, home.map(Path::new)), expected);
        };
        told(Some("/home/kim"), "~/saved/a-1.txt");
        told(Some("/home/ki"), "/home/kim/saved/a-1.txt");
        told(Some("/"), "/home/kim/saved/a-1.txt");
        told(None, "/home/kim/saved/a-1.txt");
    }
}

//! What the console is to do outside of itself: data, performed in one place.

use crate::domain::cluster::asked::{PodName, Question};
use crate::domain::observation::Control;
use crate::domain::text::Text;

/// Something to do.
#[derive(Clone, PartialEq, Debug)]
pub enum Effect {
    /// Leave.
    Quit,
    /// Stop as a job of the shell, until continued.
    Suspend,
    /// Draw everything anew: the terminal may show something else.
    Redraw,
    /// Ring.
    Bell,
    /// Put text on the user's clipboard (OSC 52), or where that cannot be done in a file.
    Copy {
        /// Its number.
        id: u64,
        /// Name for the file, without folder and ending.
        name: String,
        /// The text.
        text: String,
    },
    /// Save the frame that is shown as text and as SVG.
    SaveScreen {
        /// Its number.
        id: u64,
    },
    /// Tell a probe.
    Control {
        /// Which node's; `None`: all.
        node: Option<Text>,
        /// What.
        control: Control,
    },
    /// Tell the tape.
    Play(Play),
    /// Ask something about a pod.
    Ask {
        /// Its number.
        id: u64,
        /// Which pod.
        pod: PodName,
        /// What.
        question: Question,
    },
    /// No more of what is answered under a number.
    Forget(u64),
    /// Ask which contexts the kubeconfig has.
    Contexts,
    /// Read the cluster of another context.
    Context(Text),
    /// Read this namespace where not all may be; `None`: that of the context.
    Namespace(Option<Text>),
    /// Draw with another theme, by its name.
    Theme(String),
}

/// What a tape can be told.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Play {
    /// Stop.
    Pause,
    /// Go on.
    Resume,
    /// So many times as fast as recorded.
    Speed(f64),
}

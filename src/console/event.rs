//! What reaches the loop, from all threads over one channel.

use crate::app::Message;

use super::decode::Reply;

/// Something that happened.
#[derive(Debug)]
pub enum Event {
    /// For the model.
    Message(Message),
    /// The terminal has answered.
    Reply(Reply),
    /// The window has another size.
    Resized,
    /// A signal that ends the program.
    End(i32),
    /// A signal that stops it, until continued.
    Suspend,
    /// The program was stopped, and goes on.
    Continued,
    /// Nothing can be read from the terminal any more.
    Deaf,
}

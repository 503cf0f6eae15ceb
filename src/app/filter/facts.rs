//! What there is to ask of a row and of what is on it.

use std::borrow::Cow;

use crate::app::rows::Item;
use crate::domain::fleet::{Gpu, Node};

mod indexes;
mod names;
mod numbers;
mod properties;
mod says;

/// One thing that can be asked: a row, or something on it.
#[derive(Debug)]
pub(super) struct Facts<'a> {
    of: Cow<'a, Item<'a>>,
}

impl<'a> Facts<'a> {
    /// The thing itself, then what is on it.
    pub(super) fn of(item: &'a Item<'a>) -> Vec<Self> {
        let mut all = vec![Self {
            of: Cow::Borrowed(item),
        }];
        let mut put = |item| {
            all.push(Self {
                of: Cow::Owned(item),
            });
        };
        match item {
            Item::Node(node) => {
                for gpu in &node.gpus {
                    put(Item::Gpu(node, gpu));
                    gpu.slots.iter().for_each(|s| put(Item::Slot(node, gpu, s)));
                }
            }
            Item::Gpu(node, gpu) => {
                gpu.slots.iter().for_each(|s| put(Item::Slot(node, gpu, s)));
            }
            _ => {}
        }
        all
    }

    fn node(&self) -> &'a Node {
        self.of.node()
    }

    /// The GPU that it is or is on, whose temperature and power are its own too.
    fn board(&self) -> Option<&'a Gpu> {
        match &*self.of {
            Item::Gpu(_, gpu) | Item::Slot(_, gpu, _) => Some(gpu),
            _ => None,
        }
    }
}

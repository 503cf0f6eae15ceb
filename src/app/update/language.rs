//! Which language is spoken: the one asked for, as far as it can be written.

use super::say;
use crate::app::Model;
use crate::app::texts::{LANGUAGES, Language, Texts};

/// What can be written has become known. Korean in ASCII would be nothing but `?`.
pub(super) fn written(model: &mut Model, only_ascii: bool) {
    model.only_ascii = only_ascii;
    let before = model.texts.language();
    speak(model);
    if model.texts.language() != before && model.texts.language() != model.language {
        say(model, "notice.language_not_ascii");
    }
}

/// The next language.
pub(super) fn next(model: &mut Model) {
    let at = LANGUAGES.iter().position(|l| *l == model.language);
    model.language = LANGUAGES[at.map_or(0, |n| n + 1) % LANGUAGES.len()];
    speak(model);
    if model.texts.language() == model.language {
        say(model, "notice.language");
    } else {
        say(model, "notice.language_not_ascii");
    }
}

fn speak(model: &mut Model) {
    let spoken = if model.only_ascii && !model.language.is_ascii() {
        Language::English
    } else {
        model.language
    };
    if spoken != model.texts.language() {
        model.texts = Texts::of(spoken);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture::{host, model_in};
    use crate::app::{Message, update};

    #[test]
    fn what_cannot_be_written_is_said_in_english_until_it_can() {
        let mut model = model_in(Language::Korean, vec![host("a")]);
        update(&mut model, Message::OnlyAscii(true));
        assert_eq!(model.texts.language(), Language::English);
        let said = model.notice.take().map(|n| n.text).unwrap_or_default();
        assert!(said.contains("ASCII"), "{said}");
        update(&mut model, Message::OnlyAscii(false));
        assert_eq!(model.texts.language(), Language::Korean);
        // who asks for it where it cannot be written is told why it does not come
        update(&mut model, Message::OnlyAscii(true));
        next(&mut model);
        assert_eq!(model.texts.language(), Language::English);
        model.notice = None;
        next(&mut model);
        assert_eq!(model.language, Language::Korean);
        assert_eq!(model.texts.language(), Language::English);
        assert!(model.notice.is_some_and(|n| n.text.contains("ASCII")));
    }
}

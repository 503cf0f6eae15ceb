//! The page of keys: `docs/keys.md`, made from the table of commands and the keymaps that come with migdeck.

use super::{Keymap, SHIPPED};
use crate::app::command::{COMMANDS, Context, Risk};
use crate::app::key::written;
use crate::app::palette::aliases;

/// What a layer is for.
const fn about(layer: Context) -> &'static str {
    match layer {
        Context::Global => "everywhere outside of text fields",
        Context::List => "on screens with rows",
        Context::Input => "in text fields: filter and palette",
        Context::Pick => "in the palette and in pickers",
        Context::Reader => "in windows that are read",
        Context::Log => "in the window of a log",
        Context::Tape => "while a tape is played",
        Context::Tour => "on the guided tour",
    }
}

const HEAD: &str = "\
# Keys

<!-- Made from src/app/command.rs and keymaps/*.toml. After a change: MIGDECK_BLESS=1 cargo test --lib the_page_of_keys -->

`?` shows the keys in force, those of the screen you came from first; `:` finds a command by its name, by what it does
or by another word for it, and goes to a node or a GPU (`:dgx-prod-01`, `:gpu 5`). Esc goes one level back and never
quits; `q` does. No single key changes anything on a GPU.

With a Korean input method left on, keys work too: ㅂ is `q`, ㅃ is `Q`, and a composed syllable is the keys that typed it
(하 is `g k`). Where Shift makes no other jamo (ㅁ is `a` and `A`) it is the lower-case key.
";

const PATCHES: &str = "\
## Your own keys

`keymap = \"NAME\"` in config.toml takes `keymaps/NAME.toml` beside it, or one that comes with migdeck: `default`, `vim`,
`emacs`. A file is a patch over `default`, or over the one that it names:

```toml
inherits = \"vim\"

[list]
\"x\" = \"mark\"                              # a key and a command
\"g h\" = \"holders\"                         # keys one after the other
\"ctrl-t\" = [\"clear-filter\", \"first\"]      # several commands, in this order
\"u\" = \"none\"                              # nothing; so are \"\" and []

[global]
\"alt-f\" = \"findings\"
```

Keys are characters as they are typed (`j`, `J`, `/`), `space`, `minus`, `enter`, `esc`, `tab`, `backspace`, `delete`,
`insert`, `up`, `down`, `left`, `right`, `home`, `end`, `page-up`, `page-down`, `f1` to `f24`, with `ctrl-` and `alt-` before
them, and `shift-` where the key is no character: `J`, not `shift-j`. Case is never folded.

A patch wins over what it lies on, also where it makes a key of the beginning of a sequence. All that is wrong with a file
is told at once, each with its line, and a bad row loses only itself. Where no key quits any more, `ctrl-c` still does.
";

/// The page.
pub fn documentation() -> String {
    let maps = SHIPPED.map(|(name, text)| Keymap::parse(name, text, &|_| None).0);
    let mut out = HEAD.to_owned();
    for layer in Context::ALL {
        let rows: Vec<String> = COMMANDS
            .iter()
            .filter_map(|row| {
                let keys = maps.each_ref().map(|map| keys(map, layer, row.command));
                let [default, vim, emacs] = &keys;
                if keys.iter().all(String::is_empty) {
                    return None;
                }
                Some(format!(
                    "| {default} | `{}` | {} | {vim} | {emacs} |\n",
                    row.name, row.doc
                ))
            })
            .collect();
        out.push_str(&format!("\n## {}: {}\n\n", layer.name(), about(layer)));
        out.push_str("| default | command | | vim | emacs |\n| --- | --- | --- | --- | --- |\n");
        out.push_str(&rows.concat());
        if layer == Context::Input {
            out.push_str(
                "\nText fields edit as a shell does: `ctrl-a` `ctrl-e` `ctrl-b` `ctrl-f` `alt-b` `alt-f` move, `ctrl-h` `ctrl-d`\n\
                 `ctrl-w` `ctrl-u` `ctrl-k` delete, where the keymap gives them no other meaning. A paste writes its first line.\n",
            );
        }
    }
    out.push_str("\n## All commands\n\n| command | | other words | |\n| --- | --- | --- | --- |\n");
    for row in COMMANDS {
        let words: Vec<String> = aliases(row.command).map(|a| format!("`{a}`")).collect();
        let risk = match row.risk {
            Risk::None => "",
            Risk::Writes => "writes a file or the clipboard",
            Risk::Probe => "tells a probe",
        };
        out.push_str(&format!(
            "| `{}` | {} | {} | {risk} |\n",
            row.name,
            row.doc,
            words.join(" ")
        ));
    }
    out.push('\n');
    out.push_str(PATCHES);
    out
}

fn keys(map: &Keymap, layer: Context, command: crate::app::Command) -> String {
    let keys: Vec<String> = map
        .bindings(layer)
        .iter()
        .filter(|b| b.commands == [command])
        // a table's cell ends at a bar
        .map(|b| format!("`{}`", written(&b.keys).replace('|', "\\|")))
        .collect();
    keys.join(" ")
}

#[cfg(test)]
mod tests {
    use super::documentation;

    #[test]
    fn the_page_of_keys_is_what_the_table_says() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/keys.md");
        let made = documentation();
        if std::env::var_os("MIGDECK_BLESS").is_some() {
            std::fs::write(path, &made).unwrap();
        }
        let there = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            there == made,
            "docs/keys.md is old: MIGDECK_BLESS=1 cargo test --lib the_page_of_keys"
        );
    }
}

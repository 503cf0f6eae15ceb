//! What a file imports, by any way Rust has of naming a thing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};

/// One import.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Import {
    /// From a room of the house.
    Room(String),
    /// From another crate: the path, as far as written.
    Crate(String),
}

/// All imports of a file, given by its path from `src`.
pub fn imports(file: &str, text: &str) -> Vec<Import> {
    let parsed = syn::parse_file(text).unwrap_or_else(|e| panic!("{file}: {e}"));
    let mut reader = Reader {
        module: module_of(file),
        found: Vec::new(),
        names: BTreeMap::new(),
    };
    reader.visit_file(&parsed);
    reader.found
}

/// Structs with more than `most` fields.
pub fn wide_structs(text: &str, most: usize) -> Vec<(String, usize)> {
    let Ok(parsed) = syn::parse_file(text) else {
        return Vec::new();
    };
    parsed
        .items
        .iter()
        .filter_map(|item| match item {
            syn::Item::Struct(s) if s.fields.len() > most => {
                Some((s.ident.to_string(), s.fields.len()))
            }
            _ => None,
        })
        .collect()
}

fn module_of(file: &str) -> Vec<String> {
    let path = file.trim_end_matches(".rs").trim_end_matches("/mod");
    if path == "lib" || path == "main" {
        return Vec::new();
    }
    path.split('/').map(str::to_owned).collect()
}

struct Reader {
    module: Vec<String>,
    found: Vec<Import>,
    /// What `use` has made of a crate's path: `Timestamp` is `jiff::Timestamp`.
    names: BTreeMap<String, Vec<String>>,
}

impl Reader {
    fn note(&mut self, path: &[String]) {
        let Some(first) = path.first() else { return };
        let absolute = match first.as_str() {
            "crate" | "migdeck" => path[1..].to_vec(),
            "self" | "Self" => return,
            "super" => {
                let ups = path.iter().take_while(|s| *s == "super").count();
                let keep = self.module.len().saturating_sub(ups);
                let mut absolute = self.module[..keep].to_vec();
                absolute.extend(path[ups..].iter().cloned());
                absolute
            }
            _ => {
                let mut full = self
                    .names
                    .get(first)
                    .cloned()
                    .unwrap_or_else(|| vec![first.clone()]);
                full.extend(path[1..].iter().cloned());
                if full.len() > 1 && is_crate(&full[0]) {
                    self.found.push(Import::Crate(full.join("::")));
                }
                return;
            }
        };
        match absolute.as_slice() {
            [sources, source, ..] if sources == "sources" => {
                self.found.push(Import::Room(format!("sources/{source}")))
            }
            [room, ..] => self.found.push(Import::Room(room.clone())),
            [] => {}
        }
    }

    fn tree(&mut self, prefix: &mut Vec<String>, tree: &syn::UseTree) {
        match tree {
            syn::UseTree::Path(p) => {
                prefix.push(p.ident.to_string());
                self.tree(prefix, &p.tree);
                prefix.pop();
            }
            syn::UseTree::Name(n) => self.leaf(prefix, Some(n.ident.to_string())),
            syn::UseTree::Rename(r) => {
                let mut path = prefix.clone();
                path.push(r.ident.to_string());
                self.names.insert(r.rename.to_string(), path);
                self.leaf(prefix, Some(r.ident.to_string()));
            }
            syn::UseTree::Glob(_) => self.leaf(prefix, None),
            syn::UseTree::Group(g) => {
                for tree in &g.items {
                    self.tree(prefix, tree);
                }
            }
        }
    }

    fn leaf(&mut self, prefix: &[String], name: Option<String>) {
        let mut path = prefix.to_vec();
        path.extend(name.filter(|n| n != "self"));
        if path.len() == 1 && is_crate(&path[0]) {
            self.found.push(Import::Crate(path[0].clone()));
        }
        self.note(&path);
        if let (Some(last), true) = (
            path.last(),
            path.first().is_some_and(|first| is_crate(first)),
        ) {
            self.names.insert(last.clone(), path.clone());
        }
    }

    /// Macro bodies are tokens: every `a::b::c` in them counts.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.note(&std::mem::take(&mut path));
                    }
                    path.push(ident.to_string());
                    colons = 0;
                }
                TokenTree::Punct(p) if p.as_char() == ':' => colons += 1,
                other => {
                    self.note(&std::mem::take(&mut path));
                    colons = 0;
                    if let TokenTree::Group(group) = other {
                        self.tokens(group.stream());
                    }
                }
            }
        }
        self.note(&path);
    }
}

/// Whether a name is a crate that the package can see: the standard ones and those of Cargo.toml.
fn is_crate(name: &str) -> bool {
    static CRATES: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
        let manifest: toml::Table = include_str!("../../Cargo.toml").parse().unwrap();
        let dependencies = manifest["dependencies"].as_table().unwrap();
        let theirs = dependencies.keys().map(|name| name.replace('-', "_"));
        theirs
            .chain(["std", "core", "alloc"].map(str::to_owned))
            .collect()
    });
    CRATES.contains(name)
}

fn only_for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|a| {
        a.path().is_ident("cfg")
            && a.parse_args::<syn::Path>()
                .is_ok_and(|p| p.is_ident("test"))
    })
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if only_for_tests(&module.attrs) {
            return;
        }
        self.module.push(module.ident.to_string());
        visit::visit_item_mod(self, module);
        self.module.pop();
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if !only_for_tests(&item.attrs) {
            self.tree(&mut Vec::new(), &item.tree);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<String> = path.segments.iter().map(|s| s.ident.to_string()).collect();
        self.note(&segments);
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        self.tokens(mac.tokens.clone());
        visit::visit_macro(self, mac);
    }

    fn visit_attribute(&mut self, _: &'ast syn::Attribute) {}
}

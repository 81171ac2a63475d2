//! The invariants of docs/architecture.md, held against the source.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// The modules from top to bottom; those on one line do not know each other. A module uses only what stands below it.
const LAYERS: [&[&str]; 9] = [
    &["cli"],
    &["report"],
    &["ui"],
    &["recovery"],
    &["steps", "store"],
    &["aws", "pg", "http", "resolver", "pointer", "config"],
    &["run"],
    &["expect"],
    &["moment"],
];

struct Source {
    path: PathBuf,
    module: String,
    text: String,
}

/// Every source file, with the top-level module it belongs to.
fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut open = vec![root.clone()];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let inside = path.strip_prefix(&root).unwrap().to_owned();
                let module = inside.components().next().unwrap().as_os_str().to_str().unwrap().trim_end_matches(".rs");
                found.push(Source {
                    module: module.to_owned(),
                    text: fs::read_to_string(&path).unwrap(),
                    path: inside,
                });
            }
        }
    }
    found.retain(|source| !["bin", "lib"].contains(&source.module.as_str()));
    assert!(found.len() > 100, "the sources were not found");
    found
}

fn rank(module: &str) -> usize {
    let found = LAYERS.iter().position(|layer| layer.contains(&module));
    found.unwrap_or_else(|| panic!("module {module} stands in no layer: add it to docs/architecture.md and here"))
}

/// The lines of a file that are code.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.trim_start().starts_with("//"))
}

/// The top-level modules that a file names, by `crate::module` or in a braced list after `use crate::`.
fn named(text: &str) -> BTreeSet<String> {
    let text: String = code(text).collect::<Vec<_>>().join("\n");
    let mut modules = BTreeSet::new();
    for part in text.split("crate::").skip(1) {
        if let Some(list) = part.strip_prefix('{') {
            let mut depth = 0_usize;
            let mut word = String::new();
            for character in list.chars() {
                match character {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => word.clear(),
                    ':' if depth == 0 && !word.is_empty() => {
                        modules.insert(std::mem::take(&mut word));
                    }
                    _ if depth == 0 && (character.is_alphanumeric() || character == '_') => word.push(character),
                    _ => {}
                }
            }
        } else {
            modules.insert(
                part.chars().take_while(|character| character.is_alphanumeric() || *character == '_').collect(),
            );
        }
    }
    let known: BTreeSet<&str> = LAYERS.iter().flat_map(|layer| layer.iter().copied()).collect();
    modules.retain(|module| known.contains(module.as_str()));
    modules
}

#[test]
fn arrows_point_down() {
    let upward: Vec<String> = sources()
        .iter()
        .flat_map(|source| named(&source.text).into_iter().map(move |module| (source, module)))
        .filter(|(source, module)| source.module != *module && rank(&source.module) >= rank(module))
        .map(|(source, module)| format!("{} uses {module}", source.path.display()))
        .collect();
    assert_eq!(upward, Vec::<String>::new());
}

#[test]
fn the_layers_are_read_from_both_forms_of_use() {
    let text = "use crate::aws::Error;\nuse crate::{\n    run::{step::Step, record},\n    steps::world::World,\n};\n// crate::cli";
    assert_eq!(named(text), BTreeSet::from(["aws".to_owned(), "run".to_owned(), "steps".to_owned()]));
}

/// Fails for every line of code outside `homes` that contains one of `words`.
fn only_in(words: &[&str], homes: &[&str]) {
    let astray: Vec<String> = sources()
        .iter()
        .filter(|source| !homes.iter().any(|home| source.path.starts_with(home)))
        .flat_map(|source| {
            let lines = code(&source.text).filter(|line| words.iter().any(|word| line.contains(word)));
            lines.map(|line| format!("{}: {}", source.path.display(), line.trim())).collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(astray, Vec::<String>::new());
}

#[test]
fn each_library_has_one_home() {
    only_in(&["aws_sdk_", "aws_config", "aws_smithy_", "aws_sigv4", "aws_types"], &["aws"]);
    only_in(&["tokio_postgres"], &["pg"]);
    only_in(&["hyper_util", "hyper_rustls", "http_body_util"], &["http.rs"]);
    only_in(&["hickory_proto", "resolv_conf"], &["resolver"]);
    only_in(&["crossterm"], &["ui"]);
    only_in(&["clap"], &["cli"]);
}

#[test]
fn only_the_edges_know_the_clock_and_the_environment_and_only_the_door_sleeps() {
    only_in(&["Timestamp::now()"], &["cli/host.rs"]);
    only_in(&["time::sleep("], &["cli/host.rs"]);
    // The edges measure how long an answer took and whether credentials have expired.
    only_in(&["Instant::now()", "SystemTime::now()"], &["cli/host.rs", "aws", "pg"]);
    only_in(&["env::var"], &["cli", "ui/printer.rs", "aws/profile.rs"]);
}

#[test]
fn only_the_printer_writes_to_the_standard_streams() {
    only_in(&["io::stdout()", "io::stderr()", "println!", "print!"], &["ui/printer.rs"]);
}

/// The SDK writes requests and answers, secrets among them, to `tracing`: nothing may ever listen.
#[test]
fn nothing_listens_to_the_sdks_logging() {
    only_in(&["tracing_subscriber", "set_global_default", "env_logger", "set_logger", "set_boxed_logger"], &[]);
    // A test of what the SDK logs has a listener of its own.
    only_in(&["tracing::"], &["aws/logging.rs"]);
    let manifest = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    let product = manifest.split("[dev-dependencies]").next().unwrap();
    for library in ["tracing", "log", "env_logger", "tracing-subscriber", "tracing-log", "fern", "simple_logger"] {
        let listed = product.lines().any(|line| line.split(['=', ' ']).next() == Some(library));
        assert!(!listed, "{library} is no dependency of the product: who has it can listen");
    }
}

#[test]
fn files_have_one_job() {
    let long: Vec<String> = sources()
        .iter()
        .filter(|source| source.text.lines().count() > 500)
        .map(|source| source.path.display().to_string())
        .collect();
    assert_eq!(long, Vec::<String>::new(), "split by meaning");
}

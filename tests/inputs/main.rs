//! Everything that is read from outside, read in every broken form: no panic, no overflow of the stack, and what is accepted is
//! what was meant. The same functions are fuzzed without end by `make fuzz`.

mod altered;
mod mutation;
mod nesting;
#[path = "../support/sweep.rs"]
mod sweep;
#[path = "../../fuzz/src/lib.rs"]
#[expect(unreachable_pub, reason = "public where it is a library of its own")]
mod targets;

use std::{
    cell::Cell,
    fs,
    path::{Path, PathBuf},
};

use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner},
};

/// Inputs of each sort for each target.
const CASES: u32 = 1_000;

/// What reads an input.
type Target = fn(&[u8]);

/// All targets, by the name of their corpus.
const TARGETS: [(&str, Target); 8] = [
    ("config", targets::config),
    ("plan_file", targets::plan_file),
    ("journal_record", targets::journal_record),
    ("secret_value", targets::secret_value),
    ("connection_url", targets::connection_url),
    ("time", targets::time),
    ("span", targets::span),
    ("expect", targets::expect),
];

fn corpus(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target)
}

/// The valid inputs of a target, in the order of their names.
fn seeds(target: &str) -> Vec<Vec<u8>> {
    let mut paths: Vec<PathBuf> = fs::read_dir(corpus(target)).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort_unstable();
    assert!(!paths.is_empty(), "{target} has no corpus");
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

/// Runs `read` on inputs of `strategy`, always the same ones; the smallest one on which it panics.
fn try_all<S: Strategy>(strategy: S, read: impl Fn(&S::Value), cases: &Cell<u64>) -> Option<String>
where
    S::Tree: ValueTree<Value = S::Value>,
{
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let result = runner.run(&strategy, |input| {
        cases.set(cases.get() + 1);
        read(&input);
        Ok(())
    });
    match result {
        Ok(()) => None,
        Err(TestError::Fail(why, input)) => Some(format!("{why}, on {input:?}")),
        Err(TestError::Abort(why)) => Some(why.to_string()),
    }
}

#[test]
fn no_input_makes_anything_panic() {
    let cases = Cell::new(0);
    let mut failed = Vec::new();
    for (name, target) in TARGETS {
        let seeds = seeds(name);
        for seed in &seeds {
            target(seed);
        }
        let bytes = proptest::collection::vec(proptest::num::u8::ANY, 0..600);
        let found = [
            try_all(bytes, |bytes| target(bytes), &cases),
            try_all("\\PC{0,120}", |text: &String| target(text.as_bytes()), &cases),
            try_all(
                "[-+0-9eE.:TZ ,%<>=!a-z\"\\\\\n{}\\[\\]@/?&#]{0,60}",
                |text: &String| target(text.as_bytes()),
                &cases,
            ),
            try_all(mutation::mutated(seeds), |bytes| target(bytes), &cases),
        ];
        failed.extend(found.into_iter().flatten().map(|why| format!("{name}: {why}")));
    }
    sweep::report("inputs", cases.get(), "cases", failed.len());
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

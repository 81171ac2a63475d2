//! Plan files that are none: refused before AWS is asked anything.

use std::fs;

use crate::support::Daybreak;

/// What `recover --plan` says of a file with this content.
fn recover(content: &str) -> String {
    let daybreak = Daybreak::new().with_file("edited.plan.json", content);
    let ended = daybreak.run(["recover", "--plan", "edited.plan.json", "--until", "restored"]);
    let runs = fs::read_dir(daybreak.path(".local/state/daybreak/runs")).into_iter().flatten().count();
    assert_eq!(runs, 0, "a refused plan began a run");
    ended.to_string()
}

#[test]
fn a_file_that_is_not_there() {
    let ended = Daybreak::new().run(["recover", "--plan", "none.plan.json", "--until", "restored"]);
    insta::assert_snapshot!(ended, @r"
    exit code 2
    --- stderr
    error: read the plan none.plan.json
      because: No such file or directory (os error 2)
      now: nothing was created or changed
      next: daybreak plan DATABASE --to TIME makes one
    ");
}

#[test]
fn a_file_that_is_no_json() {
    insta::assert_snapshot!(recover("restore loans to yesterday, please"), @r"
    exit code 2
    --- stderr
    error: not a plan file
      because: expected value at line 1 column 1
      now: nothing was created or changed
      next: make a new plan: daybreak plan DATABASE --to TIME
    ");
}

#[test]
fn an_empty_file() {
    insta::assert_snapshot!(recover(""), @r"
    exit code 2
    --- stderr
    error: not a plan file
      because: EOF while parsing a value at line 1 column 0
      now: nothing was created or changed
      next: make a new plan: daybreak plan DATABASE --to TIME
    ");
}

#[test]
fn json_that_is_no_plan() {
    insta::assert_snapshot!(recover(r#"{"sha256": "", "plan": {"format": 1, "run": "tomorrow"}}"#), @r"
    exit code 2
    --- stderr
    error: not a plan file
      because: plan.run: `tomorrow` is no run id (they look like 20261120-142205-k3fa) at line 1 column 55
      now: nothing was created or changed
      next: make a new plan: daybreak plan DATABASE --to TIME
    ");
}

#[test]
fn a_plan_of_a_newer_program() {
    insta::assert_snapshot!(recover(r#"{"sha256": "", "plan": {"format": 2, "scenes": []}}"#), @r"
    exit code 3
    --- stderr
    error: plan format 2 is newer than 1, the newest this program knows
      now: nothing was created or changed
      next: make a new plan: daybreak plan DATABASE --to TIME
    ");
}

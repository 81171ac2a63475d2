//! Journals that cannot be trusted are read by no command, and changed by none.

use std::fs;

use sha2::{Digest, Sha256};

use crate::support::{Daybreak, Ended};

const RUN: &str = "20261120-142205-k3fa";

/// A state directory with these records of one run.
fn with_records(records: &[(&str, &str)]) -> Daybreak {
    records.iter().fold(Daybreak::new(), |daybreak, (name, content)| {
        daybreak.with_file(&format!("state/runs/{RUN}/{name}"), content)
    })
}

/// What every command that reads a journal says of it, which must be the same.
fn refused(daybreak: &Daybreak) -> Ended {
    let directory = daybreak.path(&format!("state/runs/{RUN}"));
    let names = || fs::read_dir(&directory).expect("list the journal").count();
    let before = names();
    let said = daybreak.run(["status", RUN, "--state", "state"]);
    for command in ["report", "resume", "cancel", "rollback", "cutover"] {
        let same = daybreak.run([command, RUN, "--state", "state", "--yes"]);
        assert_eq!(same, said, "{command}");
    }
    assert_eq!(names(), before, "a journal that cannot be read is left as it is");
    said
}

fn sealed(record: &str) -> String {
    let digest: String = Sha256::digest(record).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{{\"sha256\":\"{digest}\",\"record\":{record}}}\n")
}

#[test]
fn a_truncated_record() {
    let whole = sealed(r#"{"format":1}"#);
    let daybreak = with_records(&[("000000.json", &whole[..whole.len() / 2])]);
    insta::assert_snapshot!(refused(&daybreak), @r"
    exit code 3
    --- stderr
    error: the journal of run 20261120-142205-k3fa cannot be read
      because: record 0 is damaged: it is not a journal record, or only a part of one
      because: EOF while parsing a string at line 1 column 50
      now: daybreak does not guess what a damaged journal meant: it changed nothing
      next: restore the record from a backup of the state, if there is one
      next: what the run made carries the tag daybreak:run=20261120-142205-k3fa; list it with: aws resourcegroupstaggingapi get-resources --tag-filters Key=daybreak:run,Values=20261120-142205-k3fa
    ");
}

#[test]
fn an_empty_record() {
    insta::assert_snapshot!(refused(&with_records(&[("000000.json", "")])), @r"
    exit code 3
    --- stderr
    error: the journal of run 20261120-142205-k3fa cannot be read
      because: record 0 is damaged: it is not a journal record, or only a part of one
      because: EOF while parsing a value at line 1 column 0
      now: daybreak does not guess what a damaged journal meant: it changed nothing
      next: restore the record from a backup of the state, if there is one
      next: what the run made carries the tag daybreak:run=20261120-142205-k3fa; list it with: aws resourcegroupstaggingapi get-resources --tag-filters Key=daybreak:run,Values=20261120-142205-k3fa
    ");
}

#[test]
fn a_record_of_something_else() {
    insta::assert_snapshot!(refused(&with_records(&[("000000.json", "{\"terraform\": \"1.9\"}")])), @r"
    exit code 3
    --- stderr
    error: the journal of run 20261120-142205-k3fa cannot be read
      because: record 0 is damaged: it is not a journal record, or only a part of one
      because: missing field `sha256` at line 1 column 20
      now: daybreak does not guess what a damaged journal meant: it changed nothing
      next: restore the record from a backup of the state, if there is one
      next: what the run made carries the tag daybreak:run=20261120-142205-k3fa; list it with: aws resourcegroupstaggingapi get-resources --tag-filters Key=daybreak:run,Values=20261120-142205-k3fa
    ");
}

#[test]
fn a_record_whose_content_was_changed() {
    let changed = sealed(r#"{"format":1,"run":"20261120-142205-k3fa"}"#).replace("k3fa", "zzzz");
    insta::assert_snapshot!(refused(&with_records(&[("000000.json", &changed)])), @r"
    exit code 3
    --- stderr
    error: the journal of run 20261120-142205-k3fa cannot be read
      because: record 0 is damaged: its digest does not match its content
      now: daybreak does not guess what a damaged journal meant: it changed nothing
      next: restore the record from a backup of the state, if there is one
      next: what the run made carries the tag daybreak:run=20261120-142205-k3fa; list it with: aws resourcegroupstaggingapi get-resources --tag-filters Key=daybreak:run,Values=20261120-142205-k3fa
    ");
}

#[test]
fn a_record_of_a_newer_program() {
    let newer = sealed(r#"{"format":2,"saga":"k3fa"}"#);
    insta::assert_snapshot!(refused(&with_records(&[("000000.json", &newer)])), @r"
    exit code 3
    --- stderr
    error: the journal of run 20261120-142205-k3fa cannot be read
      because: record 0 has format 2, newer than 1, the newest this program knows
      now: daybreak does not guess what a damaged journal meant: it changed nothing
      next: restore the record from a backup of the state, if there is one
      next: what the run made carries the tag daybreak:run=20261120-142205-k3fa; list it with: aws resourcegroupstaggingapi get-resources --tag-filters Key=daybreak:run,Values=20261120-142205-k3fa
    ");
}

#[test]
fn a_missing_record() {
    insta::assert_snapshot!(refused(&with_records(&[("000001.json", &sealed("{}"))])), @r"
    exit code 3
    --- stderr
    error: record 0 of run 20261120-142205-k3fa is missing in state/runs/20261120-142205-k3fa
      now: nothing was created or changed
      next: restore the missing record from a backup of the state
    ");
}

#[test]
fn a_listing_leaves_it_out_with_a_warning() {
    let daybreak = with_records(&[("000000.json", "")]);
    insta::assert_snapshot!(daybreak.run(["runs", "--state", "state"]), @r"
    exit code 0
    --- stderr
    warning: run 20261120-142205-k3fa is left out: the journal of run 20261120-142205-k3fa cannot be read
    no runs in state
    ");
}

#[test]
fn a_state_directory_that_is_a_file() {
    let daybreak = Daybreak::new().with_file("state", "");
    insta::assert_snapshot!(daybreak.run(["runs", "--state", "state"]), @r"
    exit code 3
    --- stderr
    error: list the runs in state/runs
      because: Not a directory (os error 20)
      now: nothing was created or changed
      next: make room, or rights, there; or name another place with --state
    ");
}

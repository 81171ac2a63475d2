//! Wrong usage: exit code 2, one clear error on stderr with what to type instead, nothing on stdout, nothing created.

use std::fs;

use crate::support::Daybreak;

/// What the calls say, one after another. Every one of them must be refused as wrong usage, and leave the home empty.
fn refusals(calls: &[&[&str]]) -> String {
    let mut said = String::new();
    for call in calls {
        let daybreak = Daybreak::new();
        let ended = daybreak.run(*call);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{call:?}: {ended}");
        let left: Vec<_> = fs::read_dir(daybreak.home()).expect("read the home").collect();
        assert!(left.is_empty(), "{call:?} left {left:?}");
        let home = daybreak.home().display().to_string();
        said.push_str(&format!("$ daybreak {}\n{}\n", call.join(" "), ended.stderr.replace(&home, "~").trim_end()));
    }
    said
}

#[test]
fn arguments_that_no_command_takes() {
    insta::assert_snapshot!(refusals(&[
        &["windws"],
        &["plan", "loans"],
        &["plan", "--to", "latest"],
        &["recover"],
        &["recover", "loans", "--to", "latest", "--plan", "p.json"],
        &["recover", "loans", "--to", "latest", "--until", "tomorrow"],
        &["config"],
        &["config", "--default", "--schema"],
        &["completions", "tcsh"],
        &["runs", "--quiet", "--verbose"],
        &["runs", "--output", "yaml"],
        &["validate"],
    ]), @r"
    $ daybreak windws
    error: unrecognized subcommand 'windws'

      tip: a similar subcommand exists: 'windows'

    Usage: daybreak [OPTIONS] <COMMAND>

    For more information, try '--help'.
    $ daybreak plan loans
    error: the following required arguments were not provided:
      --to <TIME>

    Usage: daybreak plan --to <TIME> <DATABASE>

    For more information, try '--help'.
    $ daybreak plan --to latest
    error: the following required arguments were not provided:
      <DATABASE>

    Usage: daybreak plan --to <TIME> <DATABASE>

    For more information, try '--help'.
    $ daybreak recover
    error: the following required arguments were not provided:
      --to <TIME>
      <DATABASE>...

    Usage: daybreak recover --to <TIME> <DATABASE>...

    For more information, try '--help'.
    $ daybreak recover loans --to latest --plan p.json
    error: the argument '[DATABASE]...' cannot be used with '--plan <FILE>'

    Usage: daybreak recover --to <TIME> <DATABASE>...

    For more information, try '--help'.
    $ daybreak recover loans --to latest --until tomorrow
    error: invalid value 'tomorrow' for '--until <UNTIL>'
      [possible values: restored, validated, cutover]

    For more information, try '--help'.
    $ daybreak config
    error: the following required arguments were not provided:
      <--default|--schema>

    Usage: daybreak config <--default|--schema>

    For more information, try '--help'.
    $ daybreak config --default --schema
    error: the argument '--default' cannot be used with '--schema'

    Usage: daybreak config <--default|--schema>

    For more information, try '--help'.
    $ daybreak completions tcsh
    error: invalid value 'tcsh' for '<SHELL>'
      [possible values: bash, elvish, fish, powershell, zsh]

      tip: a similar value exists: 'zsh'

    For more information, try '--help'.
    $ daybreak runs --quiet --verbose
    error: the argument '--quiet' cannot be used with '--verbose'

    Usage: daybreak runs --quiet

    For more information, try '--help'.
    $ daybreak runs --output yaml
    error: invalid value 'yaml' for '--output <OUTPUT>'
      [possible values: text, json, json-lines]

    For more information, try '--help'.
    $ daybreak validate
    error: the following required arguments were not provided:
      <DATABASE>

    Usage: daybreak validate <DATABASE>

    For more information, try '--help'.
    ");
}

#[test]
fn what_only_a_terminal_or_yes_can_decide() {
    insta::assert_snapshot!(refusals(&[
        &["recover", "loans", "--to", "latest"],
        &["cutover"],
        &["rollback"],
        &["cancel"],
    ]), @r"
    $ daybreak recover loans --to latest
    error: there is no terminal to ask at, and nothing says how far to go
      now: nothing was created or changed
      next: --until restored, --until validated or --until cutover; or --yes for all of it
    $ daybreak cutover
    error: a cutover needs a decision, and there is no terminal to ask at
      now: nothing was created or changed
      next: say it beforehand: --yes
    $ daybreak rollback
    error: a rollback needs a decision, and there is no terminal to ask at
      now: nothing was created or changed
      next: say it beforehand: --yes
    $ daybreak cancel
    error: a cancel needs a decision, and there is no terminal to ask at
      now: nothing was created or changed
      next: say it beforehand: --yes
    ");
}

#[test]
fn several_databases_need_more_than_one_word() {
    insta::assert_snapshot!(refusals(&[
        &["recover", "loans", "cards", "--to", "latest"],
        &["recover", "loans", "cards", "--to", "latest", "--until", "restored"],
        &["recover", "loans", "cards", "--to", "latest", "--yes"],
        &["recover", "loans", "cards", "loans", "--to", "latest", "--yes", "--until", "restored"],
        &["resume", "--all", "--until", "validated"],
    ]), @"
    $ daybreak recover loans cards --to latest
    error: there is no terminal to ask at, and several databases to recover
      now: nothing was created or changed
      next: --yes, with --until restored, --until validated or --until cutover
    $ daybreak recover loans cards --to latest --until restored
    error: there is no terminal to ask at, and several databases to recover
      now: nothing was created or changed
      next: --yes, with --until restored, --until validated or --until cutover
    $ daybreak recover loans cards --to latest --yes
    error: with several databases, --yes alone does not say how far to go
      now: nothing was created or changed
      next: --yes --until restored, --yes --until validated or --yes --until cutover
    $ daybreak recover loans cards loans --to latest --yes --until restored
    error: loans is named twice
      now: nothing was created or changed
    $ daybreak resume --all --until validated
    error: the argument '--all' cannot be used with '--until <UNTIL>'

    Usage: daybreak resume --all [RUN]

    For more information, try '--help'.
    ");
}

#[test]
fn nothing_to_resume_is_no_error() {
    insta::assert_snapshot!(Daybreak::new().run(["resume", "--all"]), @"
    exit code 0
    --- stderr
    nothing to resume in ~/.local/state/daybreak
    ");
}

#[test]
fn runs_that_cannot_be_meant() {
    insta::assert_snapshot!(refusals(&[
        &["status", "latest"],
        &["status"],
        &["report"],
        &["resume"],
        &["cutover", "--yes"],
        &["rollback", "--yes"],
        &["cancel", "--yes"],
        &["resume", "--until", "cutover"],
    ]), @r"
    $ daybreak status latest
    error: `latest` is no run id (they look like 20261120-142205-k3fa)
      now: nothing was created or changed
      next: daybreak runs lists all runs
    $ daybreak status
    error: there is no run in ~/.local/state/daybreak
      now: nothing was created or changed
      next: daybreak runs lists all runs
    $ daybreak report
    error: there is no run in ~/.local/state/daybreak
      now: nothing was created or changed
      next: daybreak runs lists all runs
    $ daybreak resume
    error: there is no unfinished run in ~/.local/state/daybreak
      now: nothing was created or changed
      next: daybreak runs lists all runs
    $ daybreak cutover --yes
    error: there is no run waiting for its cutover in ~/.local/state/daybreak
      now: nothing was created or changed
      next: daybreak runs lists all runs
    $ daybreak rollback --yes
    error: there is no run whose cutover can be taken back in ~/.local/state/daybreak
      now: nothing was created or changed
      next: daybreak runs lists all runs
    $ daybreak cancel --yes
    error: there is no unfinished run in ~/.local/state/daybreak
      now: nothing was created or changed
      next: daybreak runs lists all runs
    $ daybreak resume --until cutover
    error: the cutover has a command of its own, which asks first
      now: nothing was created or changed
      next: daybreak cutover RUN
    ");
}

#[test]
fn options_that_do_not_go_with_the_command() {
    insta::assert_snapshot!(refusals(&[
        &["windows"],
        &["runs", "--state", "s3://Bucket/prefix"],
        &["runs", "--state", "s3://bucket"],
        &["runs", "--state", "gs://bucket/prefix"],
        &["runs", "--state", ""],
        &["validate", "--endpoint", "localhost"],
        &["validate", "--endpoint", "localhost:0"],
        &["validate", "--endpoint", "localhost:5432"],
    ]), @r#"
    $ daybreak windows
    error: there is no profile to list windows for
      now: nothing was created or changed
      next: daybreak windows CLUSTER-IDENTIFIER
      next: daybreak windows --all
    $ daybreak runs --state s3://Bucket/prefix
    error: "s3://Bucket/prefix" is no place to keep runs: a bucket's name has lower-case letters, digits, dots and hyphens only
      now: nothing was created or changed
      next: --state DIR, or --state s3://BUCKET/PREFIX
    $ daybreak runs --state s3://bucket
    error: "s3://bucket" is no place to keep runs: a prefix must follow the bucket, as in s3://BUCKET/daybreak
      now: nothing was created or changed
      next: --state DIR, or --state s3://BUCKET/PREFIX
    $ daybreak runs --state gs://bucket/prefix
    error: "gs://bucket/prefix" is no place to keep runs: it is neither a directory nor of the form s3://BUCKET/PREFIX
      now: nothing was created or changed
      next: --state DIR, or --state s3://BUCKET/PREFIX
    $ daybreak runs --state 
    error: "" is no place to keep runs: it is empty
      now: nothing was created or changed
      next: --state DIR, or --state s3://BUCKET/PREFIX
    $ daybreak validate --endpoint localhost
    error: `localhost` is no HOST:PORT
      now: nothing was created or changed
      next: --endpoint loans-db-k3fa.cluster-c1.eu-west-1.rds.amazonaws.com:5432
    $ daybreak validate --endpoint localhost:0
    error: `localhost:0` is no HOST:PORT
      now: nothing was created or changed
      next: --endpoint loans-db-k3fa.cluster-c1.eu-west-1.rds.amazonaws.com:5432
    $ daybreak validate --endpoint localhost:5432
    error: which profile's login and checks?
      now: nothing was created or changed
      next: daybreak validate DATABASE --endpoint HOST:PORT
    "#);
}

#[test]
fn where_json_is_asked_for_the_error_is_json_too() {
    insta::assert_snapshot!(Daybreak::new().run(["windows", "loans", "--output", "json-lines"]), @r#"
    exit code 2
    --- stdout
    {"error":{"message":"--output json-lines is for commands that execute a run","causes":[],"state":"nothing was created or changed","next":["--output json"],"exit_code":2}}
    --- stderr
    error: --output json-lines is for commands that execute a run
      now: nothing was created or changed
      next: --output json
    "#);
    insta::assert_snapshot!(Daybreak::new().run(["recover", "loans", "--to", "yesterday", "--yes", "--output", "json"]), @r#"
    exit code 2
    --- stdout
    {"error":{"message":"`yesterday` is not a time: write `2026-11-20T14:22:05Z`, `2026-11-20T14:22:05+02:00`, `2026-11-20 14:22:05 UTC`, `12m ago` or `latest`","causes":[],"state":"nothing was created or changed","next":["daybreak windows DATABASE shows the times that can be restored"],"exit_code":2}}
    --- stderr
    error: `yesterday` is not a time: write `2026-11-20T14:22:05Z`, `2026-11-20T14:22:05+02:00`, `2026-11-20 14:22:05 UTC`, `12m ago` or `latest`
      now: nothing was created or changed
      next: daybreak windows DATABASE shows the times that can be restored
    "#);
}

#[test]
fn a_run_that_is_not_there_is_refused_with_where_it_was_looked_for() {
    let call = ["status", "20261120-142205-k3fa", "--state", "elsewhere"];
    insta::assert_snapshot!(Daybreak::new().run(call), @r"
    exit code 3
    --- stderr
    error: there is no run 20261120-142205-k3fa in elsewhere
      now: nothing was created or changed
      next: daybreak runs lists the runs kept in this place; --state names another
    ");
}

#[test]
fn no_runs_is_no_error() {
    let daybreak = Daybreak::new();
    insta::assert_snapshot!(daybreak.run(["runs"]), @r"
    exit code 0
    --- stderr
    no runs in ~/.local/state/daybreak
    ");
    insta::assert_snapshot!(daybreak.run(["runs", "--output", "json"]), @r#"
    exit code 0
    --- stdout
    {
      "runs": []
    }
    "#);
}

#[test]
fn without_credentials_nothing_is_called() {
    let daybreak = Daybreak::new();
    insta::assert_snapshot!(daybreak.run(["windows", "loans", "--region", "eu-west-1"]), @r"
    exit code 2
    --- stderr
    error: aws credentials: none found in the environment, the AWS profile, the role of the container or instance
      because: no credentials found in chain. Attempted:
      Environment: the credential provider was not enabled: environment variable not set
      Profile: the credential provider was not enabled
      WebIdentityToken: the credential provider was not enabled: $AWS_WEB_IDENTITY_TOKEN_FILE was not set
      EcsContainer: the credential provider was not enabled: ECS provider not configured
      Ec2InstanceMetadata: the credential provider was not enabled: IMDS disabled by AWS_EC2_METADATA_DISABLED env var set to `true`
      now: nothing was created or changed
      next: set AWS_PROFILE or --profile, or log in (`aws sso login`), or export AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY
    ");
    insta::assert_snapshot!(daybreak.run(["windows", "loans", "--profile", "nobody"]), @r#"
    exit code 2
    --- stderr
    error: aws credentials: the AWS profile "nobody" gives none
      now: nothing was created or changed
      next: set AWS_PROFILE or --profile, or log in (`aws sso login`), or export AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY
    "#);
}

#[test]
fn without_a_region_that_can_be_one_nothing_is_called() {
    let daybreak = Daybreak::new().with("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE").with("AWS_SECRET_ACCESS_KEY", "secret");
    insta::assert_snapshot!(daybreak.run(["windows", "loans"]), @r"
    exit code 2
    --- stderr
    error: aws region: none is set
      now: nothing was created or changed
      next: give --region, or set AWS_REGION or a region in the AWS profile
    ");
    insta::assert_snapshot!(daybreak.run(["plan", "loans", "--to", "latest", "--region", "Ireland"]), @r#"
    exit code 2
    --- stderr
    error: aws region: "Ireland" is not the name of a region, which looks like eu-west-1
      now: nothing was created or changed
      next: give --region, or set AWS_REGION or a region in the AWS profile
    "#);
    let profile = "[databases.loans]\ncluster = \"loans-prod\"\nregion = \"eu-west\"\n";
    daybreak.write("daybreak.toml", profile);
    insta::assert_snapshot!(daybreak.run(["windows", "loans"]), @r"
    exit code 2
    --- stderr
    error: ~/daybreak.toml has a fault:
      ~/daybreak.toml:3: databases.loans.region: `eu-west` is not the name of an AWS region, such as `eu-west-1`
      now: nothing was created or changed
      next: `daybreak config --default` prints every setting with its explanation
    ");
}

#[test]
fn without_a_home_the_state_directory_must_be_named() {
    let daybreak = Daybreak::new().with("HOME", "");
    insta::assert_snapshot!(daybreak.run(["runs"]), @r"
    exit code 2
    --- stderr
    error: there is no place to keep the run's state: HOME is not set
      now: nothing was created or changed
      next: --state DIR
    ");
}

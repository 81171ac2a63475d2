//! Help and version.

use crate::support::Daybreak;

/// Every command.
pub(crate) const COMMANDS: [&str; 16] = [
    "windows",
    "capture",
    "plan",
    "recover",
    "promote",
    "cutover",
    "rollback",
    "status",
    "resume",
    "cancel",
    "runs",
    "validate",
    "report",
    "cleanup",
    "config",
    "completions",
];

#[test]
fn help_lists_the_commands_and_the_exit_codes() {
    insta::assert_snapshot!(Daybreak::new().run(["--help"]), @r"
    exit code 0
    --- stdout
    Bring a broken Aurora PostgreSQL database back: restore, prove, cut over, undo

    Usage: daybreak [OPTIONS] <COMMAND>

    Commands:
      windows      Show what can be restored, from where, to when
      capture      Keep the configuration of a database, for the day on which it can no longer be
                   described
      plan         Show what a recovery would do, and save it as a plan file
      recover      Recover a database: plan, confirm, restore, prove, cut over, watch
      promote      Make a replica, a reader or a secondary region the primary
      cutover      Move the application to a proven recovery
      rollback     Move the application back to where it was before the cutover
      status       Show where a run is and what can be done next
      resume       Go on with a run that was interrupted or is stuck
      cancel       Take back all that a run made; the application must not be on it
      runs         List all runs
      validate     Prove the data of a database that is there: its cluster, or another endpoint
      report       Print the evidence of a run
      cleanup      List what earlier runs left and what it costs; remove what is confirmed
      config       Print the default configuration or its JSON Schema
      completions  Print a completion script for a shell
      help         Print this message or the help of the given subcommand(s)

    Options:
      -h, --help
              Print help (see a summary with '-h')

      -V, --version
              Print version

    Global options:
          --config <FILE>
              Configuration file [default: ./daybreak.toml, then daybreak/daybreak.toml in the XDG
              configuration directory]

          --state <DIR|s3://BUCKET/PREFIX>
              Where the journals of runs are kept [default: the directory daybreak in the XDG state
              directory]

              [env: DAYBREAK_STATE=]

          --region <REGION>
              AWS region, before those of the profile, the environment and the AWS configuration

          --profile <PROFILE>
              AWS profile

          --ca-bundle <FILE>
              RDS certificate bundle (PEM) to trust where the profile names none

              [env: DAYBREAK_CA_BUNDLE=]

          --output <OUTPUT>
              Form of the result on stdout

              Possible values:
              - text:       For people
              - json:       One JSON document
              - json-lines: One JSON event a line, while it happens (recover and the commands that go on
                with a run)

              [default: text]

      -q, --quiet
              Say only what failed

      -v, --verbose
              Say more

      -y, --yes
              Ask nothing

    Exit codes:
      0  done
      1  failed, and everything undone
      2  wrong usage or configuration
      3  refused by a precondition; nothing changed
      4  stuck: a person is needed; what exists and the next command are printed
      5  interrupted; daybreak resume goes on
    ");
}

#[test]
fn without_a_command_the_help_is_an_error() {
    let (bare, help) = (Daybreak::new().run([""; 0]), Daybreak::new().run(["-h"]));
    assert_eq!((bare.code, help.code), (Some(2), Some(0)));
    assert_eq!((bare.stdout.as_str(), help.stderr.as_str()), ("", ""));
    assert_eq!(bare.stderr, help.stdout);
}

#[test]
fn each_command_says_what_it_takes() {
    let mut helps = String::new();
    for command in COMMANDS {
        let help = Daybreak::new().run([command, "--help"]);
        assert_eq!((help.code, help.stderr.as_str()), (Some(0), ""), "{command}");
        let (own, global) = help.stdout.split_once("\nGlobal options:").expect("global options come last");
        assert!(
            global.contains("--state <DIR|s3://BUCKET/PREFIX>") && global.contains("--output <OUTPUT>"),
            "{command}: {global}"
        );
        let own = own.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
        helps.push_str(&format!("$ daybreak {command} --help\n{own}\n"));
    }
    insta::assert_snapshot!(helps, @r"
    $ daybreak windows --help
    Show what can be restored, from where, to when

    Usage: daybreak windows [OPTIONS] [DATABASE]

    Arguments:
      [DATABASE]
              Profile in daybreak.toml, or cluster or instance identifier [default: all profiles]

    Options:
          --all
              Every database that is or was in the region, as far as it can be seen

          --regions <REGION>
              More regions to look in, separated by commas

          --to <TIME>
              Time to restore to: RFC 3339, `2026-11-20 14:22:05 UTC`, `12m ago` or `latest` [default:
              latest]

      -h, --help
              Print help (see a summary with '-h')
    $ daybreak capture --help
    Keep the configuration of a database, for the day on which it can no longer be described

    Usage: daybreak capture [OPTIONS] [DATABASE]

    Arguments:
      [DATABASE]
              Profile in daybreak.toml, or cluster or instance identifier

    Options:
          --all
              Every Aurora PostgreSQL cluster and PostgreSQL instance of the region

      -h, --help
              Print help (see a summary with '-h')
    $ daybreak plan --help
    Show what a recovery would do, and save it as a plan file

    Usage: daybreak plan [OPTIONS] --to <TIME> <DATABASE>

    Arguments:
      <DATABASE>
              Profile in daybreak.toml, or cluster or instance identifier

    Options:
          --to <TIME>
              Time to restore to: RFC 3339, `2026-11-20 14:22:05 UTC`, `12m ago` or `latest`; of a clone
              `now`

          --from <NAME|ARN>
              Restore from this: the name, ARN or resource id of a window that `daybreak windows` shows
              [default: what loses least]

          --into <REGION>
              Make the target in this region; a snapshot is copied there first

          --as-before
              Give the target the name of the source, which does not exist any more, so that its
              endpoints return

          --clone
              Clone the present by copy-on-write, to look at it; goes with `--to now`, and the
              application is never moved to it

          --until <UNTIL>
              How far the plan is meant to go; it is checked that it can

              Possible values:
              - restored:  The target exists, with its writer
              - validated: The data has been proven
              - cutover:   The application has been moved

          --save <FILE>
              Where the plan is saved [default: RUN.plan.json]

      -h, --help
              Print help (see a summary with '-h')
    $ daybreak recover --help
    Recover a database: plan, confirm, restore, prove, cut over, watch

    Usage: daybreak recover [OPTIONS] [DATABASE]...

    Arguments:
      [DATABASE]...
              Profile in daybreak.toml, or cluster or instance identifier; several are recovered side by
              side

    Options:
          --to <TIME>
              Time to restore to: RFC 3339, `2026-11-20 14:22:05 UTC`, `12m ago` or `latest`; of a clone
              `now`

          --from <NAME|ARN>
              Restore from this: the name, ARN or resource id of a window that `daybreak windows` shows
              [default: what loses least]

          --into <REGION>
              Make the target in this region; a snapshot is copied there first

          --as-before
              Give the target the name of the source, which does not exist any more, so that its
              endpoints return

          --clone
              Clone the present by copy-on-write, to look at it; goes with `--to now`, and the
              application is never moved to it

          --plan <FILE>
              Execute this plan file, exactly as it is

          --until <UNTIL>
              How far to go without asking again [default: validated, then ask; with --yes: cutover]

              Possible values:
              - restored:  The target exists, with its writer
              - validated: The data has been proven
              - cutover:   The application has been moved

      -h, --help
              Print help (see a summary with '-h')
    $ daybreak promote --help
    Make a replica, a reader or a secondary region the primary

    Usage: daybreak promote [OPTIONS] <DATABASE>

    Arguments:
      <DATABASE>
              Profile in daybreak.toml, or identifier of the cluster or instance that is the primary now

    Options:
          --to-replica <NAME|ARN>
              The replica, reader or secondary to promote, by name or ARN [default: the only one]

          --to-region <REGION>
              The region to promote in [default: that of the only candidate]

          --switchover
              Of a global database: swap the roles, without loss; both regions must be healthy

          --failover
              Of a global database: fail over without waiting for the primary; needs --allow-data-loss

          --detach
              Of a global database: take the secondary out of it, for good, as a primary of its own

          --allow-data-loss[=<SECONDS>]
              Lose what the target lacks: the measured lag is asked for; unattended, up to SECONDS, or
              `unmeasured` where it cannot be measured

          --old-primary-keeps-writing
              Accept that the old primary goes on taking writes that reach nobody else

          --until <UNTIL>
              How far to go [default: cutover, after one question]

              Possible values:
              - restored:  The target exists, with its writer
              - validated: The data has been proven
              - cutover:   The application has been moved

          --save <FILE>
              Change nothing: save the plan to this file, for daybreak recover --plan FILE

      -h, --help
              Print help (see a summary with '-h')
    $ daybreak cutover --help
    Move the application to a proven recovery

    Usage: daybreak cutover [OPTIONS] [RUN]

    Arguments:
      [RUN]
              The run [default: the only one that stopped before its cutover]

    Options:
      -h, --help
              Print help (see a summary with '-h')
    $ daybreak rollback --help
    Move the application back to where it was before the cutover

    Usage: daybreak rollback [OPTIONS] [RUN]

    Arguments:
      [RUN]
              The run [default: the only one whose cutover can be taken back]

    Options:
          --accept-loss <CHANGES|unknown>
              Give up what was written to the target since the cutover: so many changes of rows at most,
              or `unknown` where they cannot be counted. Without it a rollback that gives anything up is
              refused, and says how much

      -h, --help
              Print help (see a summary with '-h')
    $ daybreak status --help
    Show where a run is and what can be done next

    Usage: daybreak status [OPTIONS] [RUN]

    Arguments:
      [RUN]
              The run [default: the only unfinished one, else the latest]

    Options:
      -h, --help
              Print help (see a summary with '-h')
    $ daybreak resume --help
    Go on with a run that was interrupted or is stuck

    Usage: daybreak resume [OPTIONS] [RUN]

    Arguments:
      [RUN]
              The run [default: the only unfinished one]

    Options:
          --until <UNTIL>
              Go further than the run was allowed before; the cutover has its own command

              Possible values:
              - restored:  The target exists, with its writer
              - validated: The data has been proven
              - cutover:   The application has been moved

          --all
              Go on with every run that was interrupted, side by side; not with those that stopped or
              are stuck

      -h, --help
              Print help (see a summary with '-h')
    $ daybreak cancel --help
    Take back all that a run made; the application must not be on it

    Usage: daybreak cancel [OPTIONS] [RUN]

    Arguments:
      [RUN]
              The run [default: the only unfinished one]

    Options:
          --no-final-snapshot
              Keep no final snapshot of a target that the application may have written to

      -h, --help
              Print help (see a summary with '-h')
    $ daybreak runs --help
    List all runs

    Usage: daybreak runs [OPTIONS]

    Options:
      -h, --help
              Print help (see a summary with '-h')
    $ daybreak validate --help
    Prove the data of a database that is there: its cluster, or another endpoint

    Usage: daybreak validate [OPTIONS] [DATABASE]

    Arguments:
      [DATABASE]
              Profile in daybreak.toml [default: the only one, with --endpoint]

    Options:
          --endpoint <HOST:PORT>
              Prove this server with the profile's login and checks

      -h, --help
              Print help (see a summary with '-h')
    $ daybreak report --help
    Print the evidence of a run

    Usage: daybreak report [OPTIONS] [RUN]

    Arguments:
      [RUN]
              The run [default: the only unfinished one, else the latest]

    Options:
          --terraform
              Print what keeps a Terraform configuration from destroying the target, from the journal
              alone

          --terraform-state <FILE>
              Output of `terraform show -json` or `terraform state pull`, which tells the addresses

          --terraform-address <ADDRESS=IDENTIFIER>
              Where the configuration has the source or an instance of it, such as
              `aws_rds_cluster.loans=loans-prod`

          --ledger <FORM>
              Print the rows that one side was written and the other lacks, from the databases: of the
              side that the application does without now

              Possible values:
              - json-lines: One JSON object a line: each row, then each table's counts, and what cannot
                be told
              - sql:        INSERT statements of the rows; the rest in comments

          --side <SIDE>
              The side to print

              Possible values:
              - source: What the source was written after the point recovered to
              - target: What the target was written since the application was moved to it

      -h, --help
              Print help (see a summary with '-h')
    $ daybreak cleanup --help
    List what earlier runs left and what it costs; remove what is confirmed

    Usage: daybreak cleanup [OPTIONS]

    Options:
          --remove <CLUSTER|RUN>...
              Remove this: a cluster, or a run whose target it is; asks about each, unless --yes

          --no-final-snapshot
              Keep no final snapshot of what is removed

      -h, --help
              Print help (see a summary with '-h')
    $ daybreak config --help
    Print the default configuration or its JSON Schema

    Usage: daybreak config [OPTIONS] <--default|--schema>

    Options:
          --default
              Print the commented default daybreak.toml

          --schema
              Print the JSON Schema of daybreak.toml

      -h, --help
              Print help (see a summary with '-h')
    $ daybreak completions --help
    Print a completion script for a shell

    Usage: daybreak completions [OPTIONS] <SHELL>

    Arguments:
      <SHELL>
              The shell

              [possible values: bash, elvish, fish, powershell, zsh]

    Options:
      -h, --help
              Print help (see a summary with '-h')
    ");
}

#[test]
fn the_version_is_the_packages() {
    let version = Daybreak::new().run(["--version"]);
    assert_eq!((version.code, version.stdout), (Some(0), format!("daybreak {}\n", env!("CARGO_PKG_VERSION"))));
}

/// A hint that names a command which does not exist helps nobody. A command is followed by a run, a database or an option.
#[test]
fn every_command_that_the_source_names_exists() {
    let mut open = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut named = std::collections::BTreeSet::new();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(path).unwrap().flatten().map(|entry| entry.path()));
            continue;
        }
        for part in std::fs::read_to_string(path).unwrap().split("daybreak ").skip(1) {
            let (command, rest) = part.split_once(' ').unwrap_or((part, ""));
            let literal = command.chars().all(|letter| letter.is_ascii_lowercase());
            if literal && ["{", "RUN", "DATABASE", "--"].iter().any(|argument| rest.starts_with(argument)) {
                named.insert(command.to_owned());
            }
        }
    }
    assert!(named.len() >= 7, "{named:?}");
    let unknown: Vec<&String> = named.iter().filter(|command| !COMMANDS.contains(&command.as_str())).collect();
    assert_eq!(unknown, Vec::<&String>::new());
}

//! Completion scripts, tried in a shell.

use std::process::Command;

use crate::{help::COMMANDS, support::Daybreak};

/// What bash offers for the last of `words`, with the script sourced.
fn offered(script: &str, words: &[&str]) -> Vec<String> {
    let words_list = words.join(" ");
    let (current, previous) = (words.len() - 1, words[words.len() - 2]);
    let last = words[words.len() - 1];
    let ask = format!(
        "{script}\nCOMP_WORDS=({words_list} '')\nCOMP_CWORD={current}\nCOMPREPLY=()\n\
         _daybreak daybreak '{last}' '{previous}'\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"\n"
    );
    let output = Command::new("bash").args(["--norc", "-c", &ask]).env_clear().output().expect("start bash");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

#[test]
fn bash_completes_commands_options_and_values() {
    let script = Daybreak::new().run(["completions", "bash"]).stdout;
    let commands = offered(&script, &["daybreak", "r"]);
    assert_eq!(commands, ["recover", "rollback", "resume", "runs", "report"]);
    assert!(offered(&script, &["daybreak", "recover", "--un"]).contains(&"--until".to_owned()));
    assert_eq!(offered(&script, &["daybreak", "recover", "--until", ""]), ["restored", "validated", "cutover"]);
}

#[test]
fn every_shell_gets_every_command() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let ended = Daybreak::new().run(["completions", shell]);
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{shell}");
        for command in COMMANDS {
            assert!(ended.stdout.contains(command), "{shell} lacks {command}");
        }
    }
}

//! Asking the person, where there is one.

use tokio::io::{AsyncBufReadExt, BufReader};

use super::{desk::Desk, error::CliError, host::Signals};

/// How a question was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Yes,
    No,
}

/// Asks for a yes; anything else is a no.
pub(super) async fn yes(desk: &Desk, signals: &Signals, question: &str) -> Result<Answer, CliError> {
    let line = ask(desk, signals, &format!("{question} [y/N] ")).await?;
    Ok(if matches!(line.as_str(), "y" | "Y" | "yes" | "YES") { Answer::Yes } else { Answer::No })
}

/// Asks for the database's name, typed: the one question that moves production.
pub(super) async fn typed(desk: &Desk, signals: &Signals, question: &str, name: &str) -> Result<Answer, CliError> {
    let line =
        ask(desk, signals, &format!("{question}\nType the database's name ({name}) to go on, anything else to stop: "))
            .await?;
    Ok(if line == name { Answer::Yes } else { Answer::No })
}

/// One line from stdin; end of file, a signal and what cannot be read are empty answers, which are a no to every question.
async fn ask(desk: &Desk, signals: &Signals, prompt: &str) -> Result<String, CliError> {
    desk.printer.prompt(prompt);
    let mut line = String::new();
    let mut stdin = BufReader::new(tokio::io::stdin());
    tokio::select! {
        read = stdin.read_line(&mut line) => {
            if read.is_err() {
                line.clear();
            }
        }
        () = signals.interrupt.raised() => line.clear(),
    }
    Ok(line.trim().to_owned())
}

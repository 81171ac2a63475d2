//! Asking the person, where there is one.

use tokio::io::{AsyncBufReadExt, BufReader};

use super::{desk::Desk, error::CliError, host::Signals};
use crate::ui::words::flow;

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

/// Asks for the figure of a loss, typed.
pub(super) async fn loss(desk: &Desk, signals: &Signals, question: &str, figure: &str) -> Result<Answer, CliError> {
    let asked = match figure {
        "unmeasured" => "The loss could not be measured. Type `unmeasured` to accept it whatever it is".to_owned(),
        seconds => format!("Type the number of seconds that are lost ({seconds}) to accept it"),
    };
    let line = ask(desk, signals, &format!("{question}\n{asked}, anything else to stop: ")).await?;
    Ok(if line == figure { Answer::Yes } else { Answer::No })
}

/// Asks for a target's name, typed: the one question after which data goes.
pub(super) async fn removal(desk: &Desk, signals: &Signals, question: &str, name: &str) -> Result<Answer, CliError> {
    let line =
        ask(desk, signals, &format!("{question}\nType its name ({name}) to remove it, anything else to keep it: "))
            .await?;
    Ok(if line == name { Answer::Yes } else { Answer::No })
}

/// One line from stdin; end of file, a signal and what cannot be read are empty answers, which are a no to every question.
async fn ask(desk: &Desk, signals: &Signals, prompt: &str) -> Result<String, CliError> {
    desk.printer.prompt(&wrapped(prompt, desk.printer.terminal().width));
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

/// `prompt` in lines of at most `columns`, so that no name is broken where the terminal ends; the cursor stays behind it.
fn wrapped(prompt: &str, columns: usize) -> String {
    let lines: Vec<String> = prompt.lines().flat_map(|line| flow(line, columns)).collect();
    format!("{} ", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_broken_between_words_and_ends_with_a_space() {
        assert_eq!(wrapped("\nloans as of noon.\nGo on? [y/N] ", 12), "\nloans as of\nnoon.\nGo on? [y/N] ");
    }
}

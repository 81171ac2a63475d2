//! The display for pipes, CI and logs: one line to stderr for each record, and for each change of what is waited for.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;

use super::{
    checked,
    history::{Line, Narrator},
    printer::Printer,
    theme::Tone,
    words::clean,
};
use crate::{
    moment::in_words,
    run::{
        clock::{Clock, elapsed},
        event::{Event, Listener},
        journal::History,
        step::StepId,
    },
    steps::step::Step,
};

/// How long an unchanged wait stays unmentioned.
const REMINDER: Duration = Duration::from_secs(60);

/// Writes lines with the time in UTC; when the printer is quiet, failures only.
pub struct LineDisplay {
    printer: Arc<Printer>,
    clock: Arc<dyn Clock>,
    /// What every line begins with, behind its time.
    prefix: String,
    narrator: Mutex<Narrator>,
    last: Mutex<Repeats>,
}

impl LineDisplay {
    /// A display that goes on after `history`, which it does not tell again.
    #[must_use]
    pub fn new(printer: Arc<Printer>, clock: Arc<dyn Clock>, history: &History<Step>) -> Self {
        let mut narrator = Narrator::new(&history.state.plan);
        for record in &history.records {
            narrator.tell(record);
        }
        let last = Mutex::new(Repeats::default());
        Self { printer, clock, prefix: String::new(), narrator: Mutex::new(narrator), last }
    }

    /// The same among several: each line says that it is about `name`.
    #[must_use]
    pub fn about(self, name: &str) -> Self {
        Self { prefix: format!("{}: ", clean(name)), ..self }
    }

    fn write(&self, line: &Line) {
        let theme = self.printer.err();
        let time = theme.paint(Tone::Quiet, &line.at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
        let text = format!("{time} {}{}", self.prefix, theme.paint(line.tone, &line.sentence()));
        match line.tone {
            Tone::Bad => self.printer.plain(&text),
            _ => self.printer.status(&text),
        }
    }

    fn now(&self, step: &StepId, tone: Tone, text: String) {
        self.write(&Line { at: self.clock.now(), step: Some(step.clone()), tone, text });
    }

    /// Whether `words` about `step` are news, or old enough to be said again.
    fn is_due(&self, step: &StepId, words: &str) -> bool {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).is_due(step, words, self.clock.now())
    }
}

impl Listener<Step> for LineDisplay {
    fn on(&self, event: &Event<'_, Step>) {
        match event {
            Event::Recorded { record } => {
                let lines = self.narrator.lock().unwrap_or_else(PoisonError::into_inner).tell(record);
                lines.iter().for_each(|line| self.write(line));
            }
            Event::Acting { step } => {
                let time = self.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ");
                self.printer.detail(&format!("{time} {}{step}: acting", self.prefix));
            }
            // What is looked at again at once is no wait.
            Event::Waiting { wait, .. } if wait.again_in == Some(Duration::ZERO) => {}
            Event::Waiting { step, wait, waited_seconds } => {
                let words = wait.words();
                if self.is_due(step, &words) {
                    let waited = Duration::try_from_secs_f64(*waited_seconds).unwrap_or_default();
                    let so_far = if waited < Duration::from_secs(1) {
                        String::new()
                    } else {
                        format!(" ({} so far)", in_words(Duration::from_secs(waited.as_secs())))
                    };
                    self.now(step, Tone::Plain, format!("{}{so_far}", clean(&words)));
                }
            }
            Event::Retrying { step, error } => {
                if self.is_due(step, error) {
                    self.now(step, Tone::Caution, format!("trying again: {}", clean(error)));
                }
            }
            Event::Checked { step, check } => {
                let (tone, text) = checked::line(check);
                self.now(step, tone, text);
            }
        }
    }
}

/// What was said last about a wait.
#[derive(Default)]
pub(super) struct Repeats(Option<(StepId, String, Timestamp)>);

impl Repeats {
    /// Whether `words` about `step` are to be said at `now`; if so, they count as said. Numbers count down and percentages
    /// count up without being news.
    pub(super) fn is_due(&mut self, step: &StepId, words: &str, now: Timestamp) -> bool {
        let gist = gist(words);
        if let Some((of, said, at)) = &self.0
            && of == step
            && *said == gist
            && elapsed(*at, now) < REMINDER
        {
            return false;
        }
        self.0 = Some((step.clone(), gist, now));
        true
    }
}

/// The words with numbers and spans made alike: `watching for 4 min 55 s more` is `watching for # more`.
fn gist(words: &str) -> String {
    let mut gist: Vec<&str> = Vec::new();
    for word in words.split(' ') {
        let after_number = gist.last() == Some(&"#");
        if word.starts_with(|c: char| c.is_ascii_digit()) {
            if !after_number {
                gist.push("#");
            }
        } else if !(after_number && matches!(word, "s" | "min" | "h" | "day" | "days")) {
            gist.push(word);
        }
    }
    gist.join(" ")
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;
    use crate::{
        run::{
            event::{Checked, Verdict},
            record::Entry,
            step::Waiting,
        },
        ui::testing::{HandClock, Screen, Story, terminal},
    };

    struct Stage {
        display: LineDisplay,
        err: Screen,
        clock: Arc<HandClock>,
    }

    fn stage(quiet: bool, history: &History<Step>) -> Stage {
        let (err, clock) = (Screen::default(), HandClock::at(0));
        let printer = Printer::with(quiet, false, terminal(80), Box::new(io::sink()), Box::new(err.clone()));
        Stage { display: LineDisplay::new(Arc::new(printer), clock.clone(), history), err, clock }
    }

    impl Stage {
        fn wait(&self, seconds: i64, on: &str) {
            self.clock.set(seconds);
            let step = StepId::from("restore-cluster");
            self.display.on(&Event::Waiting { step: &step, wait: &Waiting::on(on), waited_seconds: seconds as f64 });
        }

        fn replay(&self, history: &History<Step>) {
            for record in &history.records[1..] {
                self.display.on(&Event::Recorded { record });
            }
        }
    }

    #[test]
    fn a_wait_is_told_when_it_changes_and_once_a_minute() {
        let stage = stage(false, &Story::begun().history());
        for second in 0..130 {
            stage.wait(second, &format!("cluster loans-db-k3fa is creating, {second} %"));
        }
        stage.wait(130, "cluster loans-db-k3fa is backing-up");
        insta::assert_snapshot!(stage.err.text(), @"
        2026-11-20T15:00:00Z restore-cluster: cluster loans-db-k3fa is creating, 0 %
        2026-11-20T15:01:00Z restore-cluster: cluster loans-db-k3fa is creating, 60 % (1 min so far)
        2026-11-20T15:02:00Z restore-cluster: cluster loans-db-k3fa is creating, 120 % (2 min so far)
        2026-11-20T15:02:10Z restore-cluster: cluster loans-db-k3fa is backing-up (2 min 10 s so far)
        ");
    }

    #[test]
    fn what_is_looked_at_again_at_once_is_not_told() {
        let stage = stage(false, &Story::begun().history());
        let wait = Waiting::on("the proof to be judged").again_in(Duration::ZERO);
        stage.display.on(&Event::Waiting { step: &StepId::from("prove"), wait: &wait, waited_seconds: 0.0 });
        assert_eq!(stage.err.text(), "");
    }

    #[test]
    fn a_span_that_runs_out_is_no_news() {
        for left in ["5 min", "4 min 55 s", "4 min", "55 s", "5 s"] {
            assert_eq!(gist(&format!("probes pass; watching for {left} more")), "probes pass; watching for # more");
        }
        assert_ne!(gist("cluster a is creating"), gist("cluster a is available"));
    }

    #[test]
    fn retries_and_check_results_are_told() {
        let stage = stage(false, &Story::begun().history());
        let step = StepId::from("prove");
        for _ in 0..3 {
            stage.display.on(&Event::Retrying { step: &step, error: "connect to x: timed out" });
        }
        for (name, verdict, answer) in
            [("writer", Verdict::Passed, ""), ("loans exist", Verdict::Failed, "found \u{1b}[2J17")]
        {
            let check = Checked { name: name.to_owned(), verdict, answer: answer.to_owned() };
            stage.display.on(&Event::Checked { step: &step, check: &check });
        }
        insta::assert_snapshot!(stage.err.text(), @r"
        2026-11-20T15:00:00Z prove: trying again: connect to x: timed out
        2026-11-20T15:00:00Z prove: passed    writer
        2026-11-20T15:00:00Z prove: FAILED    loans exist: found �[2J17
        ");
    }

    #[test]
    fn a_resumed_run_is_told_from_where_it_was() {
        let before = Story::begun().then(1, Story::started("restore-cluster")).history();
        let stage = stage(false, &before);
        let after = Story::begun()
            .then(1, Story::started("restore-cluster"))
            .then(61, Story::finished("restore-cluster"))
            .history();
        stage.display.on(&Event::Recorded { record: &after.records[2] });
        assert_eq!(stage.err.text(), "2026-11-20T15:01:01Z restore-cluster: done after 1 min\n");
    }

    #[test]
    fn among_several_each_line_says_which_run_it_is_about() {
        let history = Story::begun().then(1, Story::started("restore-cluster")).history();
        let Stage { display, err, clock } = stage(false, &Story::begun().history());
        let stage = Stage { display: display.about("loans"), err, clock };
        stage.replay(&history);
        stage.wait(5, "cluster loans-db-k3fa is creating");
        insta::assert_snapshot!(stage.err.text(), @"
        2026-11-20T15:00:01Z loans: restore-cluster: restore into a new cluster loanserve-prod-aurora-db-k3fa
        2026-11-20T15:00:05Z loans: restore-cluster: cluster loans-db-k3fa is creating (5 s so far)
        ");
    }

    #[test]
    fn quiet_tells_failures_only() {
        let history = Story::stuck_back().history();
        let stage = stage(true, &history);
        stage.wait(5, "cluster loans-db-k3fa is creating");
        stage.replay(&history);
        insta::assert_snapshot!(stage.err.text(), @"
        2026-11-20T15:14:45Z watch: FAILED after 22 s: watch the application: 3 of 3 probe rounds in a row failed
        2026-11-20T15:14:46Z move-secret: NOT TAKEN BACK after 1 s: move secret prod/loans/db back to version v-before: secretsmanager UpdateSecretVersionStage: AccessDenied: request id 7d1c
        2026-11-20T15:14:46Z stuck: a person is needed
        ");
    }

    #[test]
    fn the_end_is_told() {
        let history = Story::undone_restore().history();
        assert!(matches!(history.records.last().map(|record| &record.entry), Some(Entry::Ended { .. })));
        let stage = stage(false, &history);
        stage.replay(&history);
        let text = stage.err.text();
        assert_eq!(text.lines().last(), Some("2026-11-20T15:07:10Z undone: nothing that the run made is left"));
    }
}

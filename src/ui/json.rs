//! A run's events as JSON lines on stdout: one event a line, as it happens.

use std::sync::Arc;

use serde::Serialize;

use super::printer::Printer;
use crate::{
    run::{
        event::{Event, Listener},
        id::RunId,
    },
    steps::step::Step,
};

/// Writes each event as one line of JSON.
pub struct JsonLines {
    printer: Arc<Printer>,
    run: Option<RunId>,
}

/// An event among those of several runs.
#[derive(Serialize)]
struct Of<'a> {
    #[serde(flatten)]
    event: &'a Event<'a, Step>,
    run: &'a RunId,
}

impl JsonLines {
    /// Writes through `printer`, to stdout.
    #[must_use]
    pub fn new(printer: Arc<Printer>) -> Self {
        Self { printer, run: None }
    }

    /// The same among several: each event says that it is of `run`.
    #[must_use]
    pub fn of(self, run: RunId) -> Self {
        Self { run: Some(run), ..self }
    }
}

impl Listener<Step> for JsonLines {
    fn on(&self, event: &Event<'_, Step>) {
        // Events are made of strings, numbers and what was read from JSON: serialization cannot fail.
        let line = match &self.run {
            Some(run) => serde_json::to_string(&Of { event, run }),
            None => serde_json::to_string(event),
        };
        if let Ok(line) = line {
            self.printer.result(&line);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;
    use crate::{
        run::{
            event::{Checked, Verdict},
            step::{StepId, Waiting},
        },
        ui::testing::{Screen, Story, terminal},
    };

    #[test]
    fn every_event_is_one_line_with_its_name_first() {
        let out = Screen::default();
        let printer = Printer::with(true, false, terminal(40), Box::new(out.clone()), Box::new(io::sink()));
        let json = JsonLines::new(Arc::new(printer));
        let history = Story::begun().then(3, Story::started("restore-cluster")).history();
        for record in &history.records {
            json.on(&Event::Recorded { record });
        }
        let step = StepId::from("restore-cluster");
        json.on(&Event::Waiting { step: &step, wait: &Waiting::on("a\nbreak"), waited_seconds: 1.5 });
        json.on(&Event::Retrying { step: &step, error: "throttled" });
        let check = Checked { name: "loans".to_owned(), verdict: Verdict::Failed, answer: "found 17".to_owned() };
        json.on(&Event::Checked { step: &step, check: &check });

        let text = out.text();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 5);
        assert!(
            lines[0]
                .starts_with(r#"{"event":"recorded","record":{"format":1,"run":"20261120-150000-k3fa","number":0,"#)
        );
        assert_eq!(
            lines[1..],
            [
                r#"{"event":"recorded","record":{"format":1,"run":"20261120-150000-k3fa","number":1,"at":"2026-11-20T15:00:03Z","previous":null,"entry":{"event":"started","step":"restore-cluster"}}}"#,
                r#"{"event":"waiting","step":"restore-cluster","wait":{"on":"a\nbreak"},"waited_seconds":1.5}"#,
                r#"{"event":"retrying","step":"restore-cluster","error":"throttled"}"#,
                r#"{"event":"checked","step":"restore-cluster","check":{"name":"loans","verdict":"failed","answer":"found 17"}}"#,
            ]
        );
    }

    #[test]
    fn among_several_each_event_says_which_run_it_is_of() {
        let out = Screen::default();
        let printer = Printer::with(true, false, terminal(40), Box::new(out.clone()), Box::new(io::sink()));
        let history = Story::begun().history();
        let json = JsonLines::new(Arc::new(printer)).of(history.state.plan.run.clone());
        json.on(&Event::Acting { step: &StepId::from("restore-cluster") });
        assert_eq!(
            out.text(),
            "{\"event\":\"acting\",\"step\":\"restore-cluster\",\"run\":\"20261120-150000-k3fa\"}\n"
        );
    }
}

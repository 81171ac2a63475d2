//! The ledger as the journal has it: what each side was written that the other lacks, and whether the application, where it is
//! now, lacks it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::application::{Application, application};
use crate::{
    moment::show,
    pg::ledger::{Account, Changes, Entry as TableEntry, Mark},
    run::{journal::History, record::Entry, state::RunState, step::Forgone},
    steps::{
        ledger::{close, close::CloseLedger, open, open::OpenLedger, words},
        step::Step,
    },
    ui::{page::Page, theme::Tone, words::clean},
};

/// Both sides, as far as they are known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LedgerResult {
    /// What the source was written after the point recovered to.
    pub source: Option<SideResult>,
    /// What the target was written between the switch and the way back.
    pub target: Option<SideResult>,
}

/// One side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SideResult {
    /// The side's name.
    pub database: String,
    /// Whether the application, where it is by the journal, does without it.
    pub given_up: bool,
    /// All changes that were counted, committed or not; null where they were not counted.
    pub counted: Option<Changes>,
    /// How many rows are there that were written in that time.
    pub rows: Option<u64>,
    /// Of how many more it is not known whether they were.
    pub doubtful: u64,
    /// Each table, and what the account leaves out.
    pub account: Option<Account>,
    /// Why there is no account.
    pub unknown: Option<String>,
}

impl LedgerResult {
    /// Reads it from a journal; none where nothing is known yet.
    #[must_use]
    pub fn of(history: &History<Step>) -> Option<Self> {
        let place = application(&history.state);
        let (mut source, mut target) = (None, None);
        for record in &history.records {
            match &record.entry {
                Entry::Finished { step, output } if step.0 == close::ID => source = Some(read(output)),
                Entry::Noted { step, note } if step.0 == open::ID => target = account(note).map(Ok).or(target),
                // A way back ends what the source had given up, and the next switch what the target had.
                Entry::Finished { step, .. } if step.0 == open::ID => target = None,
                _ => {}
            }
        }
        let brief = &history.state.plan.brief;
        let side = |database: &str, given_up, told| SideResult::of(database, given_up, told);
        let ledger = Self {
            source: source.map(|told| side(&brief.source.identifier, place == Application::OnTarget, told)),
            target: target.map(|told| side(&brief.target.identifier, place == Application::OnSource, told)),
        };
        (ledger != Self::default()).then_some(ledger)
    }

    /// The sides in the order in which they were written.
    pub fn sides(&self) -> impl Iterator<Item = &SideResult> {
        self.source.iter().chain(&self.target)
    }
}

impl SideResult {
    fn of(database: &str, given_up: bool, told: Result<Account, String>) -> Self {
        let database = database.to_owned();
        match told {
            Ok(account) => Self {
                database,
                given_up,
                counted: account.counted(),
                rows: Some(account.rows()),
                doubtful: account.doubtful(),
                account: Some(account),
                unknown: None,
            },
            Err(why) => {
                Self { database, given_up, counted: None, rows: None, doubtful: 0, account: None, unknown: Some(why) }
            }
        }
    }

    /// The side in a sentence.
    #[must_use]
    pub fn words(&self) -> String {
        let told = match (&self.account, &self.unknown) {
            (Some(account), _) => words(account),
            (None, why) => format!("NOT KNOWN: {}", why.as_deref().unwrap_or_default()),
        };
        let given_up = if self.given_up { "given up" } else { "not given up" };
        clean(&format!("{given_up} of {}: {told}", self.database))
    }
}

fn account(value: &Value) -> Option<Account> {
    serde_json::from_value(value.clone()).ok()
}

fn read(output: &Value) -> Result<Account, String> {
    match Forgone::of(output) {
        Some(failure) => Err(failure.to_string()),
        None => account(output).ok_or_else(|| "the journal's account is of another form".to_owned()),
    }
}

/// The step that opens the target's side, where the plan has one.
#[must_use]
pub fn opens(state: &RunState<Step>) -> Option<&OpenLedger> {
    state.plan.steps.iter().find_map(|planned| match &planned.step {
        Step::OpenLedger(step) => Some(step),
        _ => None,
    })
}

/// The step that closes the source's side, where the plan has one.
#[must_use]
pub fn closes(state: &RunState<Step>) -> Option<&CloseLedger> {
    state.plan.steps.iter().find_map(|planned| match &planned.step {
        Step::CloseLedger(step) => Some(step),
        _ => None,
    })
}

/// Where the target stood at the last switch, also after it was taken back.
#[must_use]
pub fn opened(history: &History<Step>) -> Option<Mark> {
    let last = history.records.iter().rev().find_map(|record| match &record.entry {
        Entry::Finished { step, output } if step.0 == open::ID => Some(output),
        _ => None,
    })?;
    serde_json::from_value(last.clone()).ok()
}

/// Writes the ledger of `history`, table by table.
pub(super) fn write(page: &mut Page, history: &History<Step>, columns: usize) {
    let Some(ledger) = LedgerResult::of(history) else { return };
    page.heading(Tone::Heading, "Ledger");
    for side in ledger.sides() {
        page.put(if side.given_up { Tone::Caution } else { Tone::Plain }, "  ", &side.words());
        let Some(account) = &side.account else { continue };
        if let Some(from) = account.counted_from {
            let counted = format!(
                "{} to {}; what was rolled back is counted, too, and TRUNCATE is not",
                show(from),
                show(account.until)
            );
            page.field("counted", columns, &counted);
        }
        for aside in [&account.uncounted, &account.unasked, &account.open].into_iter().flatten() {
            page.field("but", columns, &clean(aside));
        }
        for entry in &account.tables {
            page.field(&clean(&entry.table), columns, &table_words(entry));
        }
    }
    let run = &history.state.plan.run;
    page.put(Tone::Plain, "  ", &format!("the rows themselves: daybreak report {run} --ledger json-lines, or sql"));
}

fn table_words(entry: &TableEntry) -> String {
    let TableEntry { counted, rows, doubtful, why, .. } = entry;
    let counted = counted.map_or_else(|| "not counted".to_owned(), Changes::words);
    let rows = rows.map_or_else(|| "rows not told".to_owned(), |rows| format!("{rows} rows"));
    let doubtful = if *doubtful > 0 { format!(", and {doubtful} more may be") } else { String::new() };
    let why = why.as_ref().map(|why| format!(": {}", clean(why))).unwrap_or_default();
    format!("{counted}; {rows}{doubtful}{why}")
}

//! `daybreak report RUN --ledger`: the rows of a ledger, from the databases that have them, and what the journal says of the rest.

use std::{io, time::Duration};

use clap::ValueEnum;
use serde_json::{json, value::RawValue};

use super::{desk::Desk, error::CliError, exit};
use crate::{
    pg::{
        Login,
        ledger::{Account, Changes, Form, Row, Rows, Since},
    },
    recovery::freshness,
    report::{
        application::{Application, application},
        ledger::{LedgerResult, closes, opened, opens},
    },
    run::journal::History,
    steps::{ledger::close, serving, step::Step, world::World},
    ui::words::clean,
};

/// The form of a ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LedgerForm {
    /// One JSON object a line: each row, then each table's counts, and what cannot be told
    JsonLines,
    /// INSERT statements of the rows; the rest in comments
    Sql,
}

/// Whose writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Side {
    /// What the source was written after the point recovered to
    Source,
    /// What the target was written since the application was moved to it
    Target,
}

impl Side {
    const fn word(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Target => "target",
        }
    }
}

/// Prints the ledger of `side`, or of the side that the application does without.
pub(super) async fn export(
    desk: &Desk,
    history: &History<Step>,
    form: LedgerForm,
    side: Option<Side>,
) -> Result<u8, CliError> {
    let state = &history.state;
    let side = side.unwrap_or(match application(state) {
        Application::OnTarget => Side::Source,
        Application::NotMoved | Application::OnSource | Application::Unsure => Side::Target,
    });
    let brief = &state.plan.brief;
    let session = desk.session(Some(&brief.target.region)).await?;
    let world = desk.world(&session, &brief.target.region, state.plan.run.as_str())?;
    freshness::same_account(&brief.source, &session.identity().await?.account)?;
    let Asked { login, since, within } = asked(&world, history, side).await?;
    let (name, other) = match side {
        Side::Source => (&brief.source.identifier, &brief.target.identifier),
        Side::Target => (&brief.target.identifier, &brief.source.identifier),
    };
    let known = LedgerResult::of(history).and_then(|ledger| match side {
        Side::Source => ledger.source,
        Side::Target => ledger.target,
    });
    let account = known.and_then(|known| known.account);
    let sheet = Sheet { desk, side, form };
    sheet.head(name, other);
    let text = match form {
        LedgerForm::JsonLines => Form::Json,
        LedgerForm::Sql => Form::Sql,
    };
    let rows = world.ledgers.export(&login, &since, text, within, &mut |row| sheet.row(row)).await?;
    sheet.rest(&rows, account.as_ref());
    Ok(exit::DONE)
}

/// Whom to ask for the rows, and since when they count.
struct Asked {
    login: Login,
    since: Since,
    within: Duration,
}

async fn asked(world: &World, history: &History<Step>, side: Side) -> Result<Asked, CliError> {
    let state = &history.state;
    let none = |why: &str| {
        let error = CliError::refused(format!("run {} has no ledger of its {}: {why}", state.plan.run, side.word()));
        error.hint(format!("daybreak report {}", state.plan.run))
    };
    let failed = |error: crate::run::step::StepError| {
        CliError::refused(error.failure.to_string()).maybe_hint(error.failure.hint)
    };
    match side {
        Side::Source => {
            let step = closes(state).ok_or_else(|| none("its plan does not ask the source"))?;
            if state.removal.is_some() {
                return Err(none("the target, which tells what it lacks, was removed"));
            }
            let login = step.login(world, &state.outputs).await.map_err(failed)?;
            let since = close::since(world, &step.target, &state.outputs).await;
            let since = since.map_err(|_| none("the run has not come that far"))?;
            Ok(Asked { login, since, within: Duration::from_secs(step.rows_seconds) })
        }
        Side::Target => {
            let step = opens(state).ok_or_else(|| none("its plan moves no application away from its source"))?;
            let mark = opened(history).ok_or_else(|| none("the application was not moved to it"))?;
            let writer = serving::writer(&state.outputs).map_err(|_| none("the target was removed"))?;
            let login = step.access.to(world, &writer).await.map_err(failed)?;
            let since = Since::Snapshot(mark.snapshot);
            Ok(Asked { login, since, within: Duration::from_secs(step.rows_seconds) })
        }
    }
}

/// What the ledger is written on.
struct Sheet<'a> {
    desk: &'a Desk,
    side: Side,
    form: LedgerForm,
}

impl Sheet<'_> {
    fn line(&self, text: &str) {
        self.desk.printer.result(text);
    }

    fn comment(&self, text: &str) {
        self.line(&format!("-- {}", clean(text)));
    }

    fn head(&self, name: &str, other: &str) {
        if self.form == LedgerForm::JsonLines {
            return;
        }
        self.comment(&format!("Rows of {name} that {other} lacks or has in another version, as they are now."));
        self.comment("Not in it: rows that were deleted, and versions that were overwritten.");
        self.comment("A statement whose key is there already stands for an update: look at both versions, and decide.");
    }

    fn row(&self, row: &Row<'_>) -> io::Result<()> {
        match self.form {
            LedgerForm::JsonLines => {
                let text = RawValue::from_string(row.text.to_owned())?;
                let line = serde_json::to_string(&JsonRow {
                    side: self.side.word(),
                    table: row.table,
                    kind: "row",
                    transaction: row.transaction,
                    certain: !row.doubtful,
                    row: &text,
                })?;
                self.line(&line);
            }
            LedgerForm::Sql if row.doubtful => {
                self.comment("It is not certain that the next one is lacking:");
                self.line(&format!("-- {}", row.text.replace('\n', "\n-- ")));
            }
            LedgerForm::Sql => self.line(row.text),
        }
        Ok(())
    }

    /// What is no row: counts, and what cannot be told.
    fn rest(&self, rows: &Rows, account: Option<&Account>) {
        for entry in account.iter().flat_map(|account| &account.tables) {
            if let Some(counted) = entry.counted {
                self.counted(&entry.table, counted);
            }
        }
        for (table, told) in &rows.tables {
            if let Some(why) = &told.why {
                self.untold(Some(table), why);
            }
        }
        let asides = account.iter().flat_map(|account| [&account.uncounted, &account.open]);
        for why in asides.flatten().chain(&rows.unasked) {
            self.untold(None, why);
        }
        if account.is_none() {
            self.untold(None, "changes are counted once the run has closed this side of its ledger");
        }
    }

    fn counted(&self, table: &str, counted: Changes) {
        match self.form {
            LedgerForm::Sql => self.comment(&format!("{table}: {}", counted.words())),
            LedgerForm::JsonLines => {
                let Changes { inserted, updated, deleted } = counted;
                let line = json!({
                    "side": self.side.word(), "table": table, "kind": "counted",
                    "inserted": inserted, "updated": updated, "deleted": deleted,
                });
                self.line(&line.to_string());
            }
        }
    }

    fn untold(&self, table: Option<&str>, why: &str) {
        match self.form {
            LedgerForm::Sql => {
                let of = table.map(|table| format!("{table}: ")).unwrap_or_default();
                self.comment(&format!("Not told: {of}{why}"));
            }
            LedgerForm::JsonLines => {
                self.line(
                    &json!({ "side": self.side.word(), "table": table, "kind": "untold", "why": why }).to_string(),
                );
            }
        }
    }
}

#[derive(serde::Serialize)]
struct JsonRow<'a> {
    side: &'a str,
    table: &'a str,
    kind: &'a str,
    transaction: i64,
    certain: bool,
    row: &'a RawValue,
}

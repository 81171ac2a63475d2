//! The target's settings as they were read back, beside what was planned, and why one is not as on the source.

use serde::{Deserialize, Serialize};

use crate::{
    run::{journal::History, step::Forgone},
    steps::{
        brief::Setting,
        compare_settings::{self, ReadBack},
        configured::{UNSAID, UNSEEN},
        step::Step,
    },
};

/// How a setting of the target compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Likeness {
    /// As on the source.
    Same,
    /// As planned, which is not as on the source.
    AsPlanned,
    /// Neither.
    Differs,
    /// Nobody could tell.
    Unknown,
}

/// One setting, read back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettingResult {
    /// What it is.
    pub name: String,
    /// Its value on the source, when it was planned.
    pub source: String,
    /// Its planned value on the target.
    pub planned: String,
    /// Its value on the target, as found; null where it was not seen.
    pub found: Option<String>,
    /// How they compare.
    pub likeness: Likeness,
    /// Why the target lacks it, where that is known.
    pub why: Option<String>,
}

/// What was read back; none before.
#[must_use]
pub(super) fn read_back(history: &History<Step>) -> Option<Vec<SettingResult>> {
    let state = &history.state;
    let back: ReadBack = state.outputs.of(compare_settings::ID).ok()?;
    let found = |name: &str| back.found.iter().find(|found| found.name == name).map(|found| found.value.clone());
    let rows = state.plan.brief.settings.iter().map(|setting| {
        let found = found(&setting.name).filter(|value| value != UNSEEN);
        let likeness = likeness(setting, found.as_deref());
        let why = match likeness {
            Likeness::Unknown => {
                back.unseen.iter().find(|unseen| unseen.what == setting.name).map(|unseen| unseen.why.clone())
            }
            // Also of one that looks right: a password that RDS manages, and that opens nothing, is none.
            Likeness::Same | Likeness::AsPlanned | Likeness::Differs => forgone(history, &setting.name),
        };
        SettingResult {
            name: setting.name.clone(),
            source: setting.source.clone(),
            planned: setting.target.clone(),
            found,
            likeness,
            why,
        }
    });
    Some(rows.collect())
}

fn likeness(setting: &Setting, found: Option<&str>) -> Likeness {
    match found {
        None => Likeness::Unknown,
        Some(found) if found == setting.source => Likeness::Same,
        // What AWS does not tell of the source, the target cannot be compared with.
        Some(_) if setting.source == UNSAID => Likeness::AsPlanned,
        Some(found) if found == setting.target => Likeness::AsPlanned,
        Some(_) => Likeness::Differs,
    }
}

/// Why the run went on without a step that the setting comes from.
fn forgone(history: &History<Step>, setting: &str) -> Option<String> {
    let state = &history.state;
    let steps = state.plan.steps.iter().filter(|planned| planned.step.settings().iter().any(|name| name == setting));
    steps.map(|planned| crate::run::step::Step::id(&planned.step)).find_map(|id| {
        let left: Forgone = state.outputs.of(&id.0).ok()?;
        Some(left.forgone.to_string())
    })
}

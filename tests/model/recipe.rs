//! Random recipes, and who executes them.

use daybreak::run::{
    plan::{Actor, FORMAT, Plan, Planned},
    step::{Undo, Until},
    store::Holder,
};

use crate::{choices::Choices, site::run, step::ModelStep};

pub(crate) const UNTILS: [Until; 3] = [Until::Restored, Until::Validated, Until::Cutover];

pub(crate) fn actor() -> Actor {
    Actor { who: "ann@laptop".to_owned(), identity: None, version: "0.1.0".to_owned() }
}

pub(crate) fn holder() -> Holder {
    Holder { who: "ann@laptop".to_owned(), pid: 1 }
}

/// A recipe of one to eight steps.
pub(crate) fn recipe(choices: &mut Choices) -> Plan<ModelStep> {
    let count = 1 + usize::from(choices.below(8));
    let mut untils: Vec<Until> = (0..count).map(|_| UNTILS[usize::from(choices.below(3))]).collect();
    untils.sort_unstable();
    let steps = untils.into_iter().enumerate().map(|(index, until)| {
        let reversibility = match choices.below(10) {
            0..=6 => Undo::Reversible,
            7..=8 => Undo::NothingToUndo,
            _ => Undo::PointOfNoReturn,
        };
        let parts = [1, 2, 0][usize::from(choices.below(3))];
        let deadline_seconds = [120, 60, 900][usize::from(choices.below(3))];
        Planned { deadline_seconds, step: ModelStep { index, until, reversibility, parts } }
    });
    let steps = steps.collect();
    Plan {
        format: FORMAT,
        run: run(),
        recipe: "model".to_owned(),
        database: "loans".to_owned(),
        made_at: "2026-11-20T15:00:00Z".parse().unwrap(),
        made_by: actor(),
        deadline_seconds: [None, None, Some(100), Some(400)][usize::from(choices.below(4))],
        brief: (),
        steps,
    }
}

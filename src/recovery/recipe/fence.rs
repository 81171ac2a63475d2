//! The old writer fenced, between the proof and the move of the pointer: the same for every recipe, however its target came
//! to be.

use super::{Wish, planned};
use crate::{
    config::FenceMode,
    recovery::{fence::SurveyedFence, survey::Survey},
    run::plan::Planned,
    steps::{
        access::{Access, Credentials},
        admit_writers::AdmitWriters,
        fence::Fence,
        list_writers::ListWriters,
        step::Step,
        target::TargetName,
    },
};

/// The source fenced, then the target open. Backwards: the target shut, then the source open; so at no time do both take the
/// application's writes.
pub fn fence(wish: &Wish<'_>, survey: &Survey, target: &TargetName) -> Vec<Planned<Step>> {
    let mut steps = close(wish, survey);
    steps.extend(open(wish, survey, target));
    steps
}

/// The source fenced.
pub fn close(wish: &Wish<'_>, survey: &Survey) -> Vec<Planned<Step>> {
    let (Some(fence), Some(secret)) = (&survey.fence, &survey.secret) else { return Vec::new() };
    let SurveyedFence { server, roles, seen, when_unreachable, .. } = fence;
    let application = Access {
        credentials: Credentials::Secret { id: secret.pointer.arn.clone(), url_key: secret.url_key.clone() },
        ..server.access.clone()
    };
    let list = ListWriters { server: server.clone(), roles: roles.clone(), when_unreachable: *when_unreachable };
    let fence = Fence { server: server.clone(), roles: roles.clone(), seen: seen.clone(), application };
    [Step::ListWriters(list), Step::Fence(fence)]
        .into_iter()
        .map(|step| planned(wish.database.deadlines.pointer, step))
        .collect()
}

/// The target open: also where replication has brought the fence along, before it was promoted.
pub fn open(wish: &Wish<'_>, survey: &Survey, target: &TargetName) -> Option<Planned<Step>> {
    let SurveyedFence { target: access, roles, .. } = survey.fence.as_ref()?;
    let admit = AdmitWriters { target: target.identifier.clone(), access: access.clone(), roles: roles.clone() };
    Some(planned(wish.database.deadlines.pointer, Step::AdmitWriters(admit)))
}

/// What the plan's reader should know of it.
pub fn warnings(wish: &Wish<'_>, survey: &Survey) -> Vec<String> {
    match (&survey.fence, survey.secret.is_some() || survey.record.is_some()) {
        (Some(fence), _) => fence.warnings.clone(),
        (None, false) => Vec::new(),
        (None, true) => {
            let source = survey.source.identifier();
            let advice = match wish.database.fence.mode {
                FenceMode::None => "the profile says so",
                FenceMode::Roles => "",
                FenceMode::Unset => "set [databases.….fence]",
            };
            vec![format!(
                "the old writer is not fenced: what still holds a connection to {source} after the cutover, or its address, can go on writing to it, and those writes are not on the target ({advice})"
            )]
        }
    }
}

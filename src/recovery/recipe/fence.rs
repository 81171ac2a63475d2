//! The old writer fenced, before the pointer moves: the same for every recipe, however its target came to be.

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
        promotion::{Accepted, Promotion, catch_up::CatchUp},
        step::Step,
        target::TargetName,
    },
};

/// The source fenced, then the target open. Backwards: the target shut, then the source open; so at no time do both take the
/// application's writes.
pub fn fence(wish: &Wish<'_>, fence: Option<&SurveyedFence>, target: &TargetName) -> Vec<Planned<Step>> {
    let Some(fence) = fence else { return Vec::new() };
    let mut steps = close(wish, fence, None);
    steps.push(open(wish, fence, target));
    steps
}

/// The source fenced; of a promotion the target has everything then, where no loss was accepted.
pub fn close(wish: &Wish<'_>, fence: &SurveyedFence, promotion: Option<&Promotion>) -> Vec<Planned<Step>> {
    let SurveyedFence { server, target, roles, seen, clients, when_unreachable, .. } = fence;
    let client = |credentials: &Credentials| Access { credentials: credentials.clone(), ..server.access.clone() };
    let clients = clients.iter().map(client).collect();
    let list = ListWriters { server: server.clone(), roles: roles.clone(), when_unreachable: *when_unreachable };
    let (server, roles, seen) = (server.clone(), roles.clone(), seen.clone());
    let fence = Fence { server, roles, seen, clients, promotion: promotion.cloned().map(Box::new) };
    let mut steps = vec![Step::ListWriters(list), Step::Fence(fence.clone())];
    if let Some(promotion) = promotion.filter(|promotion| promotion.accepted == Accepted::Nothing) {
        let Fence { server, roles, .. } = fence;
        let (access, promotion) = (target.clone(), Box::new(promotion.clone()));
        steps.push(Step::CatchUp(CatchUp { server, access, roles, promotion }));
    }
    steps.into_iter().map(|step| planned(wish.database.deadlines.pointer, step)).collect()
}

/// The target open: also where replication has brought the fence along, before it was promoted.
pub fn open(wish: &Wish<'_>, fence: &SurveyedFence, target: &TargetName) -> Planned<Step> {
    let SurveyedFence { target: access, roles, .. } = fence;
    let admit = AdmitWriters { target: target.identifier.clone(), access: access.clone(), roles: roles.clone() };
    planned(wish.database.deadlines.pointer, Step::AdmitWriters(admit))
}

/// What the plan's reader should know of it.
pub fn warnings(wish: &Wish<'_>, survey: &Survey) -> Vec<String> {
    match (&survey.fence, survey.pointers.is_empty()) {
        (Some(fence), _) => fence.warnings.clone(),
        (None, true) => Vec::new(),
        (None, false) => {
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

//! The ways out of a stuck run, as commands that can be copied: forward and back, by daybreak and by hand.
//!
//! What is done by hand is what the run would have done; a `daybreak resume` afterwards sees it and goes on from there.
//! Nothing is offered that would move an application onto unproven data, show a password, or delete what this run did not
//! make.

mod proxied;
mod undone;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use self::undone::{admit_by_hand, undo_of};
pub use super::shell::word;
use super::{next::next_steps, shell::api_name};
use crate::{
    aws::Call,
    recovery::sighting::{Answer, Found, Look, NameSeen, ProxySeen, RecordSeen, SecretSeen, Side},
    run::{
        record::Scope,
        state::{Direction, RunState, Stage, StepState},
        step::{Step as _, Undo, Until},
    },
    steps::{
        add_tags::{AddTags, Tagged},
        move_record::MoveRecord,
        move_secret::MoveSecret,
        moves::{self, Move},
        prove,
        proxy::{Proxied, release::ReleaseProxy, take::MoveProxy},
        restore_cluster::{ID as RESTORE, RestoredCluster},
        serving,
        step::Step,
    },
};

/// One command, complete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Way {
    /// What it does.
    pub does: String,
    /// The command.
    pub command: String,
}

/// The ways out of a stuck run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ways {
    /// With daybreak: each command in its order.
    pub daybreak: Vec<Way>,
    /// With the AWS CLI: what the failed step, or the rest of the way back, would have called, in its order. Empty where
    /// the step only looks, or where the call carries a password.
    pub by_hand: Vec<Way>,
}

/// The ways towards recovery. `options` stand between `daybreak` and its command.
#[must_use]
pub fn forward(state: &RunState<Step>, look: &Look, options: &str) -> Ways {
    let run = &state.plan.run;
    let daybreak =
        |verb: &str, does: &str| Way { does: does.to_owned(), command: format!("daybreak{options} {verb} {run}") };
    match state.stage {
        Stage::Stuck(Direction::Forward) => Ways {
            daybreak: vec![daybreak("resume", "tries the failed step again, and goes on")],
            by_hand: step_by_hand(state, look),
        },
        Stage::Stuck(Direction::Back(Scope::Cutover)) => Ways {
            daybreak: vec![
                daybreak("resume", "first ends the way back"),
                daybreak("cutover", "then moves the application to the target, which is kept"),
            ],
            by_hand: Vec::new(),
        },
        _ => {
            let (database, again) = (word(&state.plan.database), state.plan.brief.options());
            let command = format!("daybreak{options} recover {database}{again}");
            Ways {
                daybreak: vec![Way { does: "recovers anew, beside what is left".to_owned(), command }],
                by_hand: Vec::new(),
            }
        }
    }
}

/// The ways back.
#[must_use]
pub fn back(state: &RunState<Step>, look: &Look, options: &str) -> Ways {
    let run = &state.plan.run;
    let daybreak =
        |verb: &str, does: &str| Way { does: does.to_owned(), command: format!("daybreak{options} {verb} {run}") };
    let mut ways = Ways::default();
    match state.stage {
        Stage::Stuck(Direction::Back(_)) => {
            ways.daybreak.push(daybreak("resume", "tries to take back again where that failed"));
        }
        _ if state.cutover_begun() => {
            let offered = next_steps(state).into_iter().find(|next| next.command.starts_with("daybreak rollback"));
            ways.daybreak.extend(offered.map(|offered| daybreak("rollback", &offered.does)));
        }
        _ => {}
    }
    let only_after =
        if ways.daybreak.is_empty() { "removes" } else { "after that, and only if it is not needed: removes" };
    if !matches!(state.stage, Stage::Stuck(Direction::Back(Scope::Everything))) {
        ways.daybreak.push(daybreak("cancel", &format!("{only_after} everything that the run made")));
    }
    ways.by_hand = undo_by_hand(state, look);
    ways
}

/// The commands that show what clients get, for when daybreak could not ask.
#[must_use]
pub fn where_is_the_application(state: &RunState<Step>) -> Vec<Way> {
    // Both renames are seen by one look.
    let moves = moves::of(&state.plan.steps).into_iter().filter(|step| !matches!(step, Move::Source(_)));
    moves.filter_map(|step| shows(state, step)).collect()
}

/// The command that shows where one pointer leads.
fn shows(state: &RunState<Step>, step: Move<'_>) -> Option<Way> {
    let (does, command) = match step {
        Move::Record(step) => (
            "shows where the record leads",
            format!(
                "aws route53 list-resource-record-sets --hosted-zone-id {} --start-record-name {} --max-items 20",
                word(&step.zone),
                word(&step.from.name)
            ),
        ),
        Move::Release(_) => return None,
        Move::Proxy(step) => {
            let Proxied { proxy, region, .. } = &step.proxied;
            (
                "shows where the proxy leads",
                format!("aws rds describe-db-proxy-targets --db-proxy-name {} --region {}", word(proxy), word(region)),
            )
        }
        Move::Secret(step) => (
            "shows which version holds AWSCURRENT",
            format!(
                "aws secretsmanager describe-secret --secret-id {} --query VersionIdsToStages --region {}",
                word(&step.secret),
                region(state)
            ),
        ),
        Move::Source(_) | Move::Target(_) => (
            "shows which cluster bears the name: source and target are told by their resource ids",
            format!(
                "aws rds describe-db-clusters --query 'DBClusters[].[DBClusterIdentifier,DbClusterResourceId,Status]' --output text --region {}",
                region(state)
            ),
        ),
    };
    Some(Way { does: does.to_owned(), command })
}

/// What the failed step would call.
fn step_by_hand(state: &RunState<Step>, look: &Look) -> Vec<Way> {
    let failed = state.steps.iter().position(|step| step.state == StepState::Failed);
    let Some(step) = failed.map(|index| &state.plan.steps[index].step) else { return Vec::new() };
    // Behind a promotion nobody can write anywhere until the target is opened.
    if let Step::AdmitWriters(step) = step {
        return admit_by_hand(state, step).into_iter().collect();
    }
    // A cutover by hand needs the proof as much as one by daybreak.
    if step.until() == Until::Cutover && state.step(prove::ID).is_some_and(|prove| prove.state != StepState::Done) {
        return Vec::new();
    }
    let does = crate::ui::history::title(&state.plan, step);
    let calls: Vec<Call> = match step {
        Step::StageSecret(_)
        | Step::Prove(_)
        | Step::AwaitReaders(_)
        | Step::AwaitRecord(_)
        | Step::AwaitReplicas(_)
        | Step::RehearseProxy(_)
        | Step::AwaitProxy(_)
        | Step::Watch(_)
        | Step::ReadHorizon(_)
        | Step::OpenLedger(_)
        | Step::CloseLedger(_)
        | Step::BeginProbation(_)
        | Step::LiftProbation(_)
        | Step::ListWriters(_)
        | Step::Fence(_)
        | Step::AdmitWriters(_) => Vec::new(),
        // The run goes on without these by itself.
        Step::ManagePassword(_)
        | Step::EnableDataApi(_)
        | Step::CreateEndpoint(_)
        | Step::RegisterScaling(_)
        | Step::PutScalingPolicy(_)
        | Step::KeepSnapshot(_)
        | Step::TakeSnapshot(_)
        | Step::CompareSettings(_) => Vec::new(),
        // By hand nobody would look whether it may be done: a resume does.
        Step::Guard(_) | Step::GuardCutover(_) | Step::CatchUp(_) | Step::Promote(_) => Vec::new(),
        Step::AddTags(step) => arn_of(state, step).map(|arn| tag_call(step, &arn)).into_iter().collect(),
        Step::MoveSecret(step) => move_calls(step, secret(look, &step.secret)),
        Step::MoveRecord(step) => record_calls(state, step, record(look)),
        Step::ReleaseProxy(ReleaseProxy { proxied }) | Step::MoveProxy(MoveProxy { proxied }) => {
            proxied::forward(proxied, look)
        }
        // Only as it was seen: of two renames the second is wrong before the first.
        Step::RenameSource(step) => {
            name(look).filter(|seen| seen.side == Side::Source).map(|_| step.swap.source_aside()).into_iter().collect()
        }
        Step::RenameTarget(step) => {
            name(look).filter(|seen| seen.borne_by == Ok(None)).map(|_| step.swap.target_in()).into_iter().collect()
        }
        Step::CopySnapshot(_)
        | Step::RestoreCluster(_)
        | Step::CreateInstance(_)
        | Step::ModifyCluster(_)
        | Step::AddRole(_)
        | Step::CopyInstanceSnapshot(_)
        | Step::RestoreInstance(_)
        | Step::ModifyInstance(_) => step.describe().calls,
    };
    calls.iter().map(|call| Way { does: does.clone(), command: command_of(call, state) }).collect()
}

/// The calls of the cutover that are still due: only while the staged version is there and leads to the target.
fn move_calls(step: &MoveSecret, seen: Option<&SecretSeen>) -> Vec<Call> {
    let Some(seen) = seen else { return Vec::new() };
    let staged = seen.holds(&step.to_version, &step.staging_label) == Some(true);
    let calls = Step::MoveSecret(step.clone()).describe().calls;
    match seen.version.as_deref() {
        Ok(version) if version == step.from_version && staged => calls,
        Ok(version) if version == step.to_version && staged => calls.into_iter().skip(1).collect(),
        _ => Vec::new(),
    }
}

/// The call that moves the record, where it was seen to lead to the source: it does so only while the record is exactly as it was.
fn record_calls(state: &RunState<Step>, step: &MoveRecord, seen: Option<&RecordSeen>) -> Vec<Call> {
    match (serving::writer(&state.outputs), seen.map(|seen| seen.side)) {
        (Ok(writer), Some(Side::Source)) => vec![step.forward(&step.to(&writer)).call()],
        _ => Vec::new(),
    }
}

/// What the rest of the way back would call, latest step first.
fn undo_by_hand(state: &RunState<Step>, look: &Look) -> Vec<Way> {
    let scope = match state.stage {
        Stage::Stuck(Direction::Back(scope)) => scope,
        _ if state.cutover_begun() => Scope::Cutover,
        _ => Scope::Everything,
    };
    let owed = |index: &usize| {
        let step = &state.steps[*index];
        step.reversibility == Undo::Reversible
            && !matches!(step.state, StepState::Pending | StepState::Undone)
            && (scope == Scope::Everything || step.until == Until::Cutover)
    };
    let mut owing: Vec<usize> = (0..state.steps.len()).rev().filter(owed).collect();
    // As the run does it: what moved the application first.
    owing.sort_by_key(|index| {
        let step = &state.steps[*index];
        (step.until != Until::Cutover, step.optional)
    });
    let steps = owing.into_iter().map(|index| &state.plan.steps[index].step);
    steps.flat_map(|step| undo_of(state, step, look)).collect()
}

/// Whether something may be changed by hand: none when it is known not to be there, or not to be this run's; with what was
/// seen of it, where it was.
#[expect(clippy::option_option, reason = "not to be touched, unseen and seen are three answers")]
fn removable<'a>(look: &'a Look, name: &str) -> Option<Option<&'a Found>> {
    let Look::Made(sighting) = look else { return Some(None) };
    match sighting.things.get(name) {
        Some(Answer::Found(found)) if found.stranger.is_none() => Some(Some(found)),
        Some(Answer::Found(_) | Answer::Absent) => None,
        Some(Answer::Unanswered(_)) | None => Some(None),
    }
}

fn secret<'a>(look: &'a Look, arn: &str) -> Option<&'a SecretSeen> {
    match look {
        Look::Made(sighting) => sighting.secrets.iter().find(|seen| seen.secret == arn),
        Look::NotMade | Look::Impossible(_) => None,
    }
}

fn name(look: &Look) -> Option<&NameSeen> {
    match look {
        Look::Made(sighting) => sighting.name.as_ref(),
        Look::NotMade | Look::Impossible(_) => None,
    }
}

fn record(look: &Look) -> Option<&RecordSeen> {
    match look {
        Look::Made(sighting) => sighting.record.as_ref(),
        Look::NotMade | Look::Impossible(_) => None,
    }
}

fn proxy(look: &Look) -> Option<&ProxySeen> {
    match look {
        Look::Made(sighting) => sighting.proxy.as_ref(),
        Look::NotMade | Look::Impossible(_) => None,
    }
}

fn region(state: &RunState<Step>) -> String {
    word(&state.plan.brief.target.region)
}

fn arn_of(state: &RunState<Step>, step: &AddTags) -> Option<String> {
    match step.to {
        Tagged::Cluster => state.outputs.of::<RestoredCluster>(RESTORE).ok().map(|restored| restored.arn),
        Tagged::Writer | Tagged::Instance => serving::writer(&state.outputs).ok().map(|writer| writer.arn),
    }
}

fn tag_call(step: &AddTags, arn: &str) -> Call {
    let mut calls = Step::AddTags(step.clone()).describe().calls;
    let mut call = calls.remove(0);
    if let Value::Object(parameters) = &mut call.parameters {
        parameters.insert("ResourceName".to_owned(), json!(arn));
    }
    call
}

/// A call of the API as a command of the AWS CLI, with every parameter.
fn command_of(call: &Call, state: &RunState<Step>) -> String {
    let (service, action) = (call.service, api_name(call.action));
    format!("aws {service} {action} --cli-input-json {} --region {}", word(&call.parameters.to_string()), region(state))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::{
        recovery::sighting::Sighting,
        run::{
            journal::History,
            record::{Consequence, Entry},
        },
        ui::testing::{Story, plan_by_record, sighting},
    };

    fn told(ways: &Ways) -> String {
        let lines =
            |ways: &[Way]| ways.iter().map(|way| format!("{}\n    {}\n", way.does, way.command)).collect::<String>();
        format!("{}--\n{}", lines(&ways.daybreak), lines(&ways.by_hand))
    }

    fn shown(story: &History<Step>, version: &str) -> Sighting {
        sighting(&story.state, version)
    }

    fn held(step: &str) -> Story {
        let moved = Story::begun().proven().moved();
        match step {
            "settle" => moved.done("watch", 863, 900).done("tag-cluster", 900, 901),
            "tag-cluster" => moved.done("watch", 863, 900),
            _ => moved,
        }
        .then(902, Story::started(step))
        .then(903, Story::failed(step, "no", Consequence::Hold))
    }

    #[test]
    fn forward_by_hand_is_what_the_failed_step_calls() {
        let told = |step| told(&forward(&held(step).history().state, &Look::NotMade, ""));
        insta::assert_snapshot!(told("settle"), @r#"
        tries the failed step again, and goes on
            daybreak resume 20261120-150000-k3fa
        --
        protect loanserve-prod-aurora-db-k3fa like the source
            aws rds modify-db-cluster --cli-input-json '{"DBClusterIdentifier":"loanserve-prod-aurora-db-k3fa","ApplyImmediately":true,"DeletionProtection":true}' --region eu-west-1
        "#);
        insta::assert_snapshot!(told("tag-cluster"), @r#"
        tries the failed step again, and goes on
            daybreak resume 20261120-150000-k3fa
        --
        give loanserve-prod-aurora-db-k3fa the source's own tags
            aws rds add-tags-to-resource --cli-input-json '{"ResourceName":"arn:aws:rds:eu-west-1:123456789012:cluster:loanserve-prod-aurora-db-k3fa","Tags":[{"Key":"env","Value":"prod"}]}' --region eu-west-1
        "#);
        assert!(told("watch").ends_with("--\n"), "a watch only looks");
    }

    #[test]
    fn a_record_is_moved_by_hand_only_from_where_it_is() {
        let story = Story::of(plan_by_record(), Until::Cutover)
            .proven()
            .done("lift-quarantine", 850, 860)
            .then(862, Story::started("move-record"))
            .then(863, Story::failed("move-record", "AWS cannot be asked", Consequence::Hold))
            .history();
        let seen = |side| {
            let leads_to = Ok(Some("seen.example.com".to_owned()));
            let record = Some(RecordSeen { leads_to, side });
            Look::Made(Sighting {
                at: story.state.latest,
                things: BTreeMap::new(),
                secrets: Vec::new(),
                record,
                proxy: None,
                name: None,
            })
        };
        let (source, target) = (seen(Side::Source), seen(Side::Target));
        insta::assert_snapshot!(told(&forward(&story.state, &source, "")), @r#"
        tries the failed step again, and goes on
            daybreak resume 20261120-150000-k3fa
        --
        move the application: record db.corp.internal leads to loanserve-prod-aurora-db-k3fa
            aws route53 change-resource-record-sets --cli-input-json '{"HostedZoneId":"Z1","ChangeBatch":{"Comment":"daybreak moves the application to loanserve-prod-aurora-db-k3fa","Changes":[{"Action":"DELETE","ResourceRecordSet":{"Name":"db.corp.internal.","Type":"CNAME","TTL":60,"ResourceRecords":[{"Value":"loanserve-prod-aurora.cluster-c1.eu-west-1.rds.amazonaws.com"}]}},{"Action":"CREATE","ResourceRecordSet":{"Name":"db.corp.internal.","Type":"CNAME","TTL":60,"ResourceRecords":[{"Value":"loanserve-prod-aurora-db-k3fa.cluster-c1.eu-west-1.rds.amazonaws.com"}]}}]}}' --region eu-west-1
        "#);
        let by_hand = |ways: Ways| ways.by_hand.into_iter().filter(|way| way.command.contains("route53")).count();
        assert_eq!(by_hand(forward(&story.state, &target, "")), 0);
        assert_eq!(by_hand(forward(&story.state, &Look::NotMade, "")), 0, "nothing is moved unseen");
        let backs =
            [seen(Side::Elsewhere), source, target, Look::NotMade].map(|look| by_hand(back(&story.state, &look, "")));
        assert_eq!(backs, [0, 0, 1, 1]);
        let find = where_is_the_application(&story.state).remove(0).command;
        assert!(find.contains("--start-record-name db.corp.internal."), "{find}");
    }

    #[test]
    fn an_application_is_moved_by_hand_only_onto_a_staged_version_and_only_back_from_where_it_is() {
        let story = Story::begun()
            .proven()
            .done("lift-quarantine", 850, 860)
            .done("stage-secret", 860, 861)
            .then(862, Story::started("move-secret"))
            .then(863, Story::failed("move-secret", "AWS cannot be asked", Consequence::Hold))
            .history();
        let by_hand = |ways: Ways| ways.by_hand.into_iter().map(|way| way.command).collect::<Vec<_>>();
        let made = |version| Look::Made(shown(&story, version));
        let (source, target, theirs) = (made("v-before"), made("v-after"), made("theirs"));
        assert_eq!(
            by_hand(forward(&story.state, &source, "")).len(),
            2,
            "the move, and the label that is no longer needed"
        );
        assert_eq!(by_hand(forward(&story.state, &target, "")).len(), 1, "the label alone");
        assert_eq!(by_hand(forward(&story.state, &theirs, "")), Vec::<String>::new());
        assert_eq!(by_hand(forward(&story.state, &Look::NotMade, "")), Vec::<String>::new(), "nothing is moved unseen");
        let moves = |look: &Look| {
            by_hand(back(&story.state, look, ""))
                .into_iter()
                .filter(|command| command.contains("AWSCURRENT"))
                .collect::<Vec<_>>()
        };
        assert_eq!(moves(&source), Vec::<String>::new());
        assert!(moves(&target)[0].contains("--move-to-version-id v-before --remove-from-version-id v-after"));
        assert!(moves(&theirs)[0].contains("--move-to-version-id v-before --remove-from-version-id theirs"));
        assert!(
            by_hand(back(&story.state, &target, "")).iter().all(|command| !command.contains("delete")),
            "the application may be on it"
        );
    }

    #[test]
    fn what_is_not_there_or_not_ours_is_not_deleted_by_hand() {
        let story = Story::begun()
            .proven()
            .then(850, Story::turned_back(Scope::Everything))
            .then(851, Entry::UndoStarted { step: "create-writer".into() })
            .then(
                852,
                Entry::UndoFailed { step: "create-writer".into(), failure: crate::run::step::Failure::new("denied") },
            )
            .history();
        let told = |look: &Look| told(&back(&story.state, look, " --state /srv/runs"));
        insta::assert_snapshot!(told(&Look::NotMade), @"
        tries to take back again where that failed
            daybreak --state /srv/runs resume 20261120-150000-k3fa
        --
        deletes instance loanserve-prod-aurora-db-k3fa-1
            aws rds delete-db-instance --db-instance-identifier loanserve-prod-aurora-db-k3fa-1 --skip-final-snapshot --region eu-west-1
        deletes cluster loanserve-prod-aurora-db-k3fa, once its instances are going
            aws rds delete-db-cluster --db-cluster-identifier loanserve-prod-aurora-db-k3fa --skip-final-snapshot --region eu-west-1
        ");
        let mut seen = shown(&story, "v-before");
        seen.things.insert("loanserve-prod-aurora-db-k3fa-1".to_owned(), Answer::Absent);
        if let Some(Answer::Found(cluster)) = seen.things.get_mut("loanserve-prod-aurora-db-k3fa") {
            cluster.protected = true;
        }
        let text = told(&Look::Made(seen.clone()));
        assert!(!text.contains("delete-db-instance") && text.contains("--no-deletion-protection"), "{text}");
        if let Some(Answer::Found(cluster)) = seen.things.get_mut("loanserve-prod-aurora-db-k3fa") {
            cluster.stranger = Some("it belongs to run x".to_owned());
        }
        assert!(told(&Look::Made(seen)).ends_with("--\n"));
    }
}

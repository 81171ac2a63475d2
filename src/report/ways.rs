//! The ways out of a stuck run, as commands that can be copied: forward and back, by daybreak and by hand.
//!
//! What is done by hand is what the run would have done; a `daybreak resume` afterwards sees it and goes on from there.
//! Nothing is offered that would move an application onto unproven data, show a password, or delete what this run did not
//! make.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub use super::shell::word;
use super::{fenced, next::next_steps, shell::api_name};
use crate::{
    aws::Call,
    pg::fencing::{let_in_by_hand, marker},
    recovery::{
        names,
        sighting::{Answer, Found, Look, PointerSeen, Side, pointer_of},
    },
    run::{
        record::Scope,
        state::{Direction, RunState, Stage, StepState},
        step::{Step as _, Undo, Until},
    },
    steps::{
        add_tags::{AddTags, Tagged},
        fence::Fence,
        modify_cluster::SETTLE,
        move_secret::{self, MoveSecret},
        prove,
        restore_cluster::{ID as RESTORE, RestoredCluster},
        serving,
        step::Step,
        writers::Server,
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

/// The command that shows which version of the secret clients get, for when daybreak could not ask.
#[must_use]
pub fn where_is_the_application(state: &RunState<Step>) -> Option<Way> {
    let step = pointer_of(state)?;
    let command = format!(
        "aws secretsmanager describe-secret --secret-id {} --query VersionIdsToStages --region {}",
        word(&step.secret),
        region(state)
    );
    Some(Way { does: "shows which version holds AWSCURRENT".to_owned(), command })
}

/// What the failed step would call.
fn step_by_hand(state: &RunState<Step>, look: &Look) -> Vec<Way> {
    let failed = state.steps.iter().position(|step| step.state == StepState::Failed);
    let Some(step) = failed.map(|index| &state.plan.steps[index].step) else { return Vec::new() };
    // A cutover by hand needs the proof as much as one by daybreak.
    if step.until() == Until::Cutover && state.step(prove::ID).is_some_and(|prove| prove.state != StepState::Done) {
        return Vec::new();
    }
    let does = crate::ui::history::title(&state.plan, step);
    let calls: Vec<Call> = match step {
        Step::StageSecret(_)
        | Step::Prove(_)
        | Step::AwaitReaders(_)
        | Step::Watch(_)
        | Step::ListWriters(_)
        | Step::Fence(_)
        | Step::AdmitWriters(_) => Vec::new(),
        // The run goes on without these by itself.
        Step::ManagePassword(_)
        | Step::EnableDataApi(_)
        | Step::CreateEndpoint(_)
        | Step::RegisterScaling(_)
        | Step::PutScalingPolicy(_)
        | Step::CompareSettings(_) => Vec::new(),
        // By hand nobody would look whether it may be done: a resume does.
        Step::Guard(_) | Step::Promote(_) => Vec::new(),
        Step::AddTags(step) => arn_of(state, step).map(|arn| tag_call(step, &arn)).into_iter().collect(),
        Step::MoveSecret(step) => move_calls(step, pointer(look)),
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
fn move_calls(step: &MoveSecret, seen: Option<&PointerSeen>) -> Vec<Call> {
    let Some(seen) = seen else { return Vec::new() };
    let staged = seen.holds(&step.to_version, &step.staging_label) == Some(true);
    let calls = Step::MoveSecret(step.clone()).describe().calls;
    match seen.version.as_deref() {
        Ok(version) if version == step.from_version && staged => calls,
        Ok(version) if version == step.to_version && staged => calls.into_iter().skip(1).collect(),
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

fn undo_of(state: &RunState<Step>, step: &Step, look: &Look) -> Vec<Way> {
    let region = region(state);
    let way = |does: String, command: String| Way { does, command: format!("{command} --region {region}") };
    match step {
        Step::CopySnapshot(step) => {
            let name = &step.request.target_db_cluster_snapshot_identifier;
            let Some(_) = removable(look, name) else { return Vec::new() };
            let command = format!("aws rds delete-db-cluster-snapshot --db-cluster-snapshot-identifier {name}");
            vec![way(format!("deletes the copied snapshot {name}"), command)]
        }
        Step::RestoreCluster(step) => remove_target(state, look, step.request.target(), &CLUSTER)
            .into_iter()
            .map(|(does, command)| way(does, command))
            .collect(),
        Step::RestoreInstance(step) => remove_target(state, look, step.request.target(), &INSTANCE)
            .into_iter()
            .map(|(does, command)| way(does, command))
            .collect(),
        Step::CopyInstanceSnapshot(step) => {
            let name = &step.request.target_db_snapshot_identifier;
            let Some(_) = removable(look, name) else { return Vec::new() };
            let command = format!("aws rds delete-db-snapshot --db-snapshot-identifier {name}");
            vec![way(format!("deletes the copied snapshot {name}"), command)]
        }
        Step::CreateInstance(step) => {
            let name = &step.request.db_instance_identifier;
            let Some(_) = removable(look, name) else { return Vec::new() };
            let command = format!("aws rds delete-db-instance --db-instance-identifier {name} --skip-final-snapshot");
            vec![way(format!("deletes instance {name}"), command)]
        }
        Step::ModifyCluster(step) => {
            let Some(back) = &step.back else { return Vec::new() };
            match removable(look, &back.db_cluster_identifier) {
                Some(_) => vec![Way {
                    does: format!("quarantines cluster {} again", back.db_cluster_identifier),
                    command: command_of(&back.call(), state),
                }],
                None => Vec::new(),
            }
        }
        Step::ModifyInstance(step) => {
            let Some(back) = &step.back else { return Vec::new() };
            match removable(look, &back.db_instance_identifier) {
                Some(_) => vec![Way {
                    does: format!("quarantines instance {} again", back.db_instance_identifier),
                    command: command_of(&back.call(), state),
                }],
                None => Vec::new(),
            }
        }
        Step::AddTags(step) => {
            let (Some(arn), Some(_)) = (arn_of(state, step), removable(look, &step.name)) else { return Vec::new() };
            let keys: Vec<String> = step.tags.iter().map(|tag| word(&tag.key)).collect();
            let command =
                format!("aws rds remove-tags-from-resource --resource-name {arn} --tag-keys {}", keys.join(" "));
            vec![way(format!("takes the source's own tags from {}", step.name), command)]
        }
        Step::StageSecret(step) => {
            let (label, version) =
                (step.put.version_stages.first().map_or("", String::as_str), &step.put.client_request_token);
            if pointer(look).is_some_and(|seen| seen.holds(version, label) == Some(false)) {
                return Vec::new();
            }
            let (secret, label, version) = (word(&step.put.secret_id), word(label), word(version));
            let command = format!(
                "aws secretsmanager update-secret-version-stage --secret-id {secret} --version-stage {label} --remove-from-version-id {version}"
            );
            vec![way("takes the label of the staged version away".to_owned(), command)]
        }
        Step::MoveSecret(step) => move_back(step, look).map(|(does, command)| way(does, command)).into_iter().collect(),
        Step::Fence(step) => vec![unfence(state, step)],
        Step::Promote(step) => step
            .call_back()
            .map(|(call, region)| Way {
                does: format!("makes {} the primary again", step.promotion.primary.words()),
                command: format!(
                    "aws {} {} --cli-input-json {} --region {}",
                    call.service,
                    api_name(call.action),
                    word(&call.parameters.to_string()),
                    word(region)
                ),
            })
            .into_iter()
            .collect(),
        Step::AddRole(_) | Step::EnableDataApi(_) | Step::CreateEndpoint(_) | Step::RegisterScaling(_) => {
            fitting(state, step, look).map(|(does, command)| way(does, command)).into_iter().collect()
        }
        Step::Prove(_)
        | Step::AwaitReaders(_)
        | Step::Watch(_)
        | Step::Guard(_)
        | Step::ListWriters(_)
        | Step::AdmitWriters(_)
        | Step::ManagePassword(_)
        | Step::PutScalingPolicy(_)
        | Step::CompareSettings(_) => Vec::new(),
    }
}

/// How something that was fitted to the target is taken off: all but the scaling goes with the cluster.
fn fitting(state: &RunState<Step>, step: &Step, look: &Look) -> Option<(String, String)> {
    match step {
        Step::AddRole(step) => {
            let request = &step.request;
            let (cluster, role) = (&request.db_cluster_identifier, word(&request.role_arn));
            removable(look, cluster)?;
            let feature = request.feature_name.as_ref().map(|feature| format!(" --feature-name {}", word(feature)));
            let command = format!(
                "aws rds remove-role-from-db-cluster --db-cluster-identifier {cluster} --role-arn {role}{}",
                feature.unwrap_or_default()
            );
            Some((format!("takes role {role} from cluster {cluster}"), command))
        }
        Step::EnableDataApi(step) => {
            removable(look, &step.cluster)?;
            let arn = state.outputs.of::<RestoredCluster>(RESTORE).ok()?.arn;
            let command = format!("aws rds disable-http-endpoint --resource-arn {arn}");
            Some((format!("switches the Data API of cluster {} off", step.cluster), command))
        }
        Step::CreateEndpoint(step) => {
            removable(look, &step.request.db_cluster_identifier)?;
            let name = &step.request.db_cluster_endpoint_identifier;
            let command = format!("aws rds delete-db-cluster-endpoint --db-cluster-endpoint-identifier {name}");
            Some((format!("deletes the custom endpoint {name}"), command))
        }
        Step::RegisterScaling(step) => {
            let request = &step.request;
            let command = format!(
                "aws application-autoscaling deregister-scalable-target --service-namespace {} --resource-id {} --scalable-dimension {}",
                request.service_namespace, request.resource_id, request.scalable_dimension
            );
            Some((format!("ends the scaling of the readers of {}", step.cluster), command))
        }
        _ => None,
    }
}

/// SQL for a role that may alter the application's; the password is asked for.
fn unfence(state: &RunState<Step>, step: &Fence) -> Way {
    let Server { identifier, host, port, access } = &step.server;
    let database = access.database.as_ref().or(access.default_database.as_ref()).map_or("postgres", String::as_str);
    let roles = fenced::roles(state);
    let sql = let_in_by_hand(roles.iter().map(String::as_str), &marker(&state.plan.run.to_string()));
    Way {
        does: format!(
            "lets the application's roles log in to {identifier} again, once the application is back on it (add -U and a role that may alter them)"
        ),
        command: format!(
            "psql {} -c {}",
            word(&format!("host={host} port={port} dbname={database} sslmode=require")),
            word(&sql)
        ),
    }
}

/// The AWS CLI's words for a target of one family.
struct Words {
    what: &'static str,
    modify: &'static str,
    delete: &'static str,
    /// What a deletion by hand waits for.
    once: &'static str,
}

const CLUSTER: Words = Words {
    what: "cluster",
    modify: "modify-db-cluster --db-cluster-identifier",
    delete: "delete-db-cluster --db-cluster-identifier",
    once: ", once its instances are going",
};

const INSTANCE: Words = Words {
    what: "instance",
    modify: "modify-db-instance --db-instance-identifier",
    delete: "delete-db-instance --db-instance-identifier",
    once: "",
};

/// How the target goes, as far as it may: what each command does, and the command.
fn remove_target(state: &RunState<Step>, look: &Look, name: &str, words: &Words) -> Vec<(String, String)> {
    let Words { what, modify, delete, once } = words;
    let Some(found) = removable(look, name) else { return Vec::new() };
    let mut ways = Vec::new();
    let begun = state.step(SETTLE).is_some_and(|settle| settle.state != StepState::Pending);
    if found.map_or(begun, |found| found.protected) {
        let command = format!("aws rds {modify} {name} --no-deletion-protection --apply-immediately");
        ways.push((format!("takes the deletion protection from {what} {name}"), command));
    }
    // What the application may have written is kept in a snapshot, under the name that a resume looks for.
    let moved = state.step(move_secret::ID).is_some_and(|moved| moved.state != StepState::Pending);
    let wanted = state.final_snapshot.clone().or_else(|| moved.then(|| names::final_snapshot(name)));
    let (snapshot, kept) = match wanted {
        Some(wanted) => (format!("--final-db-snapshot-identifier {wanted}"), ", with a final snapshot"),
        None => ("--skip-final-snapshot".to_owned(), ""),
    };
    let command = format!("aws rds {delete} {name} {snapshot}");
    ways.push((format!("deletes {what} {name}{kept}{once}"), command));
    ways
}

fn move_back(step: &MoveSecret, look: &Look) -> Option<(String, String)> {
    let seen = pointer(look);
    let current = seen.and_then(|seen| seen.version.as_deref().ok());
    let (does, holder) = match current {
        Some(current) if current == step.from_version => return None,
        Some(current) if current == step.to_version => ("moves the application back to the source".to_owned(), current),
        Some(_) if seen.is_some_and(|seen| seen.side == Side::Source) => return None,
        Some(current) => (
            format!(
                "moves the application back to the source, away from version {current}, which somebody else wrote: find out why first"
            ),
            current,
        ),
        None => (
            "moves the application back to the source, if the target's version holds AWSCURRENT".to_owned(),
            step.to_version.as_str(),
        ),
    };
    let (secret, to, from) = (word(&step.secret), word(&step.from_version), word(holder));
    let command = format!(
        "aws secretsmanager update-secret-version-stage --secret-id {secret} --version-stage AWSCURRENT --move-to-version-id {to} --remove-from-version-id {from}"
    );
    Some((does, command))
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

fn pointer(look: &Look) -> Option<&PointerSeen> {
    match look {
        Look::Made(sighting) => sighting.pointer.as_ref(),
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
    use super::*;
    use crate::{
        recovery::sighting::Sighting,
        run::{
            journal::History,
            record::{Consequence, Entry},
        },
        ui::testing::{Story, sighting},
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

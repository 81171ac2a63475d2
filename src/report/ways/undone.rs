//! How each step is taken back by hand.

use super::{Way, arn_of, command_of, name, proxied, record, region, removable, secret, word};
use crate::{
    pg::fencing::{let_in_by_hand, marker, probation_marker, release_by_hand},
    recovery::{
        names,
        sighting::{Look, NameSeen, Side},
    },
    report::{fenced, promoted, shell::api_name},
    run::state::{RunState, StepState},
    steps::{
        access::Access,
        admit_writers::AdmitWriters,
        fence::Fence,
        move_record::MoveRecord,
        move_secret::MoveSecret,
        moves,
        probation::BeginProbation,
        proxy::release::ReleaseProxy,
        purpose::SETTLE,
        renaming::{rename_source::RenameSource, rename_target::RenameTarget},
        restore_cluster::{ID as RESTORE, RestoredCluster},
        serving,
        step::Step,
        window::Family,
        writers::Server,
    },
};

pub(super) fn undo_of(state: &RunState<Step>, step: &Step, look: &Look) -> Vec<Way> {
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
            if secret(look, &step.put.secret_id).is_some_and(|seen| seen.holds(version, label) == Some(false)) {
                return Vec::new();
            }
            let (secret, label, version) = (word(&step.put.secret_id), word(label), word(version));
            let command = format!(
                "aws secretsmanager update-secret-version-stage --secret-id {secret} --version-stage {label} --remove-from-version-id {version}"
            );
            vec![way("takes the label of the staged version away".to_owned(), command)]
        }
        Step::MoveSecret(step) => move_back(step, look).map(|(does, command)| way(does, command)).into_iter().collect(),
        Step::MoveRecord(step) => record_back(state, step, look).into_iter().collect(),
        Step::ReleaseProxy(ReleaseProxy { proxied }) => proxied::back(proxied, look).into_iter().collect(),
        Step::RenameTarget(step) => target_back(state, step, look).into_iter().collect(),
        Step::RenameSource(step) => source_back(state, step, look).into_iter().collect(),
        Step::Fence(step) => vec![unfence(state, step)],
        Step::BeginProbation(step) => lift_probation(state, step).into_iter().collect(),
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
        | Step::AwaitRecord(_)
        | Step::GuardCutover(_)
        | Step::AwaitReplicas(_)
        | Step::RehearseProxy(_)
        // The way back of the release says all of it.
        | Step::MoveProxy(_)
        | Step::AwaitProxy(_)
        | Step::Watch(_)
        | Step::Guard(_)
        | Step::CatchUp(_)
        | Step::KeepSnapshot(_)
        | Step::TakeSnapshot(_)
        | Step::ListWriters(_)
        | Step::ReadHorizon(_)
        | Step::OpenLedger(_)
        | Step::CloseLedger(_)
        | Step::LiftProbation(_)
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
            let (name, role) = (&step.target.identifier, word(&step.role_arn));
            removable(look, name)?;
            let feature = step.feature_name.as_ref().map(|feature| format!(" --feature-name {}", word(feature)));
            let remove = match step.target.family {
                Family::Cluster => "aws rds remove-role-from-db-cluster --db-cluster-identifier",
                Family::Instance => "aws rds remove-role-from-db-instance --db-instance-identifier",
            };
            let command = format!("{remove} {name} --role-arn {role}{}", feature.unwrap_or_default());
            Some((format!("takes role {role} from {}", step.target), command))
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

/// The target's own name given back to it, unless another cluster was seen to bear the source's.
fn target_back(state: &RunState<Step>, RenameTarget { swap }: &RenameTarget, look: &Look) -> Option<Way> {
    if name(look).is_some_and(|seen| seen.side != Side::Target) {
        return None;
    }
    Some(Way {
        does: format!("gives the target its own name back, if it is the target that bears the name {}", swap.name),
        command: command_of(&swap.target_back(), state),
    })
}

/// The source's name given back to it, unless it was seen to bear it, or a stranger was.
fn source_back(state: &RunState<Step>, RenameSource { swap }: &RenameSource, look: &Look) -> Option<Way> {
    let stranger = |seen: &NameSeen| seen.side == Side::Elsewhere && seen.borne_by != Ok(None);
    if name(look).is_some_and(|seen| seen.side == Side::Source || stranger(seen)) {
        return None;
    }
    Some(Way {
        does: format!("gives the source its name {} back, once no cluster bears it", swap.name),
        command: command_of(&swap.source_back(), state),
    })
}

/// SQL for a role that may alter the application's; the password is asked for.
fn unfence(state: &RunState<Step>, step: &Fence) -> Way {
    let Server { identifier, host, port, access, .. } = &step.server;
    let once = match &step.promotion {
        None => "once the application is back on it".to_owned(),
        Some(promotion) => {
            format!("once nobody writes to {}, and what it was written is given up", promotion.target.words())
        }
    };
    Way {
        does: format!(
            "lets the application's roles log in to {identifier} again, {once} (add -U and a role that may alter them)"
        ),
        command: let_in(state, host, *port, access),
    }
}

/// The same for a target that replication has brought the fence to.
pub(super) fn admit_by_hand(state: &RunState<Step>, step: &AdmitWriters) -> Option<Way> {
    let writer = serving::writer(&state.outputs).ok().filter(|_| promoted::promotes(state))?;
    Some(Way {
        does: format!("lets the application's roles log in to {} (add -U and a role that may alter them)", step.target),
        command: let_in(state, &writer.endpoint, writer.port, &step.access),
    })
}

/// How the probation is lifted by hand: a setting of a role's own, which the marker's comment holds, is not given back by that.
fn lift_probation(state: &RunState<Step>, step: &BeginProbation) -> Option<Way> {
    let writer = serving::writer(&state.outputs).ok()?;
    let database = database_of(&step.access);
    let roles = fenced::roles(state);
    let marker = probation_marker(&state.plan.run.to_string());
    let sql = release_by_hand(roles.iter().map(String::as_str), database, &marker);
    let target = format!("host={} port={} dbname={database} sslmode=require", writer.endpoint, writer.port);
    Some(Way {
        does: format!("lets the application's roles write to {} (add -U and a role that may alter them)", step.target),
        command: format!("psql {} -c {}", word(&target), word(&sql)),
    })
}

fn database_of(access: &Access) -> &str {
    access.database.as_ref().or(access.default_database.as_ref()).map_or("postgres", String::as_str)
}

fn let_in(state: &RunState<Step>, host: &str, port: u16, access: &Access) -> String {
    let database = database_of(access);
    let roles = fenced::roles(state);
    let sql = let_in_by_hand(roles.iter().map(String::as_str), &marker(&state.plan.run.to_string()));
    let target = format!("host={host} port={port} dbname={database} sslmode=require");
    format!("psql {} -c {}", word(&target), word(&sql))
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
    let begun = |id: &str| state.step(id).is_some_and(|moved| moved.state != StepState::Pending);
    let moved = moves::of(&state.plan.steps).iter().any(|step| begun(&step.id().0));
    let wanted = state.final_snapshot.clone().or_else(|| moved.then(|| names::final_snapshot(name)));
    let (snapshot, kept) = match wanted {
        Some(wanted) => (format!("--final-db-snapshot-identifier {wanted}"), ", with a final snapshot"),
        None => ("--skip-final-snapshot".to_owned(), ""),
    };
    let command = format!("aws rds {delete} {name} {snapshot}");
    ways.push((format!("deletes {what} {name}{kept}{once}"), command));
    ways
}

/// The record let lead to the source again, unless it does, or leads elsewhere.
fn record_back(state: &RunState<Step>, step: &MoveRecord, look: &Look) -> Option<Way> {
    let writer = serving::writer(&state.outputs).ok()?;
    if record(look).is_some_and(|seen| matches!(seen.side, Side::Source | Side::Elsewhere)) {
        return None;
    }
    Some(Way {
        does: format!("lets record {} lead to the source again, if it leads to the target", step.from.words()),
        command: command_of(&step.back(&step.to(&writer)).call(), state),
    })
}

fn move_back(step: &MoveSecret, look: &Look) -> Option<(String, String)> {
    let seen = secret(look, &step.secret);
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

//! Which candidate, and which way: the only valid one, or an answer that lists them with their commands.

use super::{
    How, Loss, Wanted,
    candidates::{Candidate, Found, Kind},
    refusal::NotPromoted,
};
use crate::{
    aws::rds::replication::requests::{
        FailoverCluster, FailoverGlobalCluster, PromoteReadReplica, PromoteReadReplicaCluster, RemoveFromGlobalCluster,
        SwitchoverGlobalCluster,
    },
    steps::promotion::{look::Described, way::Way},
};

/// A candidate with the way for it, and why that one.
#[derive(Debug, Clone)]
pub struct Choice<'a> {
    /// What is promoted.
    pub candidate: &'a Candidate,
    /// How.
    pub way: Way,
    /// Why so.
    pub why: String,
}

/// The command for a candidate, without flags that say how.
pub fn command(database: &str, candidate: &Candidate) -> String {
    match candidate.kind {
        Kind::Secondary => format!("daybreak promote {database} --to-region {}", candidate.member.region),
        _ => format!("daybreak promote {database} --to-replica {}", candidate.name()),
    }
}

fn listed(database: &str, candidate: &Candidate) -> String {
    let state = match &candidate.described {
        Ok(described) => described.status().to_owned(),
        Err(_) => "out of reach".to_owned(),
    };
    let what = match candidate.kind {
        Kind::Reader => format!("reader {} of the cluster", candidate.name()),
        Kind::Replica => format!("read replica {}", candidate.name()),
        Kind::ReplicaCluster => format!("Aurora replica cluster {}", candidate.name()),
        Kind::Secondary => format!("secondary cluster {}", candidate.name()),
    };
    format!("{}   ({what}, {}, {state}; {})", command(database, candidate), candidate.member.region, candidate.call())
}

/// Chooses.
pub fn choose<'a>(database: &str, found: &'a Found, wanted: &Wanted) -> Result<Choice<'a>, NotPromoted> {
    let named = |candidate: &&Candidate| {
        let member = &candidate.member;
        let replica = wanted.replica.as_deref().is_none_or(|wanted| {
            wanted.eq_ignore_ascii_case(candidate.name())
                || (member.instance.is_none() && wanted.eq_ignore_ascii_case(&member.arn))
        });
        replica && wanted.region.as_deref().is_none_or(|region| region == member.region)
    };
    let named: Vec<&Candidate> = found.candidates.iter().filter(named).collect();
    // Who names a way of global databases means a secondary, where there is one.
    let secondaries: Vec<&Candidate> =
        named.iter().copied().filter(|candidate| candidate.kind == Kind::Secondary).collect();
    let meant = if wanted.how.is_some() && !secondaries.is_empty() { secondaries } else { named };
    match meant.as_slice() {
        [] => {
            let asked = match (&wanted.replica, &wanted.region) {
                (Some(replica), _) => format!(" as {replica}"),
                (None, Some(region)) => format!(" in {region}"),
                (None, None) => String::new(),
            };
            let others = found.candidates.iter().map(|candidate| listed(database, candidate)).collect();
            Err(NotPromoted::Nothing { identifier: found.primary.identifier.clone(), asked, others })
        }
        [candidate] => way(database, found, candidate, wanted),
        several => Err(NotPromoted::Ambiguous {
            count: several.len(),
            candidates: several.iter().map(|candidate| listed(database, candidate)).collect(),
        }),
    }
}

fn way<'a>(
    database: &str,
    found: &Found,
    candidate: &'a Candidate,
    wanted: &Wanted,
) -> Result<Choice<'a>, NotPromoted> {
    let (name, command) = (candidate.name(), command(database, candidate));
    let wrong = |why: String, instead: Vec<String>| Err(NotPromoted::WrongWay { why, instead });
    if let Some(engine) = candidate.engine().filter(|engine| !matches!(*engine, "aurora-postgresql" | "postgres")) {
        let why = format!("{name} runs {engine}; daybreak promotes PostgreSQL only");
        return wrong(why, vec![format!("promote it with {} of the AWS CLI", candidate.call())]);
    }
    if let Some(how) = wanted.how.filter(|_| candidate.kind != Kind::Secondary) {
        let flag = match how {
            How::Switchover => "--switchover",
            How::Failover => "--failover",
            How::Detach => "--detach",
        };
        let what = match candidate.kind {
            Kind::Reader => "a reader of the primary's own cluster",
            Kind::Replica => "a read replica of RDS",
            Kind::ReplicaCluster => "an Aurora replica of an RDS instance",
            Kind::Secondary => "a secondary",
        };
        let why = format!(
            "{flag} is for secondaries of a global database; {name} is {what}, which {} promotes",
            candidate.call()
        );
        return wrong(why, vec![command]);
    }
    let choice = |way, why: String| Ok(Choice { candidate, way, why });
    match candidate.kind {
        Kind::Reader if wanted.loss != Loss::Nothing => {
            wrong(format!("{name} shares its storage with the writer: a failover to it loses nothing"), vec![command])
        }
        Kind::Reader => choice(
            Way::Reader(FailoverCluster {
                db_cluster_identifier: candidate.member.identifier.clone(),
                target_db_instance_identifier: name.to_owned(),
            }),
            format!(
                "{name} is a reader of the same cluster, which shares its storage: nothing is lost, and it can be taken back"
            ),
        ),
        Kind::Replica => choice(
            Way::ReadReplica(replica(found, name)),
            format!("{name} is a read replica of RDS: PromoteReadReplica is the only call for it"),
        ),
        Kind::ReplicaCluster => choice(
            Way::ReplicaCluster(PromoteReadReplicaCluster { db_cluster_identifier: name.to_owned() }),
            format!(
                "{name} is an Aurora replica of an RDS instance: PromoteReadReplicaDBCluster is the only call for it"
            ),
        ),
        Kind::Secondary => secondary(database, found, candidate, wanted),
    }
}

/// The source's backups go on with the replica: RDS would give it one day.
fn replica(found: &Found, name: &str) -> PromoteReadReplica {
    let (days, window) = match &found.described {
        Ok(Described::Instance(source)) => {
            (source.backup_retention_period.filter(|days| *days > 0), source.preferred_backup_window.clone())
        }
        _ => (None, None),
    };
    PromoteReadReplica {
        db_instance_identifier: name.to_owned(),
        backup_retention_period: Some(days.unwrap_or(1)),
        preferred_backup_window: window,
    }
}

fn secondary<'a>(
    database: &str,
    found: &Found,
    candidate: &'a Candidate,
    wanted: &Wanted,
) -> Result<Choice<'a>, NotPromoted> {
    let command = command(database, candidate);
    let wrong = |why: String, instead: Vec<String>| Err(NotPromoted::WrongWay { why, instead });
    let global = found.global.as_ref().map(|global| global.identifier.clone()).unwrap_or_default();
    let arn = candidate.member.arn.clone();
    let lossy = [format!("{command} --failover --allow-data-loss"), format!("{command} --detach --allow-data-loss")];
    let choice = |way, why: &str| Ok(Choice { candidate, way, why: why.to_owned() });
    match (wanted.how, wanted.loss) {
        (None, Loss::Asked | Loss::Seconds(_) | Loss::Unmeasured) => {
            wrong("data is lost by a failover or a detachment: say which is meant".to_owned(), lossy.to_vec())
        }
        (Some(How::Switchover), Loss::Asked | Loss::Seconds(_) | Loss::Unmeasured) => wrong(
            "a switchover loses nothing, so nothing has to be allowed".to_owned(),
            vec![format!("{command} --switchover")],
        ),
        (None | Some(How::Switchover), Loss::Nothing) => {
            if let Err(why) = &found.described {
                let why = format!(
                    "the primary, {}, does not answer ({why}), and a switchover needs it",
                    found.primary.words()
                );
                return wrong(why, lossy.to_vec());
            }
            let way = Way::Switchover(SwitchoverGlobalCluster {
                global_cluster_identifier: global,
                target_db_cluster_identifier: arn,
            });
            choice(way, "the primary is in reach: a switchover loses nothing, and can be taken back")
        }
        (Some(How::Failover), _) => {
            let way = Way::Failover(FailoverGlobalCluster {
                global_cluster_identifier: global,
                target_db_cluster_identifier: arn,
                allow_data_loss: true,
            });
            choice(way, "it was asked for: the global database fails over, without waiting for its primary")
        }
        (Some(How::Detach), _) => {
            let way =
                Way::Detach(RemoveFromGlobalCluster { global_cluster_identifier: global, db_cluster_identifier: arn });
            choice(way, "it was asked for: the secondary leaves the global database and stands alone, for good")
        }
    }
}

//! Why nothing is promoted, with the command to type instead.

use crate::{
    aws,
    steps::promotion::judge::{Instead, Obstacle},
};

/// A promotion that is not made. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum NotPromoted {
    /// Neither a cluster nor an instance.
    #[error("there is no cluster and no instance {identifier} in {region}")]
    NoSuchDatabase {
        /// The name.
        identifier: String,
        /// Where it was looked for.
        region: String,
    },
    /// Not the thing to name.
    #[error("{what}")]
    Misnamed {
        /// What it is instead.
        what: String,
        /// The command that was meant.
        instead: Vec<String>,
    },
    /// The region does not answer.
    #[error("{region} does not answer, so it is not known what replicates from {identifier}")]
    NoAnswer {
        /// The region.
        region: String,
        /// The database.
        identifier: String,
        /// Its profile's name.
        database: String,
        /// Why.
        #[source]
        source: Box<aws::Error>,
    },
    /// Nothing to promote.
    #[error("nothing that could be promoted replicates from {identifier}{asked}")]
    Nothing {
        /// The database.
        identifier: String,
        /// What was asked for.
        asked: String,
        /// What there is, with the commands.
        others: Vec<String>,
    },
    /// More than one thing to promote.
    #[error("{count} candidates could be promoted: say which")]
    Ambiguous {
        /// How many.
        count: usize,
        /// Each with its command.
        candidates: Vec<String>,
    },
    /// The way is not valid for it.
    #[error("{why}")]
    WrongWay {
        /// Why.
        why: String,
        /// The commands that are.
        instead: Vec<String>,
    },
    /// It could be, but not as things stand.
    #[error("{target} may not be promoted as things stand")]
    Obstructed {
        /// What was to be promoted.
        target: String,
        /// The obstacles.
        obstacles: Vec<Obstacle>,
        /// The command so far, without flags.
        command: String,
        /// The measured lag in whole seconds, where it was measured.
        lag: Option<u64>,
        /// Whether the target is a secondary of a global database.
        global: bool,
        /// What a fence does, or could do, about who is connected.
        fence: Shut,
    },
}

/// Whether the old primary is fenced by the promotion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shut {
    /// It is: who is connected is none of the roles that are shut out.
    Planned,
    /// It would be, if the profile said so.
    Possible {
        /// The profile's name.
        database: String,
    },
    /// It follows afterwards, or is rebuilt.
    Not,
}

impl NotPromoted {
    /// What stands against it, one by one.
    pub fn causes(&self) -> Vec<String> {
        match self {
            Self::Obstructed { obstacles, .. } => obstacles.iter().map(|obstacle| obstacle.what.clone()).collect(),
            _ => Vec::new(),
        }
    }

    /// The commands to type.
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::NoSuchDatabase { .. } => vec!["check the name, --region and --profile".to_owned()],
            Self::Misnamed { instead, .. } | Self::WrongWay { instead, .. } => instead.clone(),
            Self::NoAnswer { database, .. } => {
                vec![format!(
                    "name the region that survives: daybreak promote {database} --to-region REGION --failover --allow-data-loss"
                )]
            }
            Self::Nothing { others, .. } => others.clone(),
            Self::Ambiguous { candidates, .. } => candidates.clone(),
            Self::Obstructed { obstacles, command, lag, global, fence, .. } => {
                let mut hints: Vec<String> = Vec::new();
                for obstacle in obstacles {
                    let hint = match obstacle.instead {
                        Some(instead) => way_around(instead, command, *lag, *global, fence),
                        None => continue,
                    };
                    if !hints.contains(&hint) {
                        hints.push(hint);
                    }
                }
                hints
            }
        }
    }
}

fn way_around(instead: Instead, command: &str, lag: Option<u64>, global: bool, fence: &Shut) -> String {
    let loss = lag.map_or_else(|| "unmeasured".to_owned(), |seconds| seconds.to_string());
    match instead {
        Instead::AcceptLoss => {
            format!("wait until it has caught up, or accept the loss: {command} --allow-data-loss={loss}")
        }
        Instead::KeepWriting => {
            let stop = match fence {
                Shut::Planned => {
                    "let this machine reach it, end those connections, or name their roles under [databases.….fence]"
                        .to_owned()
                }
                Shut::Possible { database } => format!(
                    "let daybreak shut the application out of it, so that nothing is lost: [databases.{database}.fence] in the profile; or stop what writes to it"
                ),
                Shut::Not => "stop what writes to it".to_owned(),
            };
            let switch = if global { "; or switch over without loss: --switchover" } else { "" };
            format!("{stop}{switch}; or accept it: {command} --old-primary-keeps-writing")
        }
        Instead::Detach => format!("{command} --detach"),
        Instead::Failover => format!("{command} --failover --allow-data-loss; or {command} --detach"),
        Instead::CreateInstance => {
            "create an instance in it first: aws rds create-db-instance --db-cluster-identifier …".to_owned()
        }
    }
}

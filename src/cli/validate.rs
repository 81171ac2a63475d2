//! `daybreak validate`: proves a database that is there.

use super::{args::Output, desk::Desk, error::CliError, exit};
use crate::{
    config::Database,
    pg::CheckResult,
    recovery::validate::{self, Subject},
    report::proof,
    steps::prove::checked,
    ui,
};

/// Prove the data of a database that is there: its cluster, or another endpoint
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Profile in daybreak.toml [default: the only one, with --endpoint]
    #[arg(required_unless_present = "endpoint")]
    database: Option<String>,
    /// Prove this server with the profile's login and checks
    #[arg(long, value_name = "HOST:PORT")]
    endpoint: Option<String>,
}

fn endpoint(text: &str) -> Result<Subject, CliError> {
    let parsed = text
        .rsplit_once(':')
        .and_then(|(host, port)| Some((host.trim_matches(['[', ']']).to_owned(), port.parse().ok()?)));
    match parsed {
        Some((host, port)) if !host.is_empty() && port != 0 => Ok(Subject::Endpoint { host, port }),
        _ => Err(CliError::usage(format!("`{text}` is no HOST:PORT"))
            .hint("--endpoint loans-db-k3fa.cluster-c1.eu-west-1.rds.amazonaws.com:5432")),
    }
}

fn profile(desk: &Desk, named: Option<&str>) -> Result<Database, CliError> {
    let config = desk.config()?;
    let mut profiles = config.databases.values();
    match (named, profiles.next(), profiles.next()) {
        (Some(name), ..) => Ok(config.database(name)?),
        (None, Some(only), None) => Ok(only.clone()),
        _ => Err(CliError::usage("which profile's login and checks?")
            .hint("daybreak validate DATABASE --endpoint HOST:PORT")),
    }
}

pub(super) async fn run(desk: &Desk, args: &Args) -> Result<u8, CliError> {
    let subject = args.endpoint.as_deref().map_or(Ok(Subject::Own), endpoint)?;
    let database = profile(desk, args.database.as_deref())?;
    let session = desk.session(database.region.as_deref()).await?;
    let region = session.region().to_owned();
    let world = desk.world(&session, &region, "validate")?;
    let request = validate::request(&world, &region, &database, &subject).await?;
    let tell = |check: &CheckResult| {
        let (tone, line) = ui::checked::line(&checked(check));
        desk.printer.status(&desk.printer.err().paint(tone, &line));
    };
    let proven = world.postgres.prove(&request, &tell).await?;
    let (passed, failed, unchecked) = (proven.passed(), proven.failed(), proven.unchecked());
    match desk.global.output {
        Output::Text => desk.printer.result(&proof::render(&proven, desk.printer.out(), desk.printer.terminal().width)),
        Output::Json | Output::JsonLines => {
            desk.json(&serde_json::json!({
                "database": database.name,
                "proof": { "passed": passed, "failed": failed, "unchecked": unchecked, "checks": proven.checks, "newest": proven.newest },
            }))?;
        }
    }
    Ok(if failed > 0 { exit::FAILED } else { exit::DONE })
}

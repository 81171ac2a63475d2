//! `daybreak report`: the evidence of a run, and what a Terraform configuration must learn of it.

use std::{fs, path::PathBuf};

use super::{
    args::Output,
    desk::Desk,
    error::CliError,
    exit,
    ledger::{self, LedgerForm, Side},
    look, which,
};
use crate::{
    report::{
        evidence::Evidence,
        terraform::{self, Given, state::State},
        text,
    },
    run::clock::Clock,
};

/// Print the evidence of a run
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The run [default: the only unfinished one, else the latest]
    run: Option<String>,
    /// Print what keeps a Terraform configuration from destroying the target, from the journal alone
    #[arg(long)]
    terraform: bool,
    /// Output of `terraform show -json` or `terraform state pull`, which tells the addresses
    #[arg(long, value_name = "FILE", requires = "terraform")]
    terraform_state: Option<PathBuf>,
    /// Where the configuration has the source or an instance of it, such as `aws_rds_cluster.loans=loans-prod`
    #[arg(long, value_name = "ADDRESS=IDENTIFIER", requires = "terraform", value_parser = given)]
    terraform_address: Vec<Given>,
    /// Print the rows that one side was written and the other lacks, from the databases: of the side that the application does
    /// without now
    #[arg(long, value_enum, value_name = "FORM", conflicts_with = "terraform")]
    ledger: Option<LedgerForm>,
    /// The side to print
    #[arg(long, value_enum, requires = "ledger")]
    side: Option<Side>,
}

pub(super) async fn run(desk: &Desk, args: &Args) -> Result<u8, CliError> {
    let state = args.terraform_state.as_ref().map(read).transpose()?;
    let history = which::looked_at(desk, args.run.as_deref()).await?;
    if let Some(form) = args.ledger {
        return ledger::export(desk, &history, form, args.side).await;
    }
    if args.terraform {
        let advice = terraform::advise(&history, &args.terraform_address, state.as_ref());
        match desk.global.output {
            Output::Text => desk.printer.result(terraform::render(&advice).trim_end()),
            Output::Json | Output::JsonLines => desk.json(&advice)?,
        }
        return Ok(exit::DONE);
    }
    let around = look::around(desk, &history).await;
    match desk.global.output {
        Output::Text => desk.printer.result(&text::render(
            &history,
            &around,
            desk.clock.now(),
            desk.printer.out(),
            desk.printer.terminal().width,
        )),
        Output::Json | Output::JsonLines => desk.json(&Evidence::of(&history, &around))?,
    }
    Ok(exit::DONE)
}

fn read(file: &PathBuf) -> Result<State, CliError> {
    let text = fs::read_to_string(file)
        .map_err(|error| CliError::usage(format!("{} cannot be read: {error}", file.display())))?;
    State::parse(&text).map_err(|error| {
        CliError::usage(format!("{} holds no Terraform state: {error}", file.display()))
            .hint("terraform show -json > state.json")
    })
}

/// A key of `for_each` may hold an equals sign; an identifier cannot.
fn given(text: &str) -> Result<Given, String> {
    let (address, identifier) = text.rsplit_once('=').ok_or("expected ADDRESS=IDENTIFIER")?;
    let address = address.parse().map_err(|error: terraform::address::AddressError| error.to_string())?;
    Ok(Given { address, identifier: identifier.to_ascii_lowercase() })
}

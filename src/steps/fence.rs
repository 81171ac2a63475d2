//! Fences the source: the application's roles may not log in any more and their sessions are ended, which outlives a restart of
//! the source. Taken back, exactly the roles that this run has shut out are let in again.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    access::Access,
    body::{Body, Description},
    list_writers::{ID as LIST, Listed},
    promotion::{
        Promotion,
        roles::{self, Part, SETTLING},
    },
    world::World,
    writers::{self, Server, names},
};
use crate::{
    pg::{
        self,
        fencing::{MAY_NOT_LOG_IN, Position, Role, Writers, let_in_by_hand},
    },
    run::step::{Context, Failure, Observed, StepError, StepId, Undo, Undone, Until, Waiting},
};

/// The step's name in every plan that fences.
pub const ID: &str = "fence";

/// How long a session that was told to end may take before it is told again.
const ENDING: Duration = Duration::from_secs(2);

/// Between two looks that must both find nobody: a login that was accepted in the moment of the fence shows up by then.
const QUIET: Duration = Duration::from_millis(100);

/// Fences the source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fence {
    /// The source.
    pub server: Server,
    /// The application's roles by name; none means every role that is no administrator's.
    pub roles: Vec<String>,
    /// The roles that this was when the plan was made; what holds is the list made right before.
    pub seen: Vec<String>,
    /// How the application logs in, to try whether it still can.
    pub clients: Vec<Access>,
    /// The promotion that it comes before: once the target may be the primary, the source is not opened again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promotion: Option<Box<Promotion>>,
}

/// What the fence left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fenced {
    /// The roles that are shut out.
    pub roles: Vec<Role>,
    /// How far the source has got: nothing of the application comes after it.
    pub position: Option<Position>,
    /// How the fence was tried, in words; none where there is no fence.
    pub tried: Option<String>,
    /// Why there is no fence, where there is none.
    pub unfenced: Option<String>,
}

impl Fence {
    fn doing(&self) -> String {
        format!("fence {}", self.server.identifier)
    }

    /// Where the promotion keeps the way back from opening the source: why, or what to wait for.
    async fn stays(&self, world: &World, cx: &Context<'_>) -> Result<Option<Undone>, StepError> {
        let Some(promotion) = &self.promotion else { return Ok(None) };
        let target = promotion.target.words();
        Ok(match roles::target(world, promotion, cx).await {
            Ok(Part::Leads(_)) => {
                let (source, sql) = (&self.server.identifier, self.by_hand(cx)?);
                Some(Undone::Done(format!(
                    "{source} STAYS FENCED, since {target} is a primary and may have what {source} lacks. Who gives that up opens it by hand, with a role that may alter the application's: {sql}"
                )))
            }
            Ok(Part::Turning(what)) => Some(Undone::Wait(Waiting::on(what))),
            Ok(Part::Follows | Part::Missing(_)) if cx.attended < SETTLING => {
                let on = format!("{target} to become the primary, in case it was asked for just before");
                Some(Undone::Wait(Waiting::on(on).again_in(Duration::from_secs(1))))
            }
            Ok(Part::Follows | Part::Missing(_)) => None,
            Err(error) if error.is_passing() => return Err(error),
            // Given up, or another one of its name: the primary of nothing.
            Err(_) => None,
        })
    }

    fn by_hand(&self, cx: &Context<'_>) -> Result<String, StepError> {
        let listed: Listed = cx.outputs.of(LIST)?;
        Ok(let_in_by_hand(listed.roles.iter().map(|role| role.name.as_str()), &writers::marker(cx)))
    }

    async fn look(&self, world: &World, cx: &Context<'_>, doing: &str) -> Result<Writers, StepError> {
        let login = self.server.login(world).await?;
        let found = world.fencing.writers(&login, &self.roles, &writers::marker(cx)).await;
        found.map_err(|error| writers::failed(doing, &error))
    }

    /// Tries to write as the application would.
    async fn try_to_write(&self, world: &World, client: &Access, doing: &str) -> Result<String, StepError> {
        let Server { identifier, host, port, .. } = &self.server;
        let login = client.at(world, host, *port).await?;
        let user = &login.user;
        match world.fencing.write(&login).await {
            Ok(()) => {
                let failure = Failure::new(format!("{doing}: {user} can still log in to it and write"));
                Err(StepError::terminal(failure.hint(format!("name {user} in roles under [databases.….fence]"))))
            }
            Err(error) if error.sqlstate.as_deref() == Some(MAY_NOT_LOG_IN) => {
                Ok(format!("{user} was refused at {identifier} ({MAY_NOT_LOG_IN})"))
            }
            Err(error) if error.kind == pg::ErrorKind::Authentication => {
                Ok(format!("not tried as {user}, whose password {identifier} does not take: {error}"))
            }
            Err(error) => Err(writers::failed(doing, &error)),
        }
    }
}

/// What the way back found, in words.
fn let_in_words(server: &str, listed: &[Role], found: &Writers) -> String {
    let (back, other): (Vec<&Role>, Vec<&Role>) = listed.iter().partition(|role| found.open.contains(role));
    let mut words = format!("{} can log in to {server} again", names(back.iter().map(|role| role.name.as_str())));
    if !other.is_empty() {
        let other = names(other.iter().map(|role| role.name.as_str()));
        words += &format!("; {other}: dropped, made anew or shut out by somebody since, and left alone");
    }
    words
}

#[async_trait]
impl Body for Fence {
    fn id(&self) -> StepId {
        StepId::from(ID)
    }

    fn until(&self) -> Until {
        Until::Cutover
    }

    fn reversibility(&self) -> Undo {
        Undo::Reversible
    }

    fn describe(&self) -> Description {
        let who = names(self.seen.iter().map(String::as_str));
        Description {
            title: format!("fence {}: {who} may not log in, and their sessions end", self.server.identifier),
            calls: Vec::new(),
            undo: match &self.promotion {
                None => "let exactly the roles that were shut out log in again, after the application was moved back"
                    .to_owned(),
                Some(promotion) => format!(
                    "let exactly the roles that were shut out log in again, unless {} has become the primary",
                    promotion.target.words()
                ),
            },
        }
    }

    async fn observe(&self, world: &World, cx: &Context<'_>) -> Result<Observed, StepError> {
        let doing = self.doing();
        let listed: Listed = cx.outputs.of(LIST)?;
        if let Some(why) = listed.unreachable {
            let fenced = Fenced { roles: Vec::new(), position: None, tried: None, unfenced: Some(why) };
            return Ok(Observed::Done(json!(fenced)));
        }
        let found = self.look(world, cx, &doing).await?;
        let strangers: Vec<&str> =
            found.open.iter().filter(|role| !listed.roles.contains(role)).map(|role| role.name.as_str()).collect();
        if !strangers.is_empty() {
            let failure = Failure::new(format!("{doing}: {} can log in and is not on the list", strangers.join(", ")));
            let hint = format!("somebody made it meanwhile; daybreak cutover {} makes the list anew", cx.run);
            return Err(StepError::terminal(failure.hint(hint)));
        }
        if !found.open.is_empty() || !found.reopened.is_empty() {
            return Ok(Observed::Act);
        }
        if found.sessions > 0 {
            let wait = Waiting::on(format!("{} sessions of the application to end", found.sessions));
            let ending = cx.attended < ENDING;
            return Ok(if ending { Observed::Wait(wait.again_in(QUIET / 2)) } else { Observed::Act });
        }
        if cx.notes.is_empty() {
            let wait = Waiting::on("a second look that finds nobody").again_in(QUIET);
            return Ok(Observed::Note(json!({ "nobody": found.position }), wait));
        }
        let mut tried: Vec<String> = Vec::new();
        for client in &self.clients {
            let found = self.try_to_write(world, client, &doing).await?;
            // Two secrets may hold the same login.
            if !tried.contains(&found) {
                tried.push(found);
            }
        }
        if self.clients.is_empty() {
            tried.push("not tried, since nothing tells how the application logs in".to_owned());
        }
        let (position, tried) = (Some(found.position), Some(tried.join("; ")));
        Ok(Observed::Done(json!(Fenced { roles: found.shut, position, tried, unfenced: None })))
    }

    async fn act(&self, world: &World, cx: &Context<'_>) -> Result<(), StepError> {
        let doing = self.doing();
        let listed: Listed = cx.outputs.of(LIST)?;
        let found = self.look(world, cx, &doing).await?;
        // One that was dropped since cannot write.
        let there = |role: &Role| [&found.open, &found.shut, &found.reopened].iter().any(|roles| roles.contains(role));
        let roles: Vec<Role> = listed.roles.into_iter().filter(there).collect();
        let login = self.server.login(world).await?;
        let shut = world.fencing.shut_out(&login, &writers::marker(cx), &roles).await;
        shut.map_err(|error| writers::failed(&doing, &error))
    }

    async fn undo(&self, world: &World, cx: &Context<'_>) -> Result<Undone, StepError> {
        let name = &self.server.identifier;
        let doing = format!("let the application's roles log in to {name} again");
        let listed: Listed = cx.outputs.of(LIST)?;
        if listed.unreachable.is_some() {
            return Ok(Undone::Done(format!("{name} was never fenced")));
        }
        if let Some(stays) = self.stays(world, cx).await? {
            return Ok(stays);
        }
        let mut found = self.look(world, cx, &doing).await?;
        if found.marker {
            let login = self.server.login(world).await?;
            let let_in = world.fencing.let_in(&login, &writers::marker(cx)).await;
            let_in.map_err(|error| writers::failed(&doing, &error))?;
            found = self.look(world, cx, &doing).await?;
        }
        if found.marker {
            return Ok(Undone::Wait(Waiting::on(format!("{name} to show its roles as they were")).again_in(QUIET)));
        }
        Ok(Undone::Done(let_in_words(name, &listed.roles, &found)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_as_it_was_is_said() {
        let role = |name: &str, oid| Role { name: name.to_owned(), oid };
        let position = Position {
            at: jiff::Timestamp::UNIX_EPOCH,
            lsn: None,
            next_transaction: 3,
            inserted: 0,
            updated: 0,
            deleted: 0,
        };
        let found = Writers {
            open: vec![role("app", 7), role("batch", 12)],
            shut: Vec::new(),
            reopened: Vec::new(),
            sessions: 0,
            kept: Vec::new(),
            missing: Vec::new(),
            marker: false,
            sealed: false,
            position,
        };
        assert_eq!(let_in_words("loans", &[role("app", 7)], &found), "app can log in to loans again");
        assert_eq!(
            let_in_words("loans", &[role("app", 7), role("batch", 8), role("gone", 9)], &found),
            "app can log in to loans again; batch, gone: dropped, made anew or shut out by somebody since, and left alone"
        );
    }
}

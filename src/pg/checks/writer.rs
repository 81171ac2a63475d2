//! Does the writer answer, and is it a writer?

use super::outcome::{Asked, Outcome};
use super::prove::World;
use crate::pg::snapshot::Taken;

pub(super) async fn check(world: &World<'_>, lane: &Taken<'_>) -> Outcome {
    let doing = "ask whether the server is a writer";
    let rows = match lane.rows(doing, "SELECT pg_catalog.pg_is_in_recovery()", &[]).await {
        Ok(rows) => rows,
        Err(error) => return Outcome::of_error(&error, Asked::ByDaybreak),
    };
    let landed = world.target.landed();
    let found = format!("{}, PostgreSQL {}", landed.name(), landed.version);
    match rows.first().map(|row| row.try_get::<_, bool>(0)) {
        Some(Ok(false)) => Outcome::passed(found),
        Some(Ok(true)) => {
            Outcome::failed("the server is in recovery: it follows another and takes no writes").with_found(found)
        }
        Some(Err(_)) | None => Outcome::unchecked("the server did not say whether it is in recovery").with_found(found),
    }
}

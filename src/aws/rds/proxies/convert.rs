//! From the SDK's proxies to our model.

use aws_sdk_rds::types;

use super::model::{Auth, Proxy, ProxyTarget};
use crate::aws::error::Error;
use crate::aws::sdk::Operation;

pub(super) fn proxy(it: types::DbProxy, operation: Operation) -> Result<Proxy, Error> {
    let mut security_groups = it.vpc_security_group_ids.unwrap_or_default();
    security_groups.sort_unstable();
    Ok(Proxy {
        name: it.db_proxy_name.ok_or_else(|| operation.lacks("DBProxyName"))?,
        status: it.status.ok_or_else(|| operation.lacks("Status"))?.as_str().to_owned(),
        engine_family: it.engine_family.ok_or_else(|| operation.lacks("EngineFamily"))?,
        vpc_id: it.vpc_id,
        security_groups,
        endpoint: it.endpoint,
        auth: it.auth.unwrap_or_default().into_iter().map(auth).collect(),
        default_auth_scheme: it.default_auth_scheme,
    })
}

fn auth(it: types::UserAuthConfigInfo) -> Auth {
    Auth { secret: it.secret_arn.filter(|arn| !arn.is_empty()), iam: it.iam_auth.map(|mode| mode.as_str().to_owned()) }
}

pub(super) fn target(it: types::DbProxyTarget, operation: Operation) -> Result<ProxyTarget, Error> {
    let health = it.target_health;
    Ok(ProxyTarget {
        name: it.rds_resource_id.ok_or_else(|| operation.lacks("RdsResourceId"))?,
        cluster: it.tracked_cluster_id.filter(|cluster| !cluster.is_empty()),
        kind: it.r#type.map(|kind| kind.as_str().to_owned()),
        role: it.role.map(|role| role.as_str().to_owned()),
        state: health.as_ref().and_then(|health| Some(health.state.as_ref()?.as_str().to_owned())),
        reason: health.as_ref().and_then(|health| Some(health.reason.as_ref()?.as_str().to_owned())),
        description: health.and_then(|health| health.description),
    })
}

//! Credentials of a named AWS profile, and of nothing else.
//!
//! The SDK's default chain takes a profile for one source among many: keys in the environment come
//! before it, and when it does not exist the role of the machine comes after. Who names a profile
//! must not end up in another account, so here the name is binding, as it is for the AWS CLI.

use aws_config::Region;
use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider};
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::SharedHttpClient;

/// The profile that the environment names, unless keys in the environment take its place.
pub(super) fn of_environment() -> Option<String> {
    let set = |name| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    match set("AWS_ACCESS_KEY_ID") {
        Some(_) => None,
        None => set("AWS_PROFILE"),
    }
}

/// The region in force with a profile: the one given, the environment's, or its own.
pub(super) async fn region(profile: &str, given: Option<String>) -> Option<Region> {
    RegionProviderChain::first_try(given.map(Region::new))
        .or_else(EnvironmentVariableRegionProvider::new())
        .or_else(ProfileFileRegionProvider::builder().profile_name(profile).build())
        .region()
        .await
}

/// The credentials of a profile; roles it assumes are asked for in `region`.
pub(super) fn credentials(
    profile: &str,
    region: Option<Region>,
    http_client: SharedHttpClient,
) -> SharedCredentialsProvider {
    let config = ProviderConfig::without_region().with_region(region).with_http_client(http_client);
    SharedCredentialsProvider::new(
        ProfileFileCredentialsProvider::builder().configure(&config).profile_name(profile).build(),
    )
}

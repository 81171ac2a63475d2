//! IAM authentication tokens: passwords for PostgreSQL that AWS's signature makes.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{self, SignableBody, SignableRequest, SignatureLocation, SigningSettings};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::identity::Identity;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};
use secrecy::SecretString;

use super::error::{Error, ErrorKind};
use super::session::Session;

/// How long a token can begin a connection; AWS allows no more. Connections once made live on.
const VALIDITY: Duration = Duration::from_secs(900);

/// Makes a token with which `user` may log in to the database at `host` and `port` for the next 15
/// minutes.
///
/// Nothing is sent. The database checks the token, and that the credentials that signed it are
/// still valid, that they allow `rds-db:connect` on its resource id, and that the user has been
/// granted `rds_iam`. `host` and `port` must be those of the database itself, also when it is
/// reached through a tunnel.
///
/// # Errors
/// [`ErrorKind::Credentials`] when credentials that have expired cannot be renewed.
pub async fn rds_auth_token(
    session: &Session,
    region: &str,
    host: &str,
    port: u16,
    user: &str,
) -> Result<SecretString, Error> {
    let credentials = session.credentials().await?;
    token(credentials, SystemTime::now(), region, host, port, user)
}

fn token(
    credentials: Credentials,
    now: SystemTime,
    region: &str,
    host: &str,
    port: u16,
    user: &str,
) -> Result<SecretString, Error> {
    let mut settings = SigningSettings::default();
    settings.expires_in = Some(VALIDITY);
    settings.signature_location = SignatureLocation::QueryParams;

    let identity = Identity::from(credentials);
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name("rds-db")
        .time(now)
        .settings(settings)
        .build()
        .map_err(|error| unsigned(&error))?;

    let mut address = format!("{host}:{port}/?Action=connect&DBUser={}", encoded(user));
    let url = format!("https://{address}");
    let request = SignableRequest::new("GET", url, std::iter::empty(), SignableBody::empty())
        .map_err(|error| unsigned(&error))?;
    let (instructions, _signature) =
        http_request::sign(request, &params.into()).map_err(|error| unsigned(&error))?.into_parts();
    for (name, value) in instructions.params() {
        address.push_str(&format!("&{name}={}", encoded(value)));
    }
    Ok(SecretString::from(address))
}

fn unsigned(error: &(dyn std::error::Error + 'static)) -> Error {
    Error::new(ErrorKind::Other, "rds-db", "connect", "the login token cannot be signed").caused_by(Some(error))
}

/// Encodes as the signature's canonical form has it: all but unreserved characters, in upper-case
/// hexadecimal.
fn encoded(text: &str) -> PercentEncode<'_> {
    const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    utf8_percent_encode(text, RESERVED)
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    const SECRET_KEY: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

    /// 2026-11-20 14:22:05 UTC.
    fn now() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_184_525)
    }

    /// A token's parameters come in any order: only the signature depends on it, and that sorts
    /// them first.
    fn parts(token: &str) -> (&str, Vec<&str>) {
        let (address, query) = token.split_once('?').expect("a token is an address and a query");
        let mut parameters: Vec<&str> = query.split('&').collect();
        parameters.sort_unstable();
        (address, parameters)
    }

    /// The expected tokens are what botocore 1.44.5 gives for the same inputs and time
    /// (`session.create_client("rds").generate_db_auth_token(host, port, user)`).
    #[test]
    fn tokens_are_those_of_botocore() {
        let long_lived = Credentials::new("AKIDEXAMPLE", SECRET_KEY, None, None, "test");
        let made = token(
            long_lived,
            now(),
            "eu-west-1",
            "loans.cluster-c1.eu-west-1.rds.amazonaws.com",
            5432,
            "daybreak_validator",
        )
        .expect("signs");
        let botocore = "loans.cluster-c1.eu-west-1.rds.amazonaws.com:5432/?Action=connect&DBUser=daybreak_validator\
            &X-Amz-Algorithm=AWS4-HMAC-SHA256\
            &X-Amz-Credential=AKIDEXAMPLE%2F20261120%2Feu-west-1%2Frds-db%2Faws4_request\
            &X-Amz-Date=20261120T142205Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host\
            &X-Amz-Signature=ab825792f494b5f5a00cb5913380d11cd62ad6235353f92c25f7a3b2482bb88a";
        assert_eq!(parts(made.expose_secret()), parts(botocore));
    }

    #[test]
    fn tokens_of_a_role_for_an_awkward_user_are_those_of_botocore() {
        let session_token = "FwoGZXIvYXdzEJr//////////wEaDH+a/b==".to_owned();
        let of_a_role = Credentials::new("ASIAEXAMPLE", SECRET_KEY, Some(session_token), None, "test");
        let host = "loans.cluster-c1.us-east-2.rds.amazonaws.com";
        let made = token(of_a_role, now(), "us-east-2", host, 6543, "o'brien+check me@corp").expect("signs");
        let botocore = "loans.cluster-c1.us-east-2.rds.amazonaws.com:6543/?Action=connect\
            &DBUser=o%27brien%2Bcheck%20me%40corp&X-Amz-Algorithm=AWS4-HMAC-SHA256\
            &X-Amz-Credential=ASIAEXAMPLE%2F20261120%2Fus-east-2%2Frds-db%2Faws4_request\
            &X-Amz-Date=20261120T142205Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host\
            &X-Amz-Security-Token=FwoGZXIvYXdzEJr%2F%2F%2F%2F%2F%2F%2F%2F%2F%2FwEaDH%2Ba%2Fb%3D%3D\
            &X-Amz-Signature=50889bb18df3d2b2dd4460c99a4e12d595990047b659438aef6cb40295d795a3";
        assert_eq!(parts(made.expose_secret()), parts(botocore));
    }

    #[test]
    fn a_token_is_not_shown() {
        let credentials = Credentials::new("AKIDEXAMPLE", SECRET_KEY, None, None, "test");
        let made = token(credentials, now(), "eu-west-1", "localhost", 5432, "u").expect("signs");
        assert!(!format!("{made:?}").contains("Signature"));
    }

    #[test]
    fn a_host_that_is_none_is_an_error() {
        let credentials = Credentials::new("AKIDEXAMPLE", SECRET_KEY, None, None, "test");
        let error = token(credentials, now(), "eu-west-1", "no host", 5432, "u").expect_err("cannot be signed");
        assert_eq!(error.to_string(), "rds-db connect: the login token cannot be signed");
    }
}

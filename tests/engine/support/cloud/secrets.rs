//! The Secrets Manager of the in-memory cloud: secrets, their versions and their labels.

use std::collections::BTreeMap;

use async_trait::async_trait;
use daybreak::aws::{
    Error,
    secrets::{
        Secrets,
        model::{SecretDescription, SecretVersion, VersionRef},
        requests::{MoveLabel, PutVersion},
    },
};
use secrecy::{ExposeSecret, SecretString};

use super::{Cloud, Inner, MANAGED, answered};

/// Another secret: the login of those who may alter roles.
const ADMIN: &str = "prod/loans/admin";

/// A secret with its values, by version.
#[derive(Clone)]
pub(super) struct Kept {
    pub(super) description: SecretDescription,
    pub(super) values: BTreeMap<String, String>,
}

impl Kept {
    /// The host that its clients get; none of a secret that tells of none.
    pub(super) fn points_at(&self) -> Option<String> {
        let current = self.description.current().unwrap();
        let value: serde_json::Value = serde_json::from_str(&self.values[current]).unwrap();
        value["host"].as_str().map(str::to_owned)
    }
}

/// The secret of this name or ARN; of any other the application's.
fn kept<'a>(inner: &'a mut Inner, secret: &str) -> &'a mut Kept {
    let is = |kept: &Kept| kept.description.name == secret || kept.description.arn == secret;
    let at = inner.secrets.iter().position(is).unwrap_or(0);
    &mut inner.secrets[at]
}

/// Puts a label on one version, and so takes it from all others.
fn place(versions: &mut BTreeMap<String, Vec<String>>, label: &str, on: Option<&String>) {
    for labels in versions.values_mut() {
        labels.retain(|held| held != label);
    }
    if let Some(version) = on {
        versions.entry(version.clone()).or_default().push(label.to_owned());
    }
}

#[async_trait]
impl Secrets for Cloud {
    async fn describe(&self, secret: &str) -> Result<Option<SecretDescription>, Error> {
        self.answers().await;
        if secret == ADMIN {
            return Ok(Some(SecretDescription { arn: ADMIN.to_owned(), ..SecretDescription::default() }));
        }
        Ok(Some(kept(&mut self.inner(), secret).description.clone()))
    }

    async fn get(&self, secret: &str, version: &VersionRef) -> Result<Option<SecretVersion>, Error> {
        self.answers().await;
        if secret == ADMIN {
            let value = r#"{"engine":"postgres","host":"elsewhere.example","username":"admin","password":"hunter3"}"#;
            return Ok(Some(SecretVersion {
                version_id: "a1".to_owned(),
                value: SecretString::from(value),
                labels: vec!["AWSCURRENT".to_owned()],
            }));
        }
        if secret.starts_with(MANAGED) {
            let value = SecretString::from(r#"{"username":"postgres","password":"managed-hunter2"}"#);
            return Ok(Some(SecretVersion { version_id: "m1".to_owned(), value, labels: Vec::new() }));
        }
        let mut inner = self.inner();
        if inner.readable == Some(0) {
            return answered("GetSecretValue", "ThrottlingException");
        }
        inner.readable = inner.readable.map(|left| left - 1);
        let Kept { description, values } = kept(&mut inner, secret);
        let id = match version {
            VersionRef::Current => description.current().map(str::to_owned),
            VersionRef::Id(id) => Some(id.clone()),
        };
        Ok(id.and_then(|id| {
            let value = SecretString::from(values.get(&id)?.clone());
            let labels = description.versions.get(&id).cloned().unwrap_or_default();
            Some(SecretVersion { version_id: id, value, labels })
        }))
    }

    async fn put_version(&self, request: &PutVersion, value: &SecretString) -> Result<String, Error> {
        self.change("PutSecretValue", |inner| {
            let id = request.client_request_token.clone();
            let Kept { description, values } = kept(inner, &request.secret_id);
            match values.get(&id) {
                Some(there) if there != value.expose_secret() => {
                    return answered("PutSecretValue", "ResourceExistsException");
                }
                Some(_) => {}
                None => {
                    values.insert(id.clone(), value.expose_secret().to_owned());
                    description.versions.insert(id.clone(), request.version_stages.clone());
                }
            }
            Ok(id)
        })
        .await
    }

    async fn move_label(&self, request: &MoveLabel) -> Result<(), Error> {
        self.change("UpdateSecretVersionStage", |inner| {
            let Kept { description, .. } = kept(inner, &request.secret_id);
            let holder = description.holder(&request.version_stage).map(str::to_owned);
            if holder != request.remove_from_version_id {
                return answered("UpdateSecretVersionStage", "InvalidParameterException");
            }
            let versions = &mut description.versions;
            place(versions, &request.version_stage, request.move_to_version_id.as_ref());
            if request.version_stage == "AWSCURRENT" {
                place(versions, "AWSPREVIOUS", holder.as_ref());
            }
            versions.retain(|_, labels| !labels.is_empty());
            Ok(())
        })
        .await
    }
}

//! TLS: always, and always with the certificate checked against chain and host name (libpq's
//! `verify-full`).

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{self, PemObject};
use rustls::{CertificateError, ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::error::{Error, ErrorKind};
use super::login::Login;

/// Where AWS publishes the certificate authorities of RDS, which no operating system trusts of
/// itself.
const RDS_BUNDLE: &str = "https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem";

/// Returns a connector that trusts the authorities in the login's file, or those of the operating
/// system; for the endpoint of a proxy both.
///
/// # Errors
/// When the file cannot be read or holds no usable certificate.
pub(super) fn connector(login: &Login) -> Result<MakeRustlsConnect, Error> {
    let mut roots = match &login.ca {
        Some(path) => roots_from(path)?,
        None => RootCertStore::empty(),
    };
    if login.ca.is_none() || login.is_proxy {
        // Some system stores hold certificates that rustls rejects; the others still count, and
        // an empty store shows as an unknown issuer, which is explained below.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::new(ErrorKind::Other, "set up TLS", "no usable protocol version").with_source(error))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

fn roots_from(path: &Path) -> Result<RootCertStore, Error> {
    let doing = || format!("read the certificate authorities in {}", path.display());
    let certificates: Vec<CertificateDer<'static>> =
        CertificateDer::pem_file_iter(path).and_then(Iterator::collect).map_err(|error: pem::Error| {
            Error::new(ErrorKind::Other, doing(), "the file is not readable as PEM").with_source(PemFault(error))
        })?;
    let mut roots = RootCertStore::empty();
    let (usable, _) = roots.add_parsable_certificates(certificates);
    if usable == 0 {
        return Err(Error::new(ErrorKind::Other, doing(), "there is no certificate in it")
            .with_hint(format!("the setting `ca` takes a PEM file; AWS publishes that of RDS at {RDS_BUNDLE}")));
    }
    Ok(roots)
}

/// A fault in a PEM file, without the lines it quotes: a private key may have been named by
/// mistake.
#[derive(Debug, thiserror::Error)]
#[error("{}", match .0 {
    pem::Error::Io(error) => error.to_string(),
    _ => "malformed PEM".to_owned(),
})]
struct PemFault(pem::Error);

/// Explains a failed handshake: the reason, and what to do about it.
pub(super) fn explain(fault: &rustls::Error, host: &str) -> (String, Option<String>) {
    let rustls::Error::InvalidCertificate(certificate) = fault else {
        return ("the TLS handshake failed".to_owned(), None);
    };
    match certificate {
        CertificateError::UnknownIssuer => (
            "the server's certificate comes from an authority that is not trusted".to_owned(),
            Some(format!(
                "RDS certificates come from AWS's own authorities: save {RDS_BUNDLE} and name the file as `ca` under \
                 the database's `connect`"
            )),
        ),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => (
            format!("the server's certificate is not for {host}"),
            Some(
                "RDS certificates name RDS endpoints only: connect to the endpoint's own name, and give a tunnel's \
                 address as `via`"
                    .to_owned(),
            ),
        ),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            ("the server's certificate has expired".to_owned(), None)
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => (
            "the server's certificate is not valid yet".to_owned(),
            Some("compare this machine's clock with the real time".to_owned()),
        ),
        _ => ("the server's certificate was rejected".to_owned(), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_issuer_leads_to_the_bundle_of_rds() {
        let fault = rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer);
        let (reason, hint) = explain(&fault, "loans.example");
        assert!(reason.contains("not trusted"));
        assert!(hint.is_some_and(|hint| hint.contains(RDS_BUNDLE) && hint.contains("`ca`")));
    }

    #[test]
    fn a_file_without_certificates_is_refused_by_name() {
        let directory = tempfile::tempdir().expect("directory");
        let path = directory.path().join("empty.pem");
        std::fs::write(&path, "no certificate\n").expect("write");
        let trusting = |path: &Path| connector(&Login { ca: Some(path.to_owned()), ..Login::example() });
        let error = trusting(&path).err().expect("refused");
        assert_eq!(error.kind, ErrorKind::Other);
        assert!(error.to_string().contains("empty.pem"), "{error}");
        assert!(trusting(&directory.path().join("absent.pem")).is_err());
    }
}

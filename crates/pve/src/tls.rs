//! Which server is trusted: rustls set up with `ring`, and the verifiers of a pinned and of any certificate.

use std::error::Error;
use std::io;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, OtherError, RootCertStore,
    SignatureScheme,
};

use crate::endpoint::{Fingerprint, Tls};
use crate::error::{Error as Failure, Kind, Result};
use crate::text;

/// The set-up of rustls for this trust.
pub(crate) fn config(tls: &Tls) -> Result<ClientConfig> {
    let provider = provider();
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| Failure::new(Kind::Other, error.to_string()))?;
    Ok(match tls {
        Tls::Fingerprints(pinned) => {
            let rule = Rule::Pinned(pinned.clone());
            builder
                .dangerous()
                .with_custom_certificate_verifier(Leaf::verifier(rule, provider))
                .with_no_client_auth()
        }
        Tls::AcceptAny => builder
            .dangerous()
            .with_custom_certificate_verifier(Leaf::verifier(Rule::Any, provider))
            .with_no_client_auth(),
        Tls::CaFile(path) => builder
            .with_root_certificates(authorities(path)?)
            .with_no_client_auth(),
        Tls::System => {
            let system = rustls_platform_verifier::Verifier::new(provider)
                .map_err(|error| Failure::new(Kind::Untrusted { seen: None }, error.to_string()))?;
            builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(system))
                .with_no_client_auth()
        }
    })
}

/// A set-up that refuses every certificate and tells its fingerprint in the refusal.
pub(crate) fn looking() -> Result<ClientConfig> {
    config(&Tls::Fingerprints(Vec::new()))
}

/// The certificate that made a handshake fail, found among the causes of an error.
pub(crate) fn refused(error: &(dyn Error + 'static)) -> Option<(Option<Fingerprint>, String)> {
    match of_tls(error) {
        Some(rustls::Error::InvalidCertificate(why)) => Some((seen(why), in_words(why))),
        _ => None,
    }
}

/// Of ours, our own words: rustls would show the type.
fn in_words(why: &CertificateError) -> String {
    match seen(why) {
        Some(_) => text::fingerprint_differs().to_owned(),
        None => why.to_string(),
    }
}

/// What rustls complained of, found among the causes of an error.
pub(crate) fn of_tls<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    causes(error).find_map(|cause| cause.downcast_ref())
}

/// An error and its causes.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |cause| cause_of(*cause))
}

/// An I/O error that wraps another one does not tell it as its source.
fn cause_of<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error.downcast_ref::<io::Error>() {
        Some(io) => io.get_ref().map(|inside| inside as &(dyn Error + 'static)),
        None => error.source(),
    }
}

fn seen(why: &CertificateError) -> Option<Fingerprint> {
    let CertificateError::Other(OtherError(other)) = why else {
        return None;
    };
    other
        .downcast_ref::<NotPinned>()
        .map(|not_pinned| not_pinned.0)
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn authorities(path: &std::path::Path) -> Result<RootCertStore> {
    let bad = |why: &str| Failure::new(Kind::Untrusted { seen: None }, text::no_ca_file(path, why));
    let pem = std::fs::read(path).map_err(|error| bad(&error.to_string()))?;
    let mut store = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|error| bad(&error.to_string()))?;
        store
            .add(certificate)
            .map_err(|error| bad(&error.to_string()))?;
    }
    if store.is_empty() {
        Err(bad("it holds no certificate"))
    } else {
        Ok(store)
    }
}

/// What is asked of the certificate itself. That the server has its key is always checked, by the handshake's signature.
#[derive(Debug)]
enum Rule {
    Pinned(Vec<Fingerprint>),
    Any,
}

#[derive(Debug)]
struct Leaf {
    rule: Rule,
    provider: Arc<CryptoProvider>,
}

impl Leaf {
    fn verifier(rule: Rule, provider: Arc<CryptoProvider>) -> Arc<dyn ServerCertVerifier> {
        Arc::new(Leaf { rule, provider })
    }
}

/// Carries the fingerprint through rustls.
#[derive(Debug, thiserror::Error)]
#[error("{}", text::fingerprint_differs())]
struct NotPinned(Fingerprint);

impl ServerCertVerifier for Leaf {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let seen = Fingerprint::of(leaf);
        match &self.rule {
            Rule::Pinned(pinned) if !pinned.contains(&seen) => {
                let why = OtherError(Arc::new(NotPinned(seen)));
                Err(rustls::Error::InvalidCertificate(CertificateError::Other(
                    why,
                )))
            }
            Rule::Pinned(_) | Rule::Any => Ok(ServerCertVerified::assertion()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(
            message,
            leaf,
            signed,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(
            message,
            leaf,
            signed,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

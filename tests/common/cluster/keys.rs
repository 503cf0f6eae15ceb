//! Certificates and keys of one cluster, made for it and gone with it.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};

/// Who the API server is to the kubelets.
const KUBELET_CLIENT: &str = "kube-apiserver-kubelet-client";

/// A certificate authority that signs for the cluster.
pub struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate with its key, both PEM.
#[derive(Clone)]
pub struct Identity {
    pub certificate: String,
    pub key: String,
}

impl Authority {
    pub fn new() -> Self {
        let mut params = CertificateParams::default();
        params
            .distinguished_name
            .push(DnType::CommonName, "test cluster");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![
            KeyUsagePurpose::KeyCertSign,
            KeyUsagePurpose::DigitalSignature,
        ];
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self {
            pem,
            issuer: Issuer::new(params, key),
        }
    }

    fn sign(&self, mut params: CertificateParams, name: &str, group: Option<&str>) -> Identity {
        params.distinguished_name.push(DnType::CommonName, name);
        if let Some(group) = group {
            params
                .distinguished_name
                .push(DnType::OrganizationName, group);
        }
        let key = KeyPair::generate().unwrap();
        Identity {
            certificate: params.signed_by(&key, &self.issuer).unwrap().pem(),
            key: key.serialize_pem(),
        }
    }

    /// The authority's own certificate, PEM.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// For a server that is reached by these names and addresses.
    pub fn server(&self, name: &str, names: &[&str]) -> Identity {
        let names: Vec<String> = names.iter().map(|n| (*n).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        self.sign(params, name, None)
    }

    /// For a user of a group, as the API server reads them from the subject.
    pub fn user(&self, name: &str, group: Option<&str>) -> Identity {
        let mut params = CertificateParams::default();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.sign(params, name, group)
    }

    /// Writes what the API server reads: `ca.crt`, `apiserver.{crt,key}`, `apiserver-kubelet-client.{crt,key}`,
    /// `sa.{key,pub}`.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn write(&self, folder: &Path) -> std::io::Result<()> {
        let names = ["127.0.0.1", "localhost", "kubernetes.default.svc"];
        let server = self.server("kube-apiserver", &names);
        let client = self.user(KUBELET_CLIENT, Some("system:masters"));
        let accounts = KeyPair::generate().unwrap();
        for (name, text) in [
            ("ca.crt", &self.pem),
            ("apiserver.crt", &server.certificate),
            ("apiserver.key", &server.key),
            ("apiserver-kubelet-client.crt", &client.certificate),
            ("apiserver-kubelet-client.key", &client.key),
            ("sa.key", &accounts.serialize_pem()),
            ("sa.pub", &accounts.public_key_pem()),
        ] {
            std::fs::write(folder.join(name), text)?;
        }
        Ok(())
    }

    /// A kubeconfig for a user of the server on this port.
    pub fn kubeconfig(&self, port: u16, user: &Identity) -> String {
        let (ca, certificate, key) = (
            STANDARD.encode(&self.pem),
            STANDARD.encode(&user.certificate),
            STANDARD.encode(&user.key),
        );
        format!(
            "apiVersion: v1
kind: Config
current-context: test
contexts:
- name: test
  context: {{ cluster: test, user: test }}
clusters:
- name: test
  cluster:
    server: https://127.0.0.1:{port}
    certificate-authority-data: {ca}
users:
- name: test
  user:
    client-certificate-data: {certificate}
    client-key-data: {key}
"
        )
    }
}

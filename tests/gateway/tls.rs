//! TLS: who knows the certificate talks, and whoever else does not.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use tests::binary;

use crate::kit::{Answer, Gateway};

/// A client that knows this certificate, or none.
fn client(certificate: Option<&Path>) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    if let Some(path) = certificate {
        roots.add(CertificateDer::from_pem_file(path).unwrap()).unwrap();
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    Arc::new(config.with_root_certificates(roots).with_no_client_auth())
}

/// Gets a path over TLS, if the handshake succeeds.
fn get(gateway: &Gateway, client: &Arc<ClientConfig>, path: &str) -> Result<Answer, std::io::Error> {
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream =
        StreamOwned::new(ClientConnection::new(client.clone(), name).unwrap(), gateway.port.connect());
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut text = String::new();
    // It says that it ends, so that nobody can have cut something off.
    stream.read_to_string(&mut text)?;
    Ok(Answer::of(&text).unwrap())
}

fn made(gateway: &Gateway, name: &str) -> PathBuf {
    Path::new(&gateway.data()).join("keys").join(name)
}

#[test]
fn over_tls_who_knows_the_certificate_talks_and_is_told_to_speak_nothing_else() {
    let gateway = Gateway::start_with("gateway.tls = \"self-signed\"");
    assert!(gateway.server.ready().contains("http=\"https://"), "{}", gateway.server.ready());
    gateway.server.says(&["TLS shows this certificate", "certificate=\"sha256:"]);
    let knows = client(Some(&made(&gateway, "gateway.tls.pem")));
    for path in ["/livez", "/nowhere", "/v1/azusa-usd/head"] {
        let answer = get(&gateway, &knows, path).unwrap();
        assert_eq!(answer.header("strict-transport-security"), Some("max-age=31536000"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
    }
    assert_eq!(get(&gateway, &knows, "/livez").unwrap().status, 200);
    assert!(get(&gateway, &client(None), "/livez").unwrap_err().to_string().contains("certificate"));
}

#[test]
fn plain_http_is_not_understood_where_tls_is_spoken_and_harms_nobody() {
    let gateway = Gateway::start_with("gateway.tls = \"self-signed\"");
    assert!(gateway.port.send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n").is_none());
    let knows = client(Some(&made(&gateway, "gateway.tls.pem")));
    assert_eq!(get(&gateway, &knows, "/livez").unwrap().status, 200);
    assert_eq!(gateway.server.stop(), 0);
}

#[test]
fn a_handshake_that_hangs_is_dropped() {
    let gateway = Gateway::start_with("gateway.tls = \"self-signed\"\ngateway.handshake_ms = 100");
    let mut silent = gateway.port.connect();
    let mut begun = gateway.port.connect();
    begun.write_all(&[0x16, 0x03, 0x01, 0x02]).unwrap();
    for stream in [&mut silent, &mut begun] {
        let mut told = Vec::new();
        // It ends because the server ends it.
        let _ = stream.read_to_end(&mut told);
        assert!(told.is_empty(), "{told:?}");
    }
}

#[test]
fn a_certificate_of_ours_is_shown_and_a_new_one_after_a_hangup() {
    let givers = [(); 2].map(|()| Gateway::start_with("gateway.tls = \"self-signed\""));
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = (folder.path().join("c.pem"), folder.path().join("k.pem"));
    let give = |giver: &Gateway| {
        std::fs::copy(made(giver, "gateway.tls.pem"), &certificate).unwrap();
        // Its mode comes with it.
        std::fs::copy(made(giver, "gateway.tls.key.pem"), &key).unwrap();
    };
    give(&givers[0]);
    let more = format!(
        "gateway.tls = \"files\"\ngateway.tls_certificate = {certificate:?}\ngateway.tls_key = {key:?}"
    );
    let gateway = Gateway::start_with(&more);
    let [first, second] = [0, 1].map(|number| client(Some(&made(&givers[number], "gateway.tls.pem"))));
    assert_eq!(get(&gateway, &first, "/livez").unwrap().status, 200);
    give(&givers[1]);
    gateway.server.reload();
    gateway.server.says(&["the certificate was read again"]);
    assert_eq!(get(&gateway, &second, "/livez").unwrap().status, 200);
    assert!(get(&gateway, &first, "/livez").is_err());
    // One that can't be used changes nothing.
    std::fs::copy(made(&givers[0], "gateway.tls.pem"), &certificate).unwrap();
    gateway.server.reload();
    gateway.server.says(&["the one before is shown"]);
    assert_eq!(get(&gateway, &second, "/livez").unwrap().status, 200);
}

#[test]
fn a_gateway_does_not_start_with_a_key_that_others_can_read_or_that_is_another_s() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let giver = Gateway::start_with("gateway.tls = \"self-signed\"");
    std::fs::copy(made(&giver, "gateway.tls.pem"), at("c.pem")).unwrap();
    std::fs::copy(made(&giver, "gateway.tls.key.pem"), at("k.pem")).unwrap();
    let other = Gateway::start_with("gateway.tls = \"self-signed\"");
    std::fs::copy(made(&other, "gateway.tls.key.pem"), at("other.pem")).unwrap();
    let text = |key: &str| {
        format!(
            "data = {:?}\n[gateway]\nlisten = \"127.0.0.1:0\"\ntls = \"files\"\ntls_certificate = {:?}\ntls_key = {:?}\n",
            at("data"),
            at("c.pem"),
            at(key)
        )
    };
    let start = |key: &str| {
        std::fs::write(at("hubledger.toml"), text(key)).unwrap();
        binary::run(&["serve", "all", "--config", at("hubledger.toml").to_str().unwrap()])
    };
    assert!(start("other.pem").ended(7).err.contains("gateway.tls"));
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(at("k.pem"), std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(start("k.pem").ended(6).err.contains("can be read by others"));
    assert!(start("none.pem").ended(6).err.contains("missing"));
}

//! Where a webhook may lead, and what the sender makes of who is there.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use courier::{Refused, Resolve, Scheme, Sender, Signed, Target, Tried, is_public, sign};
use futures::future::BoxFuture;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::{key, source, webhook};

/// Addresses that lead inside, or nowhere.
const INSIDE: &str = "\
    127.0.0.1 127.255.0.9 10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254 100.64.0.1 \
    100.127.255.255 0.0.0.0 0.1.2.3 224.0.0.1 255.255.255.255 240.0.0.1 192.0.0.8 192.0.2.1 198.18.0.1 \
    198.19.255.255 198.51.100.7 203.0.113.9 192.88.99.1 :: ::1 ::7f00:1 fe80::1 fec0::1 fc00::1 \
    fd12:3456::1 ff02::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 64:ff9b::a9fe:a9fe 64:ff9b::10.1.2.3 \
    64:ff9b:1::1.1.1.1 2002:7f00:1:: 2002:c0a8:101::1 2001::1 2001:db8::1 3fff::1 100::1 5f00::1";
/// Addresses that do not.
const PUBLIC: &str = "\
    1.1.1.1 9.9.9.9 172.15.0.1 172.32.0.1 100.63.0.1 100.128.0.1 192.0.1.1 198.17.0.1 2606:4700::1111 \
    2001:4860:4860::8888 ::ffff:1.1.1.1 64:ff9b::1.1.1.1 2a00::1 3ffe::1";

#[test]
fn what_is_not_public_is_refused_in_every_form() {
    for (addresses, expected) in [(INSIDE, false), (PUBLIC, true)] {
        let wrong = addresses.split(' ').find(|address| is_public(address.parse().unwrap()) != expected);
        assert_eq!(wrong, None);
    }
}

#[test]
fn addresses_that_can_only_be_private_are_refused_when_they_are_given() {
    let refused = |url: &str| Target::read(url, false).unwrap_err();
    for url in [
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://0177.0.0.1/",
        "https://[::1]:8443/x",
        "https://[::ffff:169.254.169.254]/",
        "https://localhost/",
        "https://LOCALHOST./",
        "https://api.localhost/",
        "https://intranet/",
        "https://metadata.google.internal/",
        "https://printer.local/",
        "https://10.1.2.3:443/",
    ] {
        assert_eq!(refused(url), Refused::NotPublic, "{url}");
        assert!(Target::read(url, true).is_ok(), "{url}");
    }
    assert_eq!(refused("http://sis.example/"), Refused::NotHttps);
    assert_eq!(refused("https://me:secret@sis.example/"), Refused::Credentials);
    let long = format!("https://sis.example/{}", "x".repeat(2048));
    for url in
        ["", "sis.example", "ftp://sis.example/", "file:///etc/passwd", "https://sis.example/#x", &long]
    {
        assert_eq!(refused(url), Refused::NotAnAddress, "{url}");
    }
    let target = Target::read("https://sis.example:8443/hooks?token=secret", false).unwrap();
    assert_eq!(
        (target.authority.as_str(), target.path.as_str()),
        ("sis.example:8443", "/hooks?token=secret")
    );
    assert_eq!(target.shown(), "https://sis.example:8443");
}

/// Says that every name stands for these addresses.
struct Says(Vec<SocketAddr>);

impl Resolve for Says {
    fn look_up<'a>(&'a self, _: &'a str, _: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        Box::pin(async { Ok(self.0.clone()) })
    }
}

fn sender(addresses: &[SocketAddr], private_too: bool) -> Sender {
    Sender::new(rustls::RootCertStore::empty(), Arc::new(Says(addresses.to_vec())), private_too).unwrap()
}

fn signed() -> Signed {
    sign(&key(), &webhook(Scheme::Ed25519), source(1), "{}", 0)
}

fn why(tried: Tried) -> String {
    match tried {
        Tried::Failed { why, .. } => why,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_name_that_leads_inside_is_refused_for_each_try_and_nobody_is_connected_to() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let inside = listener.local_addr().unwrap();
    // One public address among them excuses nothing.
    for addresses in [vec![inside], vec![SocketAddr::from(([1, 1, 1, 1], 443)), inside]] {
        let tried =
            sender(&addresses, false).send("https://rebound.example/", &signed(), "{}".to_owned()).await;
        assert_eq!(why(tried), "the name leads to an address that is not public");
    }
    let tried = sender(&[], false).send(&format!("http://{inside}/"), &signed(), "{}".to_owned()).await;
    assert_eq!(why(tried), Refused::NotHttps.to_string());
    let none = tokio::time::timeout(Duration::ZERO, listener.accept()).await;
    assert!(none.is_err(), "somebody connected");
}

/// Answers one request with these bytes; the request.
async fn answer(with: &str) -> (Tried, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://hook.example:{}/in?q=1", listener.local_addr().unwrap().port());
    let sender = sender(&[listener.local_addr().unwrap()], true).within(Duration::from_secs(10));
    let receive = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"{\"a\":1}") {
            let mut some = [0; 1024];
            let read = stream.read(&mut some).await.unwrap();
            request.extend_from_slice(&some[..read]);
        }
        stream.write_all(with.as_bytes()).await.unwrap();
        String::from_utf8(request).unwrap()
    };
    let signed = signed();
    tokio::join!(sender.send(&url, &signed, "{\"a\":1}".to_owned()), receive)
}

#[tokio::test]
async fn only_2xx_is_delivered_and_no_redirect_is_followed() {
    for (line, expected) in
        [("200 OK", Tried::Delivered), ("204 No Content", Tried::Delivered), ("410 Gone", Tried::Gone)]
    {
        let (tried, request) = answer(&format!("HTTP/1.1 {line}\r\nContent-Length: 0\r\n\r\n")).await;
        assert_eq!(tried, expected);
        assert!(request.starts_with("POST /in?q=1 HTTP/1.1\r\n"), "{request}");
        let (head, signed) = (request.to_lowercase(), signed());
        for line in [
            "host: hook.example:".to_owned(),
            format!("webhook-id: {}\r\n", signed.id),
            format!("webhook-timestamp: {}\r\n", signed.timestamp),
            format!("webhook-signature: {}\r\n", signed.signature.to_lowercase()),
            "content-type: application/json\r\n".to_owned(),
        ] {
            assert!(head.contains(&line), "{line} in {head}");
        }
    }
    let (tried, _) =
        answer("HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n").await;
    assert_eq!(why(tried), "the receiver answered 302");
    let (tried, _) = answer("HTTP/1.1 503 Busy\r\nRetry-After: 120\r\nContent-Length: 0\r\n\r\n").await;
    let busy = "the receiver answered 503".to_owned();
    assert_eq!(tried, Tried::Failed { why: busy, wait: Some(Duration::from_secs(120)) });
}

#[tokio::test]
async fn an_answer_counts_by_its_status_however_long_or_broken_its_body_is() {
    let (tried, _) = answer("HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\nshort").await;
    assert_eq!(tried, Tried::Delivered);
    let (tried, _) = answer(&format!("HTTP/1.1 500 No\r\n\r\n{}", "x".repeat(100_000))).await;
    assert_eq!(why(tried), "the receiver answered 500");
    let (tried, _) = answer("nonsense\r\n\r\n").await;
    assert_eq!(why(tried), "the connection broke");
}

#[tokio::test]
async fn who_does_not_answer_in_time_and_who_is_not_there_have_failed() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let silent = sender(&[address], true).within(Duration::from_millis(50));
    let tried = silent.send("http://hook.example/", &signed(), "{}".to_owned()).await;
    assert_eq!(why(tried), "no answer within 0 seconds");
    drop(listener);
    let tried = sender(&[address], true).send("http://hook.example/", &signed(), "{}".to_owned()).await;
    assert_eq!(why(tried), "nobody answers there");
}

/// A receiver that speaks TLS for this name, under a certificate that these roots know.
fn tls(name: &str) -> (tokio_rustls::TlsAcceptor, rustls::RootCertStore) {
    let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = config.unwrap().with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key);
    (tokio_rustls::TlsAcceptor::from(Arc::new(config.unwrap())), roots)
}

/// How a delivery to this address ends where that receiver answers 204 to whom it can speak with.
async fn over_tls(url: &str, acceptor: tokio_rustls::TlsAcceptor, roots: rustls::RootCertStore) -> Tried {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let resolver = Arc::new(Says(vec![listener.local_addr().unwrap()]));
    let sender = Sender::new(roots, resolver, true).unwrap();
    let receive = async {
        let (stream, _) = listener.accept().await.unwrap();
        // Who does not trust it goes away.
        let Ok(mut stream) = acceptor.accept(stream).await else { return };
        let mut request = Vec::new();
        while !request.ends_with(b"{}") {
            let mut some = [0; 1024];
            let read = stream.read(&mut some).await.unwrap();
            request.extend_from_slice(&some[..read]);
        }
        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
    };
    let signed = signed();
    tokio::join!(sender.send(url, &signed, "{}".to_owned()), receive).0
}

#[tokio::test]
async fn tls_is_spoken_with_whom_the_certificate_names_and_with_nobody_else() {
    let (acceptor, roots) = tls("hook.example");
    assert_eq!(over_tls("https://hook.example/", acceptor.clone(), roots.clone()).await, Tried::Delivered);
    let untrusted = "TLS failed; is the certificate valid?";
    assert_eq!(why(over_tls("https://other.example/", acceptor.clone(), roots).await), untrusted);
    let (_, others) = tls("hook.example");
    assert_eq!(why(over_tls("https://hook.example/", acceptor, others).await), untrusted);
}

/// Whether a request with an empty object came before the connection was ended.
async fn request_came(stream: &mut TcpStream) -> bool {
    let (mut request, mut some) = (Vec::new(), [0; 1024]);
    while !request.ends_with(b"{}") {
        match stream.read(&mut some).await.unwrap() {
            0 => return false,
            read => request.extend_from_slice(&some[..read]),
        }
    }
    true
}

/// A receiver that answers 204 to so many requests on each connection and then ends it; how many connections it took for
/// these deliveries, one after the other.
async fn connections(sender: &Sender, each: usize, deliveries: usize) -> usize {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let taken = AtomicUsize::new(0);
    let receive = async {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            taken.fetch_add(1, Ordering::Relaxed);
            for _ in 0..each {
                if !request_came(&mut stream).await {
                    break;
                }
                stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
            }
        }
    };
    let send = async {
        for _ in 0..deliveries {
            assert_eq!(sender.send(&url, &signed(), "{}".to_owned()).await, Tried::Delivered);
        }
    };
    tokio::select! {
        () = send => {}
        () = receive => {}
    }
    taken.into_inner()
}

#[tokio::test]
async fn deliveries_share_a_connection_as_long_as_the_receiver_keeps_it_and_it_is_not_too_old() {
    let open = sender(&[], true).within(Duration::from_secs(10));
    assert_eq!(connections(&open, 100, 5).await, 1);
    // One that was ended is no failure.
    assert_eq!(connections(&open, 2, 6).await, 3);
    assert_eq!(connections(&open.aged(Duration::ZERO), 100, 3).await, 3);
}

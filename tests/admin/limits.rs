//! The admin port answers three paths, changes nothing, and can't be kept busy.

use std::io::{Read, Write};

use tests::binary;

use crate::kit::Deployment;

#[test]
fn only_three_paths_are_there_and_nothing_can_be_changed() {
    let deployment = Deployment::start();
    let (_server, admin) = deployment.serve("all", "all");
    for path in ["/", "/metrics/", "/health", "/health/readyz", "/..", "/debug/pprof", "*"] {
        let answer = admin.get(path);
        assert_eq!(answer.status, 404, "{path}");
    }
    assert!(admin.get("/").body.contains("there are /health/live, /health/ready and /metrics"));
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"] {
        let answer = admin.ask(method, "/metrics", "");
        assert_eq!(answer.status, 405, "{method}");
        assert!(answer.head.contains("allow: get, head"), "{}", answer.head);
    }
    let whole = admin.get("/health/live");
    let head = admin.ask("HEAD", "/health/live", "");
    assert_eq!((head.status, head.body.as_str(), whole.body.as_str()), (200, "", "live\n"));
    assert!(head.head.contains("content-length: 5"), "{}", head.head);
    // A body is neither wanted nor waited for.
    let answer = admin.ask("POST", "/metrics", "Content-Length: 1000000000\r\n");
    assert_eq!(answer.status, 405);
    assert_eq!(admin.get("/metrics?name=x").status, 200);
}

#[test]
fn heads_that_are_too_large_or_nonsense_are_refused() {
    let deployment = Deployment::start();
    let (_server, admin) = deployment.serve("all", "all");
    let large = format!("GET /metrics HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(1 << 20));
    assert!(admin.send(&large).is_none_or(|answer| answer.status == 431));
    let many = format!("GET /metrics HTTP/1.1\r\n{}\r\n", "X: y\r\n".repeat(200));
    assert_eq!(admin.send(&many).map(|answer| answer.status), Some(431));
    let long = format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(100_000));
    assert!(admin.send(&long).is_none_or(|answer| (400..500).contains(&answer.status)));
    for nonsense in ["\r\n\r\n\0\0\0\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "{}\r\n\r\n"] {
        assert!(admin.send(nonsense).is_none_or(|answer| answer.status >= 400), "{nonsense:?}");
    }
    assert_eq!(admin.get("/health/live").status, 200);
}

#[test]
fn connections_that_say_nothing_keep_nobody_out() {
    let deployment = Deployment::start();
    let (_server, admin) = deployment.serve("all", "all");
    let mut idle: Vec<_> = (0..300).map(|_| admin.connect()).collect();
    for half in &mut idle[200..] {
        let _ = half.write_all(b"GET /metr");
    }
    assert_eq!(admin.get("/health/live").status, 200);
    let open = admin.figures().of("process_open_fds");
    assert!(open < 200.0, "{open} files are open");
    // The oldest have given way.
    let mut byte = [0];
    assert!(matches!(idle[0].read(&mut byte), Ok(0) | Err(_)));
    drop(idle);
    assert_eq!(admin.get("/health/ready").status, 200);
}

#[test]
fn a_port_that_is_taken_is_said_before_anything_is_served() {
    let deployment = Deployment::start();
    let (_server, admin) = deployment.serve("all", "all");
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("hubledger.toml");
    let text = format!("data = {:?}\nadmin.listen = \"{}\"\n", folder.path().join("data"), admin.0);
    std::fs::write(&config, text).unwrap();
    let ran = binary::run(&["serve", "all", "--config", config.to_str().unwrap()]).ended(5);
    assert!(ran.err.contains("set admin.listen to another port"), "{}", ran.err);
}

#[test]
fn without_an_address_nothing_listens() {
    let deployment = Deployment::start();
    let (server, _) = deployment.serve("all", "first");
    assert!(server.ready().contains("admin="));
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("hubledger.toml");
    std::fs::write(&config, format!("data = {:?}\n", folder.path().join("data"))).unwrap();
    let server = tests::binary::Serving::start(&config);
    assert!(!server.ready().contains("admin="), "{}", server.ready());
}

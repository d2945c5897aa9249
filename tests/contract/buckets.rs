//! What every bucket promises, shown in a directory and in a real NATS JetStream.

use bytes::Bytes;
use journal::bucket::{Folder, IMPORTS, Stream, TOKENS, VALUE_BYTES_MAX};
use journal::{AnyBucket, BucketError};
use tests::nats::Nats;

/// A bucket, and what it lives in.
struct Kept {
    bucket: AnyBucket,
    _folder: tempfile::TempDir,
    _nats: Option<Nats>,
}

async fn both() -> [Kept; 2] {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let nats = Nats::start();
    let stream = Stream::open(&nats.journal().await, IMPORTS).await.unwrap();
    [
        Kept {
            bucket: AnyBucket::Folder(Folder::open(one.path(), IMPORTS).unwrap()),
            _folder: one,
            _nats: None,
        },
        Kept { bucket: AnyBucket::Stream(stream), _folder: two, _nats: Some(nats) },
    ]
}

fn text(text: &'static str) -> Bytes {
    Bytes::from_static(text.as_bytes())
}

#[tokio::test]
async fn a_value_is_there_until_it_is_replaced_or_removed() {
    for Kept { bucket, .. } in &both().await {
        assert_eq!(bucket.get("azul.one").await.unwrap(), None);
        let first = bucket.put("azul.one", text("a")).await.unwrap();
        let second = bucket.put("azul.one", text("b")).await.unwrap();
        assert!(second > first);
        let entry = bucket.get("azul.one").await.unwrap().unwrap();
        assert_eq!((entry.value, entry.revision), (text("b"), second));
        bucket.delete("azul.one").await.unwrap();
        bucket.delete("azul.one").await.unwrap();
        assert_eq!(bucket.get("azul.one").await.unwrap(), None);
    }
}

#[tokio::test]
async fn of_two_who_change_the_same_value_one_is_told() {
    for Kept { bucket, .. } in &both().await {
        let made = bucket.create("azul.one", text("a")).await.unwrap();
        assert!(matches!(bucket.create("azul.one", text("b")).await, Err(BucketError::Changed)));
        let next = bucket.update("azul.one", text("b"), made).await.unwrap();
        assert!(matches!(bucket.update("azul.one", text("c"), made).await, Err(BucketError::Changed)));
        assert_eq!(bucket.get("azul.one").await.unwrap().unwrap().value, text("b"));
        bucket.delete("azul.one").await.unwrap();
        assert!(matches!(bucket.update("azul.one", text("c"), next).await, Err(BucketError::Changed)));
        assert!(bucket.create("azul.one", text("d")).await.unwrap() > next);
    }
}

#[tokio::test]
async fn keys_are_listed_and_removed_by_their_first_segments() {
    for Kept { bucket, .. } in &both().await {
        for key in ["azul.one", "azul.one.data.1", "azul.one.data.2", "azul.one-b", "azulejo.one"] {
            bucket.put(key, text("a")).await.unwrap();
        }
        let keys = bucket.keys("azul.one").await.unwrap();
        assert_eq!(keys, ["azul.one", "azul.one.data.1", "azul.one.data.2"]);
        assert_eq!(bucket.keys("").await.unwrap().len(), 5);
        bucket.delete_all("azul.one.data").await.unwrap();
        assert_eq!(bucket.keys("azul").await.unwrap(), ["azul.one", "azul.one-b"]);
        bucket.delete_all("azul").await.unwrap();
        assert_eq!(bucket.keys("").await.unwrap(), ["azulejo.one"]);
    }
}

#[tokio::test]
async fn the_longest_value_comes_back_whole_and_a_longer_one_is_refused() {
    for Kept { bucket, .. } in &both().await {
        let long = Bytes::from(vec![7; VALUE_BYTES_MAX]);
        bucket.put("azul.long", long.clone()).await.unwrap();
        assert_eq!(bucket.get("azul.long").await.unwrap().unwrap().value, long);
        let longer = bucket.put("azul.long", vec![7; VALUE_BYTES_MAX + 1].into()).await;
        assert!(matches!(longer, Err(BucketError::TooLong(_))));
        for key in ["", "Azul", "azul..one", "azul.*", "azul/one", "../one"] {
            assert!(matches!(bucket.get(key).await, Err(BucketError::NoKey(_))), "{key}");
        }
    }
}

#[tokio::test]
async fn values_survive_who_kept_them() {
    let (folder, mut nats) = (tempfile::tempdir().unwrap(), Nats::start());
    let bucket = AnyBucket::Folder(Folder::open(folder.path(), TOKENS).unwrap());
    let revision = bucket.put("azul.one", text("a")).await.unwrap();
    drop(bucket);
    let bucket = AnyBucket::Folder(Folder::open(folder.path(), TOKENS).unwrap());
    assert!(bucket.update("azul.one", text("b"), revision).await.unwrap() > revision);

    let bucket = AnyBucket::Stream(Stream::open(&nats.journal().await, TOKENS).await.unwrap());
    let revision = bucket.put("azul.one", text("a")).await.unwrap();
    nats.kill();
    assert!(matches!(bucket.get("azul.one").await, Err(BucketError::Failed(_))));
    nats.restart();
    let bucket = AnyBucket::Stream(Stream::open(&nats.journal().await, TOKENS).await.unwrap());
    assert_eq!(bucket.get("azul.one").await.unwrap().unwrap().revision, revision);
}

"""A reader of a Hubledger ledger that has nothing of Hubledger: a NATS client, a CloudEvents parser, SHA-256.

    watch.py log URL LEDGER EPOCH       reads the log, recomputes every id, leaf and root, prints the head as JSON
    watch.py follow URL SUBJECT COUNT   prints so many messages of the live feed, one JSON document a line
"""

import asyncio
import base64
import json
import sys
from datetime import datetime, timedelta, timezone
from hashlib import sha256

import nats
from cloudevents.core.formats.json import JSONFormat

UNIX = datetime(1970, 1, 1, tzinfo=timezone.utc)
MICROSECOND = timedelta(microseconds=1)


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def expect(found, wanted, what: str):
    if found != wanted:
        raise SystemExit(f"{what} is {found!r}, not {wanted!r}")


def slices(body: bytes):
    """The bytes of each event in a JSON batch: `[`, events joined by `,`, `]`, and no other byte."""
    text, decoder, at = body.decode(), json.JSONDecoder(), 1
    while at < len(text):
        _, end = decoder.raw_decode(text, at)
        yield text[at:end].encode()
        expect(text[end], "," if end + 1 < len(text) else "]", "what follows an event")
        at = end + 1


class Tree:
    """The right edge of an RFC 6962 tree: roots of the perfect subtrees, largest first."""

    def __init__(self):
        self.size, self.subtrees = 0, []

    def push(self, leaf: bytes):
        node, size = sha256(b"\x00" + leaf).digest(), self.size
        while size & 1:
            node, size = sha256(b"\x01" + self.subtrees.pop() + node).digest(), size >> 1
        self.subtrees.append(node)
        self.size += 1

    def root(self) -> bytes:
        if not self.subtrees:
            return sha256(b"").digest()
        node = self.subtrees[-1]
        for left in reversed(self.subtrees[:-1]):
            node = sha256(b"\x01" + left + node).digest()
        return node


def take(tree: Tree, ledger: str, epoch: int, headers: dict, body: bytes) -> str:
    """Checks one message against the tree before it, adds its events, and gives its commit id."""
    expect(headers["Hubledger-Epoch"], str(epoch), "the epoch of a commit")
    expect(headers["Hubledger-Size"], str(tree.size), "the size before a commit")
    expect(headers["Hubledger-Root"], base64url(tree.root()), "the root before a commit")
    chained = b"HLC1" + epoch.to_bytes(8, "big") + tree.size.to_bytes(8, "big") + tree.root() + body
    commit_id = base64url(sha256(chained).digest())[:22]
    expect(headers["Nats-Msg-Id"], commit_id, "a commit id")
    for event in slices(body):
        position = tree.size + 1
        read = JSONFormat().read(None, event)
        expect(read.get_extension("sequence"), f"{position:020}", "a sequence")
        expect(read.get_source().split(":")[3], ledger, "the ledger of an event")
        nanoseconds = (read.get_time() - UNIX) // MICROSECOND * 1000
        place = position.to_bytes(8, "big") + nanoseconds.to_bytes(8, "big", signed=True)
        tree.push(b"HLE1" + place + len(event).to_bytes(4, "big") + sha256(event).digest())
    return commit_id


async def log(url: str, ledger: str, epoch: str):
    client = await nats.connect(url)
    stream = client.jetstream()
    info = await stream.stream_info(f"LEDGER_{ledger}_{epoch}")
    tree, ids = Tree(), []
    messages = await stream.subscribe(f"ledger.{ledger}.{epoch}", ordered_consumer=True)
    for number in range(1, info.state.messages + 1):
        message = await messages.next_msg(timeout=30)
        expect(message.metadata.sequence.stream, number, "the number of a commit")
        ids.append(take(tree, ledger, int(epoch), message.headers, message.data))
    await client.close()
    head = {"commits": len(ids), "events": tree.size, "root": base64url(tree.root()), "ids": ids}
    print(json.dumps(head))


async def follow(url: str, subject: str, count: str):
    client = await nats.connect(url)
    messages = await client.subscribe(subject)
    await client.flush()
    # The subscription stands: what is published from here on is seen.
    print("following", flush=True)
    for _ in range(int(count)):
        message = await messages.next_msg(timeout=30)
        print(json.dumps({"subject": message.subject, "event": json.loads(message.data)}), flush=True)
    await client.close()


if __name__ == "__main__":
    asyncio.run({"log": log, "follow": follow}[sys.argv[1]](*sys.argv[2:]))

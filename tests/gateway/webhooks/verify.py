"""A receiver's check of one delivery: reads {"secret", "headers", "body"} as JSON from stdin, and ends with an error when the
delivery is not what was signed. HMAC is verified by the standardwebhooks package, which knows no ed25519; that is verified as
the specification says."""

import base64
import json
import sys
import time

from ecdsa import Ed25519, VerifyingKey
from standardwebhooks.webhooks import Webhook


def verify(secret: str, headers: dict, body: str) -> dict:
    if secret.startswith("whsec_"):
        return Webhook(secret).verify(body, headers)
    assert abs(time.time() - int(headers["webhook-timestamp"])) < 300
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{body}".encode()
    key = VerifyingKey.from_string(base64.b64decode(secret.removeprefix("whpk_")), curve=Ed25519)
    for version, signature in (one.split(",") for one in headers["webhook-signature"].split()):
        if version == "v1a":
            try:
                key.verify(base64.b64decode(signature), signed)
                return json.loads(body)
            except Exception:
                continue
    raise ValueError("no signature fits")


delivery = json.load(sys.stdin)
print(json.dumps(verify(delivery["secret"], delivery["headers"], delivery["body"])))

"""A district's integration, with the client that openapi-python-client makes of the API document.

district.py CLIENT_FOLDER URL LEDGER CLIENT_ID, and the token's secret on standard input. Prints what it saw as JSON.
"""

import io
import json
import sys
import uuid

folder, url, ledger, client_id = sys.argv[1:]
sys.path.insert(0, folder)

from hubledger_client import AuthenticatedClient, Client
from hubledger_client.api.agreements import create_agreement
from hubledger_client.api.deliveries import create_delivery, deliveries_changes
from hubledger_client.api.events import events as list_events
from hubledger_client.api.imports import check_import, commit_import, create_import, follow_import, get_import
from hubledger_client.api.imports import import_errors, upload_import
from hubledger_client.api.partners import create_partner
from hubledger_client.api.sites import create_site, list_sites
from hubledger_client.api.start import get_token
from hubledger_client.api.views import view as ask_view
from hubledger_client.models import (
    CreateImportBody,
    GetTokenBody,
    OnboardPartnerBody,
    Problem,
    RecordDeliveryBody,
    RegisterSiteBody,
    SignAgreementBody,
)
from hubledger_client.types import File


def key(name):
    """The same row has the same key every night, so sending it again changes nothing."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"https://sis.example/{ledger}/{name}"))


def accepted(answer):
    """What was answered, or the problem as an error that says what to do."""
    if isinstance(answer.parsed, Problem):
        raise SystemExit(f"{answer.parsed.title}: {answer.parsed.detail} {answer.parsed.hint}")
    return answer.parsed


form = GetTokenBody("client_credentials", client_id, sys.stdin.read().strip())
granted = accepted(get_token.sync_detailed(client=Client(url), body=form))
client = AuthenticatedClient(url, granted["access_token"])


def make(create, body, name):
    return create.sync_detailed(ledger, client=client, body=body, idempotency_key=key(name))


site, partner, agreement = key("site"), key("partner"), key("agreement")
year = "2025-07-01/2026-06-30"
details = {"name": "Slauson", "cds": "19642790000001", "city": "Azusa"}
body = RegisterSiteBody.from_dict({"id": site, "effective": "2020-07-01", "details": details})
accepted(make(create_site, body, "site-made"))
details = {"name": "Puente Norte", "kind": "community-organisation"}
body = OnboardPartnerBody.from_dict({"id": partner, "effective": "2025-07-01", "details": details})
accepted(make(create_partner, body, "partner-made"))
terms = {"sites": [site], "pillars": ["student-supports"], "kinds": ["tutoring"], "funding": ["ccspp"]}
details = {"partner": partner, "reference": "MOU-7", "kind": "mou", "terms": terms | {"pledged_minutes": 6000},
           "signatories": ["superintendent", "partner-director"]}
body = SignAgreementBody.from_dict({"id": agreement, "effective": year, "details": details})
accepted(make(create_agreement, body, "agreement-made"))


def delivery(day, minutes):
    details = {"agreement": agreement, "site": site, "kind": "tutoring", "pillar": "student-supports",
               "tier": 1, "mode": "in-person", "minutes": minutes, "headcount": 12, "funding": "ccspp"}
    return RecordDeliveryBody.from_dict({"effective": day, "details": details})


receipt = accepted(make(create_delivery, delivery("2025-11-03", 45), "row-1"))
again = make(create_delivery, delivery("2025-11-03", 45), "row-1")
late = make(create_delivery, delivery("2026-11-03", 45), "row-2")
position = f"{receipt.epoch}:{receipt.positions[-1]}"
sums = accepted(ask_view.sync_detailed(ledger, "service-ledger", client=client, min_position=position, by="kind"))
sites = accepted(list_sites.sync_detailed(ledger, client=client, page_size=50))



def night(rows, wrong=None):
    """A night's file of so many rows; one of them may be wrong."""
    lines = ["key,date,agreement,site,kind,pillar,tier,minutes,headcount"]
    for row in range(2, rows + 2):
        minutes = 0 if row == wrong else 45
        lines.append(f"{row},2025-11-04,MOU-7,19642790000001,tutoring,student-supports,1,{minutes},12")
    return "\n".join(lines).encode() + b"\n"


def sent(name, file):
    """Sends a file, has it checked, and records it when no row is refused; what the gateway tells of it, and the errors."""
    number = key(name)
    body = CreateImportBody.from_dict({"format": "deliveries", "source": "sis", "name": f"{name}.csv"})
    accepted(create_import.sync_detailed(ledger, client=client, body=body, idempotency_key=number))
    accepted(upload_import.sync_detailed(ledger, number, client=client, body=File(io.BytesIO(file))))
    accepted(check_import.sync_detailed(ledger, number, client=client))
    follow_import.sync_detailed(ledger, number, client=client)  # ends when the check does
    errors = accepted(import_errors.sync_detailed(ledger, number, client=client)).decode().splitlines()[1:]
    if not errors:
        accepted(commit_import.sync_detailed(ledger, number, client=client))
        follow_import.sync_detailed(ledger, number, client=client)
    told = accepted(get_import.sync_detailed(ledger, number, client=client))
    return {"phase": told.phase, "counts": told.counts.to_dict(), "errors": errors}


nights = [sent("wrong", night(400, wrong=317)), sent("mended", night(400)), sent("again", night(400))]

changed, since = [], position
while True:
    page = accepted(deliveries_changes.sync_detailed(ledger, client=client, since=since, page_size=150))
    changed += page.changes
    since = page.next_
    if page.at_head:
        break

types, token = [], None
while True:
    more = {} if token is None else {"page_token": token}
    page = accepted(list_events.sync_detailed(ledger, client=client, page_size=100, **more))
    types += [event.additional_properties["type"] for event in page.events]
    token = page.next_page_token
    if page.at_head:
        break

print(json.dumps({
    "receipt": receipt.to_dict(),
    "again": {"status": again.status_code, "receipt": again.parsed.to_dict()},
    "late": {"status": late.status_code, "problem": late.parsed.to_dict()},
    "sums": [row.additional_properties for row in sums.rows],
    "sites": [row.additional_properties["name"] for row in sites.rows],
    "nights": nights,
    "changed": len(changed),
    "types": sorted(set(types)),
    "events": len(types),
}))

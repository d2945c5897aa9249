# The ledger itself: how it opens, by which policy it goes, and what may be written in it.

Story: A ledger opens once, and nothing precedes its opening

Given today is 2026-03-16
When the site Manzanita Elementary
Then refused: ledger-not-open
When a ledger from 2025-07-01, today 2026-03-16
Then accepted as ledger-opened
When a ledger from 2025-07-01, today 2026-03-16
Then refused: ledger-already-open

Story: A policy that older readers can't read waits until they are upgraded

Given a ledger from 2025-07-01, today 2026-03-16
When the policy names only enrolled persons
Then refused: schema-not-registered
When version 3 of policy-changed is registered
Then refused: out-of-range at version
When version 2 of policy-changed is registered
  and the policy names only enrolled persons
Then accepted as policy-changed
View activity-feed where event policy-changed is
     | said                                                                                            |
     | The policy changed: counts under 11 are suppressed, and only who is enrolled may be named. |

Story: A policy suppresses small counts and says how late a report may be

Given a ledger from 2025-07-01, today 2026-03-16
When the policy suppresses under 1 and takes reports 400 days late
Then refused: out-of-range at suppress_under
When the policy suppresses under 11 and takes reports 400 days late
Then refused: no-change
When the policy suppresses under 20 and takes reports 400 days late
Then accepted as policy-changed

Story: A published report says which record it was made from

Given a ledger from 2025-07-01, today 2026-07-20
When publish-report: name annual-progress, school_year 2025-26, parameters/site all, heads/1/ledger azul-usd,
     heads/1/epoch 1, heads/1/position 1, heads/1/root AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8,
     hash 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef, cells_published 40, cells_suppressed 2,
     policy 1
Then accepted as report-published
View activity-feed where event report-published is
     | said                                                     |
     | The report annual-progress for 2025-26 was published.    |

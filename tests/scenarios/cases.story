# A case is one person in one programme, and nobody's name. It is opened at a site, and nothing new happens in it after its last day.

Story: A closed case takes late reports of its days and nothing after its last

Given a ledger from 2025-07-01, today 2026-03-16
  and the site Manzanita Elementary
  and the partner Rio Clinic, vetted until 2026-12-31
  and the agreement MOU-7 with Rio Clinic for Manzanita Elementary, from 2025-07-01 to 2026-06-30, covering mental-health-counseling
  and on 2025-09-08 the case C-12 is opened in counseling at Manzanita Elementary
When on 2026-03-06 the case C-12 is closed: reason goals-met
Then accepted as case-closed
When on 2026-03-05 50 minutes of mental-health-counseling at Manzanita Elementary under MOU-7 for the case C-12 (basis law wic-5600)
Then accepted
When on 2026-03-09 50 minutes of mental-health-counseling at Manzanita Elementary under MOU-7 for the case C-12 (basis law wic-5600)
Then refused: closed
When open-referral R-1 on 2026-03-09: case C-12, site Manzanita Elementary, need dental, urgency soon (basis law wic-5600)
Then refused: closed
When on 2026-03-09 the case C-12 is closed: reason moved
Then refused: closed
View service-ledger is
     | kind                     | deliveries | minutes |
     | mental-health-counseling | 1          | 50      |

Story: A case that was closed by mistake goes on once the closing is voided

Given a ledger from 2025-07-01, today 2026-03-16
  and the site Manzanita Elementary
  and the partner Rio Clinic, vetted until 2026-12-31
  and the agreement MOU-7 with Rio Clinic for Manzanita Elementary, from 2025-07-01 to 2026-06-30, covering mental-health-counseling
  and on 2025-09-08 the case C-12 is opened in counseling at Manzanita Elementary
  and on 2026-03-02 the case C-12 is closed: reason moved (closing)
When void closing because wrong-subject
Then accepted as case-voided
When on 2026-03-09 50 minutes of mental-health-counseling at Manzanita Elementary under MOU-7 for the case C-12 (basis law wic-5600)
Then accepted
View activity-feed where event case-voided is
     | said                    |
     | case-closed was voided. |

# A school as a hub: what it is, what it becomes, and when it ends.

Story: A school becomes a community school and grows through its phases

Given a ledger from 2025-07-01, today 2026-03-16
  and the site Manzanita Elementary
When on 2025-08-01 Manzanita Elementary becomes a community school
  and assign-coordinator Manzanita Elementary on 2025-08-15: staff staff-12, fte_hundredths 80
  and change-phase Manzanita Elementary on 2026-01-10: phase engaging
Then accepted as phase-changed
View site-profile is
     | name                 | status | phase    | coordinators | coordinator_fte_hundredths |
     | Manzanita Elementary | open   | engaging | 1            | 80                         |
When release-coordinator Manzanita Elementary on 2026-02-27: staff staff-12
  and release-coordinator Manzanita Elementary on 2026-02-27: staff staff-12
Then refused: no-change
View site-profile is
     | name                 | coordinators |
     | Manzanita Elementary | 0            |

Story: At a school that has closed nothing is delivered, but what was before may still be told

Given a ledger from 2025-07-01, today 2026-03-16
  and the site Manzanita Elementary
  and the partner Rio Clinic, vetted until 2026-12-31
  and the agreement MOU-7 with Rio Clinic for Manzanita Elementary, from 2025-07-01 to 2026-06-30, covering tutoring
When on 2026-01-30 Manzanita Elementary closes
  and on 2026-02-02 45 minutes of tutoring at Manzanita Elementary under MOU-7 for 2 students
Then refused: site-not-open
When on 2026-01-29 45 minutes of tutoring at Manzanita Elementary under MOU-7 for 2 students
Then accepted
When change-phase Manzanita Elementary on 2026-02-02: phase engaging
Then refused: closed

Story: A school's code belongs to one school

Given a ledger from 2025-07-01, today 2026-03-16
  and the site Manzanita Elementary: cds 19999996000001
When the site Alameda Middle: cds 19999996000001
Then refused: taken at cds

Story: The feed tells what happened and names nobody

Given a ledger from 2025-07-01, today 2026-03-16
  and the site Manzanita Elementary
  and the partner Rio Clinic, vetted until 2026-12-31
  and the agreement MOU-7 with Rio Clinic for Manzanita Elementary, from 2025-07-01 to 2026-06-30, covering tutoring
When on 2026-03-02 45 minutes of tutoring at Manzanita Elementary under MOU-7 for Ana and Ben
View activity-feed where event service-delivered is
     | effective  | said                                             |
     | 2026-03-02 | 45 minutes of tutoring were delivered (tier 2).  |

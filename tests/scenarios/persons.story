# Persons are ids and no names. They may have to be enrolled, are merged when they were two, and consent is theirs.

Story: Where the policy asks for it, nobody is named who is not enrolled

Given a ledger from 2025-07-01, today 2026-03-16: policy/persons enrolled
  and the site Manzanita Elementary
  and the partner Rio Clinic, vetted until 2026-12-31
  and the agreement MOU-7 with Rio Clinic for Manzanita Elementary, from 2025-07-01 to 2026-06-30, covering tutoring
When on 2026-03-02 45 minutes of tutoring at Manzanita Elementary under MOU-7 for Ana and Ben
Then refused: person-unknown
When on 2025-08-11 Ana of the family Rivera is enrolled
  and on 2025-08-11 Ben of the family Rivera is enrolled
  and on 2026-03-02 45 minutes of tutoring at Manzanita Elementary under MOU-7 for Ana and Ben
Then accepted

Story: Two records of one student count once when they are merged, and twice again when that was wrong

Given a ledger from 2025-07-01, today 2026-03-16
  and the site Manzanita Elementary
  and the partner Rio Clinic, vetted until 2026-12-31
  and the agreement MOU-7 with Rio Clinic for Manzanita Elementary, from 2025-07-01 to 2026-06-30, covering tutoring
  and on 2025-08-11 Ana of the family Rivera is enrolled
  and on 2025-08-11 Anna of the family Rivera is enrolled
  and on 2026-03-02 45 minutes of tutoring at Manzanita Elementary under MOU-7 for Ana and Ben
  and on 2026-03-03 45 minutes of tutoring at Manzanita Elementary under MOU-7 for Anna and Ben
View reach is
     | persons |
     | 3       |
When on 2026-03-09 Anna is merged into Ana
Then accepted as persons-merged
View reach is
     | persons |
     | 2       |
When on 2026-03-10 45 minutes of tutoring at Manzanita Elementary under MOU-7 for Anna
Then refused: person-merged-away
When on 2026-03-11 Ana is merged into Anna
Then refused: merge-in-circle
When on 2026-03-11 Anna is separated from Ana
Then accepted as persons-separated
View reach is
     | persons |
     | 3       |

Story: A consent covers its case and its services, and no longer than until it is withdrawn

Given a ledger from 2025-07-01, today 2026-03-16
  and the site Manzanita Elementary
  and the partner Rio Clinic, vetted until 2026-12-31
  and the agreement MOU-7 with Rio Clinic for Manzanita Elementary, from 2025-07-01 to 2026-06-30, covering mentoring and mental-health-counseling
  and the parents consent to mental-health-counseling for the case C-12, from 2025-08-11 to 2026-06-11, as the consent
When on 2026-03-02 50 minutes of mental-health-counseling at Manzanita Elementary under MOU-7 for the case C-12 (basis consent the consent)
Then accepted
When on 2026-03-02 50 minutes of mental-health-counseling at Manzanita Elementary under MOU-7 for the case C-13 (basis consent the consent)
Then refused: consent-not-for-case
When on 2026-03-02 50 minutes of mentoring at Manzanita Elementary under MOU-7 for the case C-12 (basis consent the consent)
Then refused: consent-not-for-kind
When on 2026-03-09 the consent is withdrawn
  and on 2026-03-10 50 minutes of mental-health-counseling at Manzanita Elementary under MOU-7 for the case C-12 (basis consent the consent)
Then refused: consent-withdrawn
View service-ledger is
     | kind                     | tier | deliveries |
     | mental-health-counseling | 3    | 1          |

# What was wrong is put right without a trace being lost: every form counts once, the last one.

Story: A correction counts instead of what it corrects

Given a ledger from 2025-07-01, today 2026-03-16
  and the site Manzanita Elementary
  and the partner Rio Clinic, vetted until 2026-12-31
  and the agreement MOU-7 with Rio Clinic for Manzanita Elementary, from 2025-07-01 to 2026-06-30, covering tutoring
When on 2026-02-27 45 minutes of tutoring at Manzanita Elementary under MOU-7 for 2 students (first)
  and correct first on 2026-03-02: minutes 60
Then accepted as delivery-corrected
View service-ledger by month is
     | month   | deliveries | minutes | corrected |
     | 2026-02 | 0          | 0       | 1         |
     | 2026-03 | 1          | 60      | 0         |

Story: Corrections form a chain, each on the latest

Given a ledger from 2025-07-01, today 2026-03-16
  and the site Manzanita Elementary
  and the partner Rio Clinic, vetted until 2026-12-31
  and the agreement MOU-7 with Rio Clinic for Manzanita Elementary, from 2025-07-01 to 2026-06-30, covering tutoring
When on 2026-03-02 45 minutes of tutoring at Manzanita Elementary under MOU-7 for 2 students (first)
  and correct first: minutes 60 (second)
  and correct first: minutes 75
Then refused: already-corrected
When correct second: minutes 75
Then accepted
View service-ledger is
     | deliveries | minutes | corrected |
     | 1          | 75      | 2         |

Story: What was voided counts no more and stays as it is

Given a ledger from 2025-07-01, today 2026-03-16
  and the site Manzanita Elementary
  and the partner Rio Clinic, vetted until 2026-12-31
  and the agreement MOU-7 with Rio Clinic for Manzanita Elementary, from 2025-07-01 to 2026-06-30, covering tutoring
When on 2026-03-02 45 minutes of tutoring at Manzanita Elementary under MOU-7 for 2 students (first)
  and void first because duplicate (gone)
  and void first
Then refused: already-voided
When correct first: minutes 60
Then refused: already-voided
When correct gone: minutes 60
Then refused: already-voided
View service-ledger is
     | deliveries | minutes | voided |
     | 0          | 0       | 1      |
View reach is
     | persons |
     | 0       |

Story: A correction meets the rules of a new record

Given a ledger from 2025-07-01, today 2026-03-16
  and the site Manzanita Elementary
  and the site Alameda Middle
  and the partner Rio Clinic, vetted until 2026-12-31
  and the agreement MOU-7 with Rio Clinic for Manzanita Elementary, from 2025-07-01 to 2026-06-30, covering tutoring
  and on 2026-03-02 45 minutes of tutoring at Manzanita Elementary under MOU-7 for 2 students
When correct that delivery: site Alameda Middle
Then refused: site-not-covered
When correct that delivery: minutes 1441
Then refused: minutes-out-of-range at minutes
When correct that delivery on 2026-03-17: minutes 60
Then refused: date-in-future
When correct that delivery: participants none, headcount 20
Then accepted
View service-ledger is
     | deliveries | headcount | attendances |
     | 1          | 20        | 0           |

Story: A correction of an agreement can't take away the ground of what was delivered

Given a ledger from 2025-07-01, today 2026-03-16
  and the site Manzanita Elementary
  and the partner Rio Clinic, vetted until 2026-12-31
  and the agreement MOU-7 with Rio Clinic for Manzanita Elementary, from 2025-07-01 to 2026-06-30, covering tutoring (signing)
  and on 2025-09-01 45 minutes of tutoring at Manzanita Elementary under MOU-7 for 2 students
When correct signing from 2025-10-01 to 2026-06-30: reference MOU-17
Then refused: strands-deliveries
When void signing
Then refused: strands-deliveries
When correct signing from 2025-08-01 to 2026-06-30: reference MOU-17, terms/pledged_minutes 900
Then accepted as agreement-corrected
View agreement-register is
     | reference | starts     | pledged_minutes | delivered_minutes |
     | MOU-17    | 2025-08-01 | 900             | 45                |

Story: A correction is about the same sort of thing

Given a ledger from 2025-07-01, today 2026-03-16
  and the site Manzanita Elementary (registration)
When correct-partner: corrects registration, reason entry-error, now/event partner-onboarded, now/data/name Manzanita, now/data/kind faith
Then refused: event-of-another-kind
When correct registration: city Verde
Then accepted as site-corrected
View site-profile is
     | name                 | city  |
     | Manzanita Elementary | Verde |

Story: A record of another system is taken once, and repeated without harm

Given a ledger from 2025-07-01, today 2026-03-16
  and the site Manzanita Elementary
  and the partner Rio Clinic, vetted until 2026-12-31
  and the agreement MOU-7 with Rio Clinic for Manzanita Elementary, from 2025-07-01 to 2026-06-30, covering tutoring
When on 2026-03-02 45 minutes of tutoring at Manzanita Elementary under MOU-7 for 2 students (row 317)
Then accepted
When on 2026-03-02 45 minutes of tutoring at Manzanita Elementary under MOU-7 for 2 students (row 317)
Then repeated
When on 2026-03-02 60 minutes of tutoring at Manzanita Elementary under MOU-7 for 2 students (row 317)
Then refused: source-key-taken
When correct that delivery because source-changed: minutes 60
Then accepted
View service-ledger is
     | deliveries | minutes |
     | 1          | 60      |

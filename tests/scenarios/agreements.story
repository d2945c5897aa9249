# What is agreed decides what may be delivered: on which day, where, and of what kind.

Story: A late report under an ended agreement is taken if the service was within its time

Given a ledger from 2025-07-01, today 2026-03-16
  and the site Manzanita Elementary
  and the partner Rio Clinic, vetted until 2026-12-31
  and the agreement MOU-7 with Rio Clinic for Manzanita Elementary, from 2025-07-01 to 2026-06-30, covering tutoring and food
When on 2026-01-31 MOU-7 ends: completed
  and on 2026-01-30 45 minutes of tutoring at Manzanita Elementary under MOU-7 for 2 students
Then accepted as service-delivered
When on 2026-02-02 45 minutes of tutoring at Manzanita Elementary under MOU-7 for 2 students
Then refused: agreement-not-active
View service-ledger by kind is
     | kind     | deliveries | minutes |
     | tutoring | 1          | 45      |

Story: An agreement covers only the schools and the services that it names

Given a ledger from 2025-07-01, today 2026-03-16
  and the site Manzanita Elementary
  and the site Alameda Middle
  and the partner Rio Clinic, vetted until 2026-12-31
  and the agreement MOU-7 with Rio Clinic for Manzanita Elementary, from 2025-07-01 to 2026-06-30, covering tutoring
When on 2026-03-02 30 minutes of tutoring at Alameda Middle under MOU-7 for 2 students
Then refused: site-not-covered
When on 2026-03-02 30 minutes of food at Manzanita Elementary under MOU-7 for 20 people
Then refused: kind-not-covered
When on 2026-03-02 30 minutes of tutoring at Manzanita Elementary under MOU-7 for 2 students: pillar extended-learning
Then refused: pillar-not-covered
When on 2026-03-02 30 minutes of tutoring at Manzanita Elementary under MOU-7 for 2 students
Then accepted
View agreement-register is
     | reference | partner    | site                 | kinds    | status | deliveries | delivered_minutes |
     | MOU-7     | Rio Clinic | Manzanita Elementary | tutoring | signed | 1          | 30                |

Story: An amendment can't leave behind what was delivered, unless it begins later

Given a ledger from 2025-07-01, today 2026-03-16
  and the site Manzanita Elementary
  and the partner Rio Clinic, vetted until 2026-12-31
  and the agreement MOU-7 with Rio Clinic for Manzanita Elementary, from 2025-07-01 to 2026-06-30, covering tutoring and food
  and on 2026-02-10 60 minutes of food at Manzanita Elementary under MOU-7 for 30 people
When from 2026-02-01 to 2026-06-30 MOU-7 is amended to Manzanita Elementary, covering tutoring
Then refused: strands-deliveries
When from 2026-02-11 to 2026-06-30 MOU-7 is amended to Manzanita Elementary, covering tutoring
Then accepted as agreement-amended
When on 2026-02-11 60 minutes of food at Manzanita Elementary under MOU-7 for 30 people
Then refused: kind-not-covered
When on 2026-02-09 60 minutes of food at Manzanita Elementary under MOU-7 for 30 people
Then accepted
View agreement-register is
     | reference | kinds    | deliveries | delivered_minutes |
     | MOU-7     | tutoring | 2          | 120               |

Story: An agreement can't be ended before its last delivery

Given a ledger from 2025-07-01, today 2026-03-16
  and the site Manzanita Elementary
  and the partner Rio Clinic, vetted until 2026-12-31
  and the agreement MOU-7 with Rio Clinic for Manzanita Elementary, from 2025-07-01 to 2026-06-30, covering tutoring
  and on 2026-03-02 45 minutes of tutoring at Manzanita Elementary under MOU-7 for 2 students
When on 2026-03-01 MOU-7 ends: funding
Then refused: strands-deliveries
When on 2026-03-02 MOU-7 ends: funding
Then accepted as agreement-ended
View agreement-register is
     | reference | status | ends       |
     | MOU-7     | ended  | 2026-03-02 |

Story: Nothing is delivered while an agreement is suspended

Given a ledger from 2025-07-01, today 2026-03-16
  and the site Manzanita Elementary
  and the partner Rio Clinic, vetted until 2026-12-31
  and the agreement MOU-7 with Rio Clinic for Manzanita Elementary, from 2025-07-01 to 2026-06-30, covering tutoring
When on 2026-02-02 MOU-7 is suspended: staffing
  and on 2026-03-02 MOU-7 is resumed
  and on 2026-02-16 45 minutes of tutoring at Manzanita Elementary under MOU-7 for 2 students
Then refused: agreement-not-active
When on 2026-03-02 45 minutes of tutoring at Manzanita Elementary under MOU-7 for 2 students
Then accepted

Story: A renewal carries the same terms into the next year

Given a ledger from 2025-07-01, today 2026-09-14
  and the site Manzanita Elementary
  and the partner Rio Clinic, vetted until 2026-12-31
  and the agreement MOU-7 with Rio Clinic for Manzanita Elementary, from 2025-07-01 to 2026-06-30, covering tutoring
When on 2026-09-01 45 minutes of tutoring at Manzanita Elementary under MOU-7 for 2 students
Then refused: agreement-not-active
When MOU-7 is renewed from 2026-07-01 to 2027-06-30
  and on 2026-09-01 45 minutes of tutoring at Manzanita Elementary under MOU-7 for 2 students
Then accepted
View service-ledger by school_year is
     | school_year | deliveries |
     | 2026-27     | 1          |

Story: A reference names one agreement

Given a ledger from 2025-07-01, today 2026-03-16
  and the site Manzanita Elementary
  and the partner Rio Clinic, vetted until 2026-12-31
  and the partner Puente Norte
  and the agreement MOU-7 with Rio Clinic for Manzanita Elementary, from 2025-07-01 to 2026-06-30, covering tutoring
When the agreement MOU-8 with Puente Norte for Manzanita Elementary, from 2025-07-01 to 2026-06-30, covering food: reference MOU-7
Then refused: taken at reference

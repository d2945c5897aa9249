# Services as they were delivered: to whom, when, and how many different people they reached.

Story: Tier 3 names a case and never persons, and says on what law or consent it stands

Given a ledger from 2025-07-01, today 2026-03-16
  and the site Manzanita Elementary
  and the partner Rio Clinic, vetted until 2026-12-31
  and the agreement MOU-7 with Rio Clinic for Manzanita Elementary, from 2025-07-01 to 2026-06-30, covering mentoring
When on 2026-03-02 50 minutes of mentoring at Manzanita Elementary under MOU-7 for 1 student: tier 3
Then refused: case-needed
When on 2026-03-02 50 minutes of mentoring at Manzanita Elementary under MOU-7 for the case C-12: tier 2
Then refused: case-not-allowed
When on 2026-03-02 50 minutes of mentoring at Manzanita Elementary under MOU-7 for the case C-12
Then refused: basis-needed
When on 2026-03-02 50 minutes of mentoring at Manzanita Elementary under MOU-7 for the case C-12 (basis law wic-5600)
Then accepted
When on 2026-03-09 50 minutes of mentoring at Manzanita Elementary under MOU-7 for the case C-12 (basis law wic-5600)
Then accepted
View reach by tier is
     | tier | persons | cases |
     | 3    | 0       | 1     |

Story: A student who comes twice is reached once

Given a ledger from 2025-07-01, today 2026-03-16
  and the site Manzanita Elementary
  and the partner Rio Clinic, vetted until 2026-12-31
  and the agreement MOU-7 with Rio Clinic for Manzanita Elementary, from 2025-07-01 to 2026-06-30, covering tutoring and mentoring
When on 2026-02-02 45 minutes of tutoring at Manzanita Elementary under MOU-7 for Ana and Ben
  and on 2026-03-02 45 minutes of tutoring at Manzanita Elementary under MOU-7 for Ana and Cleo
  and on 2026-03-03 30 minutes of mentoring at Manzanita Elementary under MOU-7 for Ana
View service-ledger where kind tutoring by kind is
     | kind     | attendances |
     | tutoring | 4           |
View reach is
     | persons |
     | 3       |
View reach by kind is
     | kind      | persons |
     | tutoring  | 3       |
     | mentoring | 1       |

Story: A void takes back only whom nobody else reached

Given a ledger from 2025-07-01, today 2026-03-16
  and the site Manzanita Elementary
  and the partner Rio Clinic, vetted until 2026-12-31
  and the agreement MOU-7 with Rio Clinic for Manzanita Elementary, from 2025-07-01 to 2026-06-30, covering tutoring
When on 2026-03-02 45 minutes of tutoring at Manzanita Elementary under MOU-7 for Ana and Ben
  and on 2026-03-03 45 minutes of tutoring at Manzanita Elementary under MOU-7 for Ben and Cleo
  and void that delivery
View reach is
     | persons |
     | 2       |

Story: Who received a service is said in exactly one way

Given a ledger from 2025-07-01, today 2026-03-16
  and the site Manzanita Elementary
  and the partner Rio Clinic, vetted until 2026-12-31
  and the agreement MOU-7 with Rio Clinic for Manzanita Elementary, from 2025-07-01 to 2026-06-30, covering tutoring
When on 2026-03-02 45 minutes of tutoring at Manzanita Elementary under MOU-7 for 2 students: headcount 2
Then refused: recipients-unclear
When on 2026-03-02 45 minutes of tutoring at Manzanita Elementary under MOU-7 for 2 students: participants none
Then refused: recipients-unclear
When on 2026-03-02 45 minutes of tutoring at Manzanita Elementary under MOU-7 for nobody
Then refused: list-not-allowed at participants
When on 2026-03-02 45 minutes of tutoring at Manzanita Elementary under MOU-7 for 501 students
Then refused: list-not-allowed at participants
When on 2026-03-02 45 minutes of tutoring at Manzanita Elementary under MOU-7 for 500 students
Then accepted

Story: Nothing is recorded before it happens, before the ledger began, or too late

Given a ledger from 2025-07-01, today 2026-03-16
  and the site Manzanita Elementary
  and the partner Rio Clinic, vetted until 2027-12-31
  and the agreement MOU-7 with Rio Clinic for Manzanita Elementary, from 2025-06-01 to 2027-06-30, covering food
When on 2026-03-17 30 minutes of food at Manzanita Elementary under MOU-7 for 20 people
Then refused: date-in-future
When on 2025-06-30 30 minutes of food at Manzanita Elementary under MOU-7 for 20 people
Then refused: date-before-ledger
When the policy suppresses under 11 and takes reports 30 days late
  and on 2026-02-13 30 minutes of food at Manzanita Elementary under MOU-7 for 20 people
Then refused: date-too-old
When on 2026-02-14 30 minutes of food at Manzanita Elementary under MOU-7 for 20 people
Then accepted
When today is 2026-03-17
  and on 2026-03-17 30 minutes of food at Manzanita Elementary under MOU-7 for 20 people
Then accepted

Story: What stays on its day is never too late to be put right

Given a ledger from 2025-07-01, today 2025-09-15
  and the site Manzanita Elementary
  and the partner Rio Clinic, vetted until 2026-12-31
  and the agreement MOU-7 with Rio Clinic for Manzanita Elementary, from 2025-07-01 to 2026-06-30, covering food
  and the policy suppresses under 11 and takes reports 30 days late
  and on 2025-09-01 30 minutes of food at Manzanita Elementary under MOU-7 for 20 people (first)
When today is 2026-03-16
  and correct first on 2025-09-02: headcount 25
Then refused: date-too-old
When correct first: headcount 25
Then accepted
View service-ledger is
     | deliveries | headcount |
     | 1          | 25        |

Story: A service on offer says all that its deliveries need

Given a ledger from 2025-07-01, today 2026-03-16
  and the site Manzanita Elementary
  and the partner Rio Clinic, vetted until 2026-12-31
  and the agreement MOU-7 with Rio Clinic for Manzanita Elementary, from 2025-07-01 to 2026-06-30, covering tutoring
When on 2025-08-01 Rio Clinic offers Homework club, tier 2 tutoring at Manzanita Elementary under MOU-7
  and on 2026-03-02 45 minutes of Homework club for 2 students: funding ccspp
  and on 2026-03-02 45 minutes of Homework club for 2 students: site Manzanita Elementary
Then refused: service-unclear
When on 2026-03-10 Homework club is withdrawn: low-demand
  and on 2026-03-11 45 minutes of Homework club for 2 students
Then refused: closed
When on 2026-03-10 45 minutes of Homework club for 2 students
Then accepted
View service-ledger by site,partner,kind,tier,funding is
     | site                 | partner    | kind     | tier | funding | deliveries |
     | Manzanita Elementary | Rio Clinic | tutoring | 2    | ccspp   | 1          |
     | Manzanita Elementary | Rio Clinic | tutoring | 2    |         | 1          |

Story: A service that is only listed can't be delivered

Given a ledger from 2025-07-01, today 2026-03-16
  and the partner Mercado Verde
When on 2025-08-01 Mercado Verde lists Weekend pantry, tier 1 food
  and on 2026-03-02 60 minutes of Weekend pantry for 40 people
Then refused: offering-not-placed

# What is needed, what is there, and what is made first is told by those concerned and rests on a decision.

Story: A priority is set by a decision of the council, and a need that nobody meets is a gap

Given a ledger from 2025-07-01, today 2026-03-16
  and the site Manzanita Elementary
  and the partner Rio Clinic, vetted until 2026-12-31
  and the agreement MOU-7 with Rio Clinic for Manzanita Elementary, from 2025-07-01 to 2026-06-30, covering food and dental-care
  and on 2025-09-01 the council Manzanita council of Manzanita Elementary with seats for 2 students, 3 families and 2 educators, deciding by consent
  and Sol sits in Manzanita council for student until 2026-06-30
  and Fay sits in Manzanita council for family until 2026-06-30
  and Gus sits in Manzanita council for family until 2026-06-30
  and Eve sits in Manzanita council for educator until 2026-06-30
  and on 2025-09-08 the assessment Autumn of Manzanita Elementary for 2025-26
  and on 2025-09-15 the need Breakfast of food is found in Autumn
  and on 2025-09-15 the need Checkups of dental is found in Autumn
When on 2025-10-06 Breakfast comes first in Autumn by the decision D-1
Then refused: not-found
When on 2025-09-22 the families propose Breakfast for all to Manzanita council
  and on 2025-10-06 Manzanita council meets as October with Sol and Fay and Gus and Eve
  and record-positions Manzanita council on 2025-10-06: meeting October, proposal Breakfast for all,
      positions/student/support 1, positions/student/stand_aside 0, positions/student/oppose 0, positions/student/abstain 0,
      positions/family/support 2, positions/family/stand_aside 0, positions/family/oppose 0, positions/family/abstain 0
  and adopt-decision Manzanita council on 2025-10-06: decision D-1, meeting October, proposal Breakfast for all, tally/support 3,
      tally/stand_aside 0, tally/oppose 0, tally/abstain 0
  and on 2025-10-07 Breakfast comes first in Autumn by the decision D-1
Then accepted as priority-set
View needs-and-assets where what need is
     | barrier | priority | status |
     | food    | 1        | gap    |
     | dental  | none     | gap    |
When on 2025-10-20 Rio Clinic offers Morning table, tier 1 food at Manzanita Elementary under MOU-7
View needs-and-assets where what need is
     | barrier | status  |
     | food    | offered |
     | dental  | gap     |
When on 2026-03-09 Manzanita council meets as March with Sol and Fay and Gus and Eve
  and revisit-decision Manzanita council on 2025-10-06: decision D-1, meeting October, stands no
Then refused: in-use

Story: What another may read is shared by decision, for a purpose and a time

Given a ledger from 2025-07-01, today 2026-03-16
  and the site Manzanita Elementary
  and propose-sharing County report on 2026-03-02: to/organisation county-office, what service-totals, purpose program-evaluation
When approve-sharing County report from 2026-03-09 to 2026-12-31: decision D-9
Then refused: not-found

Story: A site is assessed once in a school year

Given a ledger from 2025-07-01, today 2026-03-16
  and the site Manzanita Elementary
  and on 2025-09-08 the assessment Autumn of Manzanita Elementary for 2025-26
When on 2026-01-12 the assessment Winter of Manzanita Elementary for 2025-26
Then refused: assessment-open-already

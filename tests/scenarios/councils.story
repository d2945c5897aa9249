# Those who are concerned decide: nothing is adopted over the heads of students and families.

Story: A decision without its families is not adopted, however many others came

Given a ledger from 2025-07-01, today 2026-03-16
  and the site Manzanita Elementary
  and on 2025-09-01 the council Manzanita council of Manzanita Elementary with seats for 2 students, 3 families and 2 educators, deciding by consent
  and Sol sits in Manzanita council for student until 2026-06-30
  and Tao sits in Manzanita council for student until 2026-06-30
  and Fay sits in Manzanita council for family until 2026-06-30
  and Gus sits in Manzanita council for family until 2026-06-30
  and Eve sits in Manzanita council for educator until 2026-06-30
  and on 2026-02-16 the families propose Longer hours to Manzanita council
When on 2026-03-02 Manzanita council meets as March with Sol and Tao and Fay and Eve
  and record-positions Manzanita council on 2026-03-02: meeting March, proposal Longer hours, positions/student/support 2,
      positions/student/stand_aside 0, positions/student/oppose 0, positions/student/abstain 0
  and adopt-decision Manzanita council on 2026-03-02: decision D-1, meeting March, proposal Longer hours, tally/support 2,
      tally/stand_aside 0, tally/oppose 0, tally/abstain 0
Then refused: constituency-quorum-not-met
When decline-decision Manzanita council on 2026-03-02: decision D-1, meeting March, proposal Longer hours, reason no-quorum
Then accepted as decision-not-adopted
When on 2026-03-09 Manzanita council meets as April with Sol and Fay and Gus and Eve
  and record-positions Manzanita council on 2026-03-09: meeting April, proposal Longer hours, positions/student/support 1,
      positions/student/stand_aside 0, positions/student/oppose 0, positions/student/abstain 0,
      positions/family/support 1, positions/family/stand_aside 1, positions/family/oppose 0, positions/family/abstain 0
  and adopt-decision Manzanita council on 2026-03-09: decision D-2, meeting April, proposal Longer hours, tally/support 3,
      tally/stand_aside 0, tally/oppose 0, tally/abstain 0
Then refused: tally-differs
When adopt-decision Manzanita council on 2026-03-09: decision D-2, meeting April, proposal Longer hours, tally/support 2,
      tally/stand_aside 1, tally/oppose 0, tally/abstain 0
Then accepted as decision-adopted

Story: Nobody holds two seats of a council at a time, and who holds none does not attend

Given a ledger from 2025-07-01, today 2026-03-16
  and the site Manzanita Elementary
  and on 2025-09-01 the council Manzanita council of Manzanita Elementary with seats for 2 students, 3 families and 2 educators, deciding by consent
  and Fay sits in Manzanita council for family until 2026-06-30
When Fay sits in Manzanita council for educator until 2026-06-30
Then refused: seat-held
When convene-meeting Manzanita council on 2026-03-02: meeting March, agenda priorities
  and record-attendance Manzanita council on 2026-03-02: meeting March, members Fay and Gus
Then refused: member-not-seated
When record-attendance Manzanita council on 2026-03-02: meeting March, members Fay
Then accepted

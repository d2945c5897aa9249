# Money is given, shared out and spent, never more than there is, and what it bought can be told.

Story: Nothing is allocated beyond the award, and nothing spent beyond its allocation

Given a ledger from 2025-07-01, today 2026-03-16
  and the site Manzanita Elementary
  and the grant CS-25-7 of 90000 cents from 2025-07-01 to 2026-06-30
  and on 2025-08-11 60000 cents of CS-25-7 are allocated to Manzanita Elementary as Staff
When on 2025-08-12 40000 cents of CS-25-7 are allocated to Manzanita Elementary as Supplies
Then refused: allocation-exceeds-award
When on 2025-10-06 50000 cents of Staff in CS-25-7 are spent on personnel (October)
  and on 2025-11-03 15000 cents of Staff in CS-25-7 are spent on personnel
Then refused: expenditure-exceeds-allocation
When correct October because entry-error: cents 40000
Then accepted as grant-corrected
When on 2025-11-03 15000 cents of Staff in CS-25-7 are spent on personnel
Then accepted as expenditure-recorded
View funding where program ccspp by program is
     | program | awarded_cents | allocated_cents | spent_cents |
     | ccspp   | 90000         | 60000           | 55000       |

Story: A correction that would overspend is refused, and a closed grant takes only corrections

Given a ledger from 2025-07-01, today 2026-03-16
  and the site Manzanita Elementary
  and the grant CS-25-7 of 90000 cents from 2025-07-01 to 2026-06-30
  and on 2025-08-11 60000 cents of CS-25-7 are allocated to Manzanita Elementary as Staff
  and on 2025-10-06 50000 cents of Staff in CS-25-7 are spent on personnel (October)
When correct October because entry-error: cents 70000
Then refused: expenditure-exceeds-allocation
When close-grant CS-25-7 on 2026-03-02: reason completed
  and on 2026-03-01 1000 cents of Staff in CS-25-7 are spent on travel
Then refused: closed
When correct October because entry-error: cents 45000
Then accepted as grant-corrected

Story: Money is spent in its period

Given a ledger from 2025-07-01, today 2026-03-16
  and the site Manzanita Elementary
  and the grant CS-25-7 of 90000 cents from 2025-09-01 to 2026-02-28
  and on 2025-09-02 60000 cents of CS-25-7 are allocated to Manzanita Elementary as Staff
When on 2026-03-02 1000 cents of Staff in CS-25-7 are spent on travel
Then refused: outside-grant-period
When on 2026-02-27 1000 cents of Staff in CS-25-7 are spent on travel
Then accepted

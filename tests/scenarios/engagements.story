# Families: who came, who led, and who designed with the school.

Story: A family is counted once, in each of the ways in which it took part

Given a ledger from 2025-07-01, today 2026-03-16
  and the site Manzanita Elementary
When on 2026-03-02 the workshop Reading night is held at Manzanita Elementary for 90 minutes with 31 people
  and on 2026-03-02 the family Rivera attends Reading night
  and on 2026-03-02 the family Okafor leads Reading night
  and on 2026-03-09 the workshop Maths night is held at Manzanita Elementary for 60 minutes with 20 people
  and on 2026-03-09 the family Rivera designs Maths night with the school
View engagement-summary by site is
     | site                 | held | attended | led | co_designed | families | minutes |
     | Manzanita Elementary | 2    | 1        | 1   | 1           | 2        | 150     |

Story: Families are recorded for what took place, not for what was planned

Given a ledger from 2025-07-01, today 2026-03-16
  and the site Manzanita Elementary
When on 2026-03-09 the workshop Reading night is planned at Manzanita Elementary
  and on 2026-03-09 the family Rivera attends Reading night
Then refused: engagement-not-held
When on 2026-03-09 the engagement Reading night is cancelled: staffing
Then accepted as engagement-cancelled
When on 2026-03-09 the workshop Reading night is held at Manzanita Elementary for 90 minutes with 31 people
Then refused: closed
View engagement-summary by kind is
     | kind     | planned | held | cancelled |
     | workshop | 1       | 0    | 1         |

Story: An engagement is held once, and is not taken back while families count on it

Given a ledger from 2025-07-01, today 2026-03-16
  and the site Manzanita Elementary
  and on 2026-03-02 the workshop Reading night is held at Manzanita Elementary for 90 minutes with 31 people (held)
  and on 2026-03-02 the family Rivera attends Reading night (family)
When on 2026-03-03 the workshop Reading night is held at Manzanita Elementary for 90 minutes with 31 people
Then refused: engagement-already-held
When void held
Then refused: in-use
When void family
  and void held
Then accepted as engagement-voided
View engagement-summary by site is
     | site                 | held | attended | families |
     | Manzanita Elementary | 0    | 0        | 0        |

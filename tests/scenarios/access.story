# Who may speak to the ledger from outside: tokens, granted for a time and revoked.

Story: A token is granted for a time, for what it says and no more

Given a ledger from 2025-07-01, today 2026-03-16
When on 2026-03-16 the token SIS for svc:azul-sis until 2027-03-16, allowing deliveries:write and views:read
Then accepted as access-granted
View access is
     | actor        | scopes                         | granted    | expires    | status  | reason |
     | svc:azul-sis | deliveries:write and views:read | 2026-03-16 | 2027-03-16 | granted | none   |
View activity-feed where event access-granted is
     | said                                                                                              |
     | A token for svc:azul-sis (SIS) was granted until 2027-03-16: deliveries:write, views:read. |
When on 2026-03-16 the token Forever for svc:azul-sis until 2027-04-21, allowing read
Then refused: out-of-range at expires
When on 2026-03-16 the token Everything for svc:azul-sis until 2026-12-31, allowing admin
Then refused: scope-not-allowed at scopes

Story: A lost token is revoked once and for good

Given a ledger from 2025-07-01, today 2026-03-16
  and on 2026-03-02 the token SIS for svc:azul-sis until 2027-03-01, allowing write
When on 2026-03-01 the token SIS is revoked: lost
Then refused: out-of-range at effective
When on 2026-03-16 the token SIS is revoked: lost
Then accepted as access-revoked
View access where status granted is empty
View access where status revoked is
     | actor        | revoked    | reason |
     | svc:azul-sis | 2026-03-16 | lost   |
When on 2026-03-16 the token SIS is revoked: rotated
Then refused: no-change
When on 2026-03-16 the token SIS for svc:azul-sis until 2027-03-01, allowing write
Then refused: taken

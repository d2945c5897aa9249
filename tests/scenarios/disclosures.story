# Whoever outside is shown something about somebody is on record: who, what, what for, when and on what basis, for good.

Story: A family sees who was shown what about their child

Given a ledger from 2025-07-01, today 2026-03-16
When on 2025-11-05 attendance and grades of Ana are shown to verde-school for school-transfer
Then refused: disclosure-basis-needed
When on 2025-11-05 attendance and grades of Ana are shown to verde-school for school-transfer (basis law ferpa-99.31)
Then accepted as disclosure-recorded
When on 2026-02-04 services of Ana are shown to family for family-request (basis law ferpa-99.10)
  and on 2026-02-04 services of Ben are shown to family for family-request (basis law ferpa-99.10)
View disclosures where person Ana is
     | day        | recipient    | purpose         | fields                | basis           |
     | 2025-11-05 | verde-school | school-transfer | attendance and grades | law:ferpa-99.31 |
     | 2026-02-04 | family       | family-request  | services              | law:ferpa-99.10 |
View disclosures where fields grades, basis law:ferpa-99.31 is
     | person | recipient    |
     | Ana    | verde-school |

Story: What was shown of one student under two ids is found under one when they are merged

Given a ledger from 2025-07-01, today 2026-03-16
  and on 2025-08-11 Ana of the family Rivera is enrolled
  and on 2025-08-11 Anna of the family Rivera is enrolled
  and on 2025-11-05 grades of Ana are shown to verde-school for school-transfer (basis law ferpa-99.31)
  and on 2025-11-06 attendance of Anna are shown to verde-school for school-transfer (basis law ferpa-99.31)
When on 2026-03-09 Anna is merged into Ana
View disclosures where person Ana is
     | day        | recorded_as |
     | 2025-11-05 | Ana         |
     | 2025-11-06 | Anna        |
When on 2026-03-10 Anna is separated from Ana
View disclosures where person Ana is
     | day        |
     | 2025-11-05 |

Story: A partner is shown a case with the consent that was given in it, and with no other

Given a ledger from 2025-07-01, today 2026-03-16
  and the partner Rio Clinic
  and the parents consent to mental-health-counseling for the case C-12, from 2025-08-11 to 2026-06-11, as the consent
When on 2026-03-02 referrals of the case C-12 are shown to the partner Rio Clinic for service-coordination (basis consent the consent)
Then accepted
When on 2026-03-02 referrals of the case C-13 are shown to the partner Rio Clinic for service-coordination (basis consent the consent)
Then refused: consent-not-for-case
When on 2026-03-02 services of Ana are shown to family for family-request (basis consent the consent)
Then refused: consent-not-for-subject
When on 2026-03-09 the consent is withdrawn
  and on 2026-03-10 referrals of the case C-12 are shown to the partner Rio Clinic for service-coordination (basis consent the consent)
Then refused: consent-withdrawn
View disclosures where recipient Rio Clinic is
     | case | purpose              |
     | C-12 | service-coordination |
View activity-feed where event disclosure-recorded is
     | said                                                    |
     | A record was shown to a partner (service-coordination). |

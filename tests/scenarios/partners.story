# Who works with students was checked, and is in good standing on the day.

Story: Who works with a few students was vetted, who serves everybody need not be

Given a ledger from 2025-07-01, today 2026-03-16
  and the site Manzanita Elementary
  and the partner Mercado Verde
  and the agreement MOU-9 with Mercado Verde for Manzanita Elementary, from 2025-07-01 to 2026-06-30, covering food and mentoring
When on 2026-03-02 60 minutes of mentoring at Manzanita Elementary under MOU-9 for 3 students
Then refused: partner-not-vetted
When on 2026-03-02 60 minutes of food at Manzanita Elementary under MOU-9 for 120 people
Then accepted
When on 2026-03-01 Mercado Verde is vetted until 2026-12-31
  and on 2026-03-02 60 minutes of mentoring at Manzanita Elementary under MOU-9 for 3 students
Then accepted
View service-ledger by kind,tier is
     | kind      | tier | deliveries | headcount | attendances |
     | food      | 1    | 1          | 120       | 0           |
     | mentoring | 2    | 1          | 0         | 3           |

Story: A vetting that ran out does not count for days after it

Given a ledger from 2025-07-01, today 2026-03-16
  and the site Manzanita Elementary
  and the partner Rio Clinic, vetted until 2026-01-31
  and the agreement MOU-7 with Rio Clinic for Manzanita Elementary, from 2025-07-01 to 2026-06-30, covering tutoring
When on 2026-01-31 45 minutes of tutoring at Manzanita Elementary under MOU-7 for 2 students
Then accepted
When on 2026-02-01 45 minutes of tutoring at Manzanita Elementary under MOU-7 for 2 students
Then refused: partner-not-vetted
View partner-directory is
     | name       | vetted_until | deliveries |
     | Rio Clinic | 2026-01-31   | 1          |

Story: A suspended partner neither serves nor signs until it is reinstated

Given a ledger from 2025-07-01, today 2026-03-16
  and the site Manzanita Elementary
  and the partner Rio Clinic, vetted until 2026-12-31
  and the agreement MOU-7 with Rio Clinic for Manzanita Elementary, from 2025-07-01 to 2026-06-30, covering tutoring
When on 2026-02-02 the partner Rio Clinic is suspended: safety
  and on 2026-02-03 45 minutes of tutoring at Manzanita Elementary under MOU-7 for 2 students
Then refused: partner-suspended
When the agreement MOU-8 with Rio Clinic for Manzanita Elementary, from 2026-02-03 to 2026-06-30, covering food
Then refused: partner-suspended
View partner-directory is
     | name       | status    |
     | Rio Clinic | suspended |
When on 2026-03-02 the partner Rio Clinic is reinstated
  and on 2026-03-02 45 minutes of tutoring at Manzanita Elementary under MOU-7 for 2 students
Then accepted
View partner-directory is
     | name       | status |
     | Rio Clinic | active |

Story: What a partner did before its suspension may be reported during it

Given a ledger from 2025-07-01, today 2026-03-16
  and the site Manzanita Elementary
  and the partner Rio Clinic, vetted until 2026-12-31
  and the agreement MOU-7 with Rio Clinic for Manzanita Elementary, from 2025-07-01 to 2026-06-30, covering tutoring
When on 2026-02-02 the partner Rio Clinic is suspended: safety
  and on 2026-01-30 45 minutes of tutoring at Manzanita Elementary under MOU-7 for 2 students
Then accepted

Story: A partner that has left accepts only corrections

Given a ledger from 2025-07-01, today 2026-03-16
  and the site Manzanita Elementary
  and the partner Rio Clinic, vetted until 2026-12-31 (vetting)
When on 2026-02-27 the partner Rio Clinic leaves
  and on 2026-03-02 Rio Clinic is vetted until 2027-12-31
Then refused: closed
When the agreement MOU-8 with Rio Clinic for Manzanita Elementary, from 2026-03-02 to 2026-06-30, covering food
Then refused: closed
When correct vetting: clearance_until 2026-06-30
Then accepted as partner-corrected
View partner-directory is
     | name       | status     | vetted_until |
     | Rio Clinic | offboarded | 2026-06-30   |

Story: A number of the social security office is not taken for that of an employer

Given a ledger from 2025-07-01, today 2026-03-16
When the partner Mercado Verde: ein 123-45-6789
Then refused: ein-not-allowed at ein
When the partner Mercado Verde: ein 12-3456789
Then accepted

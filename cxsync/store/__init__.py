"""The state that outlives a process: PostgreSQL, one module a table, plain SQL, and the lease that guards it.

``Database.transaction`` gives a transaction to anyone, ``lease.Hand.transaction`` a ``Fenced`` one, which only the
holder of a lease can have; functions that write what rule 11 protects take nothing else, so that the type checker
refuses a way round it.
"""

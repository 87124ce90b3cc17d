"""Backups of the whole database server: pgBackRest behind the operator's `db …` commands.

`settings` says where, `pgbackrest` runs the program, `catalogue` reads what the repository holds,
`keeping` and `schedule` decide (pure), `runs` does one backup, `restoring` and `verifying` bring
one back, `watch` does all of it by the clock and tells Prometheus.
"""

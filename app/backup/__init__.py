"""Backups of the whole database server: pgBackRest behind the operator's `db …` commands.

`settings` says where, `configuration` says it to pgBackRest, `pgbackrest` runs the program,
`catalogue` and `timelines` read what the repository holds, `keeping` and `schedule` decide (pure),
`runs` does one backup, `restoring` and `verifying` bring one back, `finishing` ends that for a
server that goes on, `watch` does all of it by the clock and tells Prometheus.
"""

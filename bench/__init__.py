"""Measures the service against its references, side by side in one run: `make bench`.

Absolute figures mean nothing on a shared machine, so a goal is a ratio to something that runs
beside it: pgbench doing the same order as plain SQL (the database's limit) or a bare ASGI "hello"
in the same uvicorn (Python's limit).

How to read the table: `ours` and `reference` are the medians of the rounds, `ratio` is the median
of each round's own ratio, and only rows with a goal say whether it is met. `hello` is the
reference of all reads. The menu rows come thrice: a plain menu, one with every feature (four
languages, option groups with an item's own terms, sets, dayparts, price plans, pictures) and the
same of 2,000 items; `menu-anew` renders it for each answer, which is what a change of the menu
costs a worker. `hot-store` has 40 tablets order in one store beside 40 in as many stores, at four
workers: 1 would mean that nothing of a store's orders waits for another.

`bench/results.json` has the figures of every round, for comparing runs on one machine.
"""

"""A table order service: guests order at the table, kitchen and floor see it live."""

import gc

# Imports and routes make half a million objects that stay. Looking for garbage among them, again
# and again, took a quarter of the start.
gc.set_threshold(200_000, 20, 50)

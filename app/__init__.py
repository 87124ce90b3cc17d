"""A table order service: guests order at the table, kitchen and floor see it live."""

import gc

# Imports and routes make a quarter of a million objects that stay. Looking for garbage among them
# took a quarter of the start when it was done again and again, and a tenth when it was done once.
gc.set_threshold(500_000, 20, 50)

"""Files of others: every row added, updated, unchanged, or rejected with a reason.

A file is read once in chunks, judged as a whole and given out in chunks (``placed_rows``; rosters and logs
``unplaced_rows``). ``offences`` and ``synonyms`` are the only places that know agencies' words; there is no code
per city. What was answered for a file serves the next one with the same columns. ``preview`` only reads, for the
import dock.
"""

"""What was planned, delivered and had an effect, for reports and the public pack.

``delivered_period`` is the one reading of patrols, visits, logs and roster; the others are figures of it. Residents
are read here only, and no forecast sees them. ``small_numbers`` hides small counts.
"""

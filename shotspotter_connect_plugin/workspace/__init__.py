"""An agency's data and the steps on them: read tables, call ``forecast`` or ``patrol``, write tables in one
transaction.

A step is what an algorithm, a dock and a notebook all call. No QGIS here.
"""

"""The lottery, visits and what patrols did: functions of arrays and frames; place and time come from ``forecast``.

``metering`` draws; ``chances`` and ``limits`` are parts of it and used through it. ``limits.PatrolHistory`` is what
counts around a shift; ``box_caps`` turns it into eligibility and caps before the draw, so a further constraint is
one more reason or one more minimum there. ``visits`` finds visits in fixes, ``live_tracker`` the same ones fix by
fix. Nothing here changes what it is given: tests/unit/test_untouched.py calls every public function with read-only
data; a new one needs an example.
"""

"""Expected events: functions of arrays and frames, which know no table, no QGIS and no other room.

Data: one frame of events, the boxes, a ``ShiftCalendar`` and a moment ``as_of``; nothing known later is looked at.
Nothing here changes what it is given: tests/unit/test_untouched.py calls every public function with read-only data;
a new one needs an example.

Order of the modules, each using those before it: ``allowed_inputs``, ``gunfire_events``, ``event_history`` (events
on slots and boxes), ``calendar_terms``, ``sensor_coverage``, ``surfaces`` (remembered, smoothed events),
``predictors``, ``citywide_rate``, ``trees``, ``ladder`` (rungs, fit of weights), ``recalibration``, ``box_density``
(a fitted rung to densities), ``training_sample``, ``accuracy``, ``expected_interval``, ``weekly_intervals``,
``validation`` (rolling weeks, choice, replay), ``context`` (what is the same for all crime types), ``reasons``,
``model_card``, ``forecast_model``, ``rolling_backtest``, ``estimator``. A new surface is a ``Feature`` in a
``Rung``; a new rung joins ``ladder.RUNGS``, and ``ladder.ladder_for`` says where it can be used. Back-tests and
reports take rungs from there.

Places change between coordinate systems through ``crs.change`` alone, by GDAL's osr, which keeps a PROJ context for
each thread; pyproj from 3.7 on ends QGIS in its worker threads. Dates are ISO text, instants UTC. A missing text
may be None, NaN or NA, so ask ``isna``; a column of text may be of kind object or string, so ask ``dtype.kind``;
instants may come in nanoseconds, microseconds or seconds, so go through ``instants``. ``np.array`` of a pandas
column may be the column itself: copy with ``np.asarray(...).copy()``.
"""

"""The algorithms, one per file, named after its id; ``base.ConnectAlgorithm`` is what they share.

Not algorithms are: ``provider`` (their list), ``base``, ``imports`` and ``reports`` (what those of a kind share),
``inputs``, ``outputs`` and ``feedback`` (between QGIS and the steps), ``addresses`` (which workspace), ``destinations``
(where files go that nobody chose a place for) and ``sample`` (the steps of the demo).

An algorithm reads layers in ``read_layers`` (main thread), calls one step in ``work`` (any thread) and refuses what
makes no sense in ``check``. Whatever goes wrong becomes one sentence. No exception may leave
``checkParameterValues``: it would end ``qgis_process`` with a core dump. Ids, parameters and outputs are frozen in
tests/golden/algorithms.json. Nothing heavy is imported at module level: QGIS loads this at its start
(benchmarks/startup.py).
"""

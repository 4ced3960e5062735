"""Tables and settings of a workspace, and the file that keeps them.

``tables`` declares every table and ``settings`` every setting; rows, importers, forms and docs are made from there.
Frames: ``utc`` columns are instants (NaT = null), ``date`` and ``local`` text or None, ``boolean`` nullable,
``json`` Python objects; point tables carry ``x`` and ``y`` in the workspace's CRS (NaN = no place), polygon tables
``geometry``. A table that is only appended to is kept so by triggers in the file, so that no other program changes
it either. In a transaction the R-tree's triggers are away (they call functions that plain SQLite lacks) and, when
many rows come, indexes; ``rtree`` does their work once before the commit. A file of an earlier version reads
columns it lacks as empty and gets them at its first write. ``layer_file`` is the only place that opens somebody
else's file of layers: drivers that hold their rows themselves, no network, no views. A workspace that this account
may only read is ``read_only``: nothing is written beside it, and its runs are recorded nowhere.
"""

"""Docks, dialogs and menus. All reading is done in tasks, of which only the newest of a kind counts; every change
goes through an algorithm.

Keys of a dock are taken in ``ShortcutOverride``, because QGIS has F5 and Ctrl+Z of its own. ``overlay`` keeps
layers of docks out of saved projects, and its ``quietly`` keeps a project from becoming unsaved work by them. In a
plan's own project a dock adds no layer: ``reports/plan/plan_file.py`` writes changes into the plan's GeoPackage. A
report laid out in the user's project has its layers in a GeoPackage attached to it; one that somebody changed is
not replaced. In the live dock a fix is on disk before it is shown and delivered after; whatever fails after the
disk is tried again. What docks and dialogs are put together from again and again stands in ``widgets``.
"""

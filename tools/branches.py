"""Prints how many statements and branches of the package tests took, by room, and the files with the least.

``branches.py FILE...``: what SlipCover wrote of each run; what any of them took is taken.
"""
import json
import sys
from collections import defaultdict
from pathlib import Path

PACKAGE = "shotspotter_connect_plugin"


def main(paths):
    rooms = defaultdict(lambda: [0, 0, 0, 0])
    least = []
    for name, (lines, branches) in taken(paths).items():
        inside = name[name.index(PACKAGE):].split("/")
        counts = [len(lines), sum(lines.values()), len(branches), sum(branches.values())]
        for room in (inside[1] if len(inside) > 2 else "beside the rooms", "all"):
            rooms[room] = [one + other for one, other in zip(rooms[room], counts)]
        if counts[2]:
            least.append((counts[3] / counts[2], "/".join(inside[1:])))
    for room, (statements, run, branches, followed) in sorted(rooms.items(), key=lambda item: item[0] == "all"):
        print(f"{room:18} {run / max(statements, 1):7.1%} of {statements:6,} statements "
              f"{followed / max(branches, 1):7.1%} of {branches:6,} branches")
    print("least:", ", ".join(f"{name} {share:.0%}" for share, name in sorted(least)[:10]))


def taken(paths):
    """File -> (statement -> whether it ran, branch -> whether it was followed) in any of the runs."""
    files = defaultdict(lambda: ({}, {}))
    for path in paths:
        for name, found in json.loads(Path(path).read_text())["files"].items():
            for kept, kind in zip(files[name], ("lines", "branches")):
                for one in found["missing_" + kind]:
                    kept.setdefault(str(one), False)
                kept.update((str(one), True) for one in found["executed_" + kind])
    return files


if __name__ == "__main__":
    main(sys.argv[1:])

"""Prints how many statements and branches of the package the tests took, by room, and the files with the least."""
import json
import tempfile
from collections import defaultdict
from pathlib import Path

import coverage

PACKAGE = "shotspotter_connect_plugin"


def main():
    data = coverage.Coverage()
    data.load()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "all.json"
        data.json_report(outfile=str(path))
        files = json.loads(path.read_text())["files"]
    rooms = defaultdict(lambda: [0, 0, 0, 0])
    least = []
    for name, found in files.items():
        inside = name[name.index(PACKAGE):].split("/")
        counts = [found["summary"][key] for key in (
            "num_statements", "covered_lines", "num_branches", "covered_branches")]
        for room in (inside[1] if len(inside) > 2 else "beside the rooms", "all"):
            rooms[room] = [one + other for one, other in zip(rooms[room], counts)]
        if counts[2]:
            least.append((counts[3] / counts[2], "/".join(inside[1:])))
    for room, (statements, lines, branches, taken) in sorted(rooms.items(), key=lambda item: item[0] == "all"):
        print(f"{room:18} {lines / max(statements, 1):7.1%} of {statements:6,} statements "
              f"{taken / max(branches, 1):7.1%} of {branches:6,} branches")
    print("least:", ", ".join(f"{name} {share:.0%}" for share, name in sorted(least)[:10]))


if __name__ == "__main__":
    main()

"""What the lottery promises, measured on a real draw: its stored chances are drawn again many times with other seeds.

Run: /usr/bin/python3 benchmarks/lottery.py [workspace date shift [draws]]    (that of "make demo" if not given)
"""
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from shotspotter_connect_plugin.forecast.fishnet import Fishnet  # noqa: E402
from shotspotter_connect_plugin.patrol.draw import pivotal  # noqa: E402
from shotspotter_connect_plugin.patrol.seeds import Uniforms  # noqa: E402
from shotspotter_connect_plugin.workspace.steps.shift_plan import draws_of  # noqa: E402
from shotspotter_connect_plugin.workspace.store.workspace import open_workspace  # noqa: E402

DEMO = (str(ROOT / "out" / "demo" / "washington_dc.gpkg"), "2017-12-14", "evening")


def stored(address, shift_date, shift):
    """(chance, column, row, beat, side of a box) of the boxes that had a chance in a shift's newest draw."""
    with open_workspace(address) as workspace:
        newest = draws_of(workspace, shift_date, shift)["draw_id"].iloc[-1]
        boxes = workspace.read("draw_boxes", where={"draw_id": newest}, order_by="box_id")
        boxes = boxes[boxes["inclusion_probability"] > 0]
        return (boxes["inclusion_probability"].to_numpy(), *Fishnet.parse(boxes["box_id"]),
                boxes["beat"].to_numpy(object), workspace.settings.size)


def clumping(selected, col, row):
    """(mean distance from a drawn box to the nearest other one, pairs of drawn boxes that touch) per draw, in boxes."""
    distances, touching = [], []
    for drawn in selected:
        place = np.stack([col[drawn], row[drawn]], axis=1)
        apart = np.abs(place[:, None] - place[None])
        distance = np.hypot(apart[..., 0], apart[..., 1])
        touching.append(((apart.max(axis=2) == 1).sum()) / 2)
        np.fill_diagonal(distance, np.inf)
        distances.append(distance.min(axis=1).mean())
    return np.mean(distances), np.mean(touching)


def by_beat(chance, beat, count, rng):
    """To compare with: as many in each beat, systematic over its boxes in random order, so places do not count."""
    drawn = np.zeros((count, chance.size), dtype=bool)
    for number in range(count):
        for name in np.unique(beat):
            places = rng.permutation(np.flatnonzero(beat == name))
            sums = np.concatenate([[0.0], np.cumsum(chance[places])])
            drawn[number, places[np.diff(np.floor(sums - rng.random() + 1e-9)) > 0]] = True
    return drawn


def main():
    address, shift_date, shift = sys.argv[1:4] or DEMO
    count = int(sys.argv[4]) if len(sys.argv) > 4 else 1000
    chance, col, row, beat, size = stored(address, shift_date, shift)
    selected = np.zeros((count, chance.size), dtype=bool)
    for number in range(count):
        selected[number, pivotal(chance, col, row, beat, Uniforms(f"benchmark {number}", "")).selected] = True
    print(f"{shift_date} {shift}: {chance.size} boxes with a chance in {len(set(beat))} beats, {chance.sum():.6g} "
          f"drawn on average; {count} draws from the stored chances.")

    z = (selected.sum(axis=0) - count * chance) / np.sqrt(count * np.maximum(chance * (1 - chance), 1e-12))
    z = z[chance < 1]
    print(f"Frequencies against the stated chances: mean of z^2 {np.mean(z ** 2):.2f} (1 is right), "
          f"|z| above 1.96 in {100 * np.mean(np.abs(z) > 1.96):.1f} % (5 is right), largest {np.abs(z).max():.1f}.")

    sums = {name: chance[beat == name].sum() for name in np.unique(beat)}
    wrong = 0
    for name, total in sums.items():
        drawn = selected[:, beat == name].sum(axis=1)
        wrong += ((drawn < np.floor(total + 1e-9)) | (drawn > np.ceil(total - 1e-9))).sum()
    sizes = selected.sum(axis=1)
    print(f"Size: {sizes.min()} to {sizes.max()} in every draw; beats outside floor and ceiling of their expectation: "
          f"{wrong} of {count * len(sums)}.")

    kept = (chance > 0.02) & (chance < 1)
    scaled = ((selected - chance)[:, kept] / np.sqrt((chance * (1 - chance))[kept])).astype(np.float32)
    together = scaled.T @ scaled / count
    same = beat[kept][:, None] == beat[kept][None]
    upper = np.triu(np.ones(same.shape, dtype=bool), 1)
    print(f"Correlation of two boxes (of {kept.sum()} with a chance above 0.02): {together[upper & same].mean():+.3f} "
          f"on average in one beat, {together[upper & ~same].mean():+.5f} in two beats; its spread there is "
          f"{together[upper & ~same].std() * np.sqrt(count):.2f} times that of pure chance.")

    rng = np.random.default_rng(1)
    for name, drawn in (("ours", selected[:300]),
                        ("as many per beat, places ignored", by_beat(chance, beat, 300, rng)),
                        ("each box by itself", rng.random((300, chance.size)) < chance)):
        distance, touching = clumping(drawn, col, row)
        print(f"Nearest other drawn box, {name}: {size * distance:.0f} m on average; {touching:.1f} pairs touch.")


if __name__ == "__main__":
    main()

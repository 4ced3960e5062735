"""The rules of visits once more, slowly and by other means: plain loops over exact pieces, no arrays.

Only for tests. It takes tracks that need no cleaning: each list holds (seconds, x, y).
"""
import math


def pieces(fixes, size):
    """[cell, start, end] along a track; the cell of a piece is that of its middle."""
    found = []
    for (t0, x0, y0), (t1, x1, y1) in zip(fixes[:-1], fixes[1:]):
        cuts = [0.0, 1.0]
        for a, b in ((x0, x1), (y0, y1)):
            low, high = sorted((a, b))
            line = math.ceil(low / size) * size
            while line <= high and a != b:
                cuts.append((line - a) / (b - a))
                line += size
        cuts = sorted(cut for cut in cuts if 0 <= cut <= 1)
        for one, other in zip(cuts[:-1], cuts[1:]):
            if other > one:
                middle = (one + other) / 2
                cell = (math.floor((x0 + middle * (x1 - x0)) / size), math.floor((y0 + middle * (y1 - y0)) / size))
                found.append([cell, t0 + one * (t1 - t0), t0 + other * (t1 - t0)])
    joined = []
    for piece in found:
        if joined and joined[-1][0] == piece[0]:
            joined[-1][2] = piece[2]
        else:
            joined.append(piece)
    return joined


def without_jitter(stays, leave_seconds):
    """Stays that go on after an absence of less than ``leave_seconds`` swallow it."""
    kept, place = [], 0
    while place < len(stays):
        cell, start, end = stays[place]
        while True:
            back = next((i for i in range(place + 1, len(stays)) if stays[i][0] == cell), None)
            if back is None or stays[back][1] - end >= leave_seconds:
                break
            place, end = back, stays[back][2]
        kept.append([cell, start, end])
        place += 1
    return kept


def has_left(fixes, cell, start, end, size, metres, seconds):
    """Whether the track was ``metres`` outside a box for ``seconds`` on end between two moments."""
    x_low, x_high = cell[0] * size - metres, (cell[0] + 1) * size + metres
    y_low, y_high = cell[1] * size - metres, (cell[1] + 1) * size + metres
    away = 0.0
    for (t0, x0, y0), (t1, x1, y1) in zip(fixes[:-1], fixes[1:]):
        low, high = max(t0, start), min(t1, end)
        if high <= low:
            continue
        cuts = {low, high}
        for a, b, lines in ((x0, x1, (x_low, x_high)), (y0, y1, (y_low, y_high))):
            cuts |= {t0 + (line - a) / (b - a) * (t1 - t0) for line in lines if a != b}
        cuts = sorted(cut for cut in cuts if low <= cut <= high)
        for one, other in zip(cuts[:-1], cuts[1:]):
            share = ((one + other) / 2 - t0) / (t1 - t0)
            x, y = x0 + share * (x1 - x0), y0 + share * (y1 - y0)
            away = 0.0 if x_low <= x <= x_high and y_low <= y <= y_high else away + other - one
            if away >= seconds and away > 0:
                return True
    return False


def visits(tracks, size, rules):
    """(cell, entered, left, minutes) of one unit's tracks, drive-throughs left out."""
    presences = sorted(([*stay, number] for number, fixes in enumerate(tracks)
                        for stay in without_jitter(pieces(fixes, size), rules.leave_seconds)), key=lambda p: p[1])
    found = []
    for cell, start, end, number in presences:
        visit = next((old for old in reversed(found) if old["cell"] == cell), None)
        if visit and (start - visit["left"] < rules.merge_seconds or visit["track"] == number and not has_left(
                tracks[number], cell, visit["left"], start, size, rules.leave_metres, rules.leave_seconds)):
            visit.update(left=end, inside=visit["inside"] + end - start, track=number)
        else:
            found.append({"cell": cell, "entered": start, "left": end, "inside": end - start, "track": number})
    return [(visit["cell"], visit["entered"], visit["left"], visit["inside"] / 60) for visit in found
            if visit["inside"] >= rules.drive_through_seconds]

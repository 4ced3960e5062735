"""How many made examples a slow property takes, and which cases a long list has: half of them where tests run once
more, with other libraries."""
import os
from itertools import groupby

MANY = 8
"""Cases of one test; fewer are often all different."""
HALF = os.environ.get("CONNECT_EXAMPLES") == "half"


def examples(number):
    """As many, or half where the whole number is tried elsewhere in the same run of ``tools/test.sh``."""
    return (number + 1) // 2 if HALF else number


def left_out(items):
    """Those pytest items that such a run leaves out: every second case of a test that has many."""
    families = [list(family) for _, family in groupby(items, key=lambda item: (item.fspath, item.originalname))]
    return [item for family in families if HALF and len(family) >= MANY for item in family[1::2]]

"""How many made examples a slow property takes: half of them where it runs once more, with other libraries."""
import os

HALF = os.environ.get("CONNECT_EXAMPLES") == "half"


def examples(number):
    """As many, or half where the whole number is tried elsewhere in the same run of ``tools/test.sh``."""
    return (number + 1) // 2 if HALF else number

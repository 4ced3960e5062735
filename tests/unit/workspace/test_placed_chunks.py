"""What is kept of a file's rows in a temporary file comes back as it was, or not at all."""
import io

import numpy as np
import pandas as pd
import pytest

from shotspotter_connect_plugin.workspace.imports.placed_chunks import ChunkDigest


def test_a_digest_comes_back_whole_or_not_at_all():
    words = pd.Categorical.from_codes([1, 0, 1], pd.Index(["", "ROBBERY \udcff"], dtype=object))
    digest = ChunkDigest(np.arange(2, 5), np.zeros(3, dtype=np.int8), np.array([False, True, False]),
                         np.ones(3, dtype=bool), {}, {}, {}, {"offence": words})
    file = io.BytesIO()
    forms = digest.save(file)
    file.seek(0)
    again = digest.load(file, forms)
    for name in ("lines", "faults", "blank", "placed"):
        np.testing.assert_array_equal(getattr(again, name), getattr(digest, name))
    assert list(again.words["offence"]) == list(words)
    whole = file.getvalue()
    for size in (0, 1, len(whole) // 2, len(whole) - 1):
        with pytest.raises(OSError, match="lost its end"):
            digest.load(io.BytesIO(whole[:size]), forms)

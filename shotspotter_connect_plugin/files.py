"""Files that are the old one or the new one, never something between."""
import os
import uuid
from contextlib import contextmanager
from pathlib import Path

from .errors import ConnectError


@contextmanager
def replacing(path, what="The file"):
    """Give a path beside ``path`` to write to; it takes the place of ``path`` at the end, or is gone after an error.

    Raises
    ------
    ConnectError
        When it cannot be written or put in its place; ``what`` begins the sentence.
    """
    path = Path(path)
    unfinished = path.with_name("." + uuid.uuid4().hex + "-" + path.name)
    try:
        yield unfinished
        os.replace(unfinished, path)
    except OSError as error:
        raise ConnectError("{} cannot be written to {}; choose a folder in which you may write, and close the file "
                           "elsewhere.".format(what, path), repr(error)) from error
    finally:
        if unfinished.exists():
            unfinished.unlink()

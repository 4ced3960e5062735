"""XML of strangers, part by part: no document type, no entities, nothing from elsewhere; damage is one sentence."""
from __future__ import annotations

from pathlib import Path
from typing import IO, Callable, Iterator
# A document type is refused before anything of it is used.
from xml.parsers import expat  # nosec B407

from ...errors import ConnectError
from .text_file import encoding_of, start_of, told, unpacked

_PART = 1 << 16


def read_xml(path: Path, name: str, start: Callable[[str, dict[str, str]], None],
             end: Callable[[str, str], None]) -> Iterator[float]:
    """Read a file of XML; gives the share of it that was read, after each part.

    Parameters
    ----------
    start : function
        Called with the name, without its namespace, and the attributes of each element that begins.
    end : function
        Called with the name and the text, after its last child, of each element that ends.

    Raises
    ------
    ConnectError
        When it is damaged or declares a document type.
    """
    letters: list[str] = []
    # Without a mark only its zeros tell that it is UTF-16.
    beginning = start_of(path)
    encoding = encoding_of(beginning, name)
    parser = expat.ParserCreate(encoding.upper() if encoding.startswith("utf-16-") else None, " ")
    parser.buffer_text = True

    def begin(tag: str, attributes: dict[str, str]) -> None:
        letters.clear()
        start(tag.rpartition(" ")[2], {key.rpartition(" ")[2]: value for key, value in attributes.items()})

    def finish(tag: str) -> None:
        text = "".join(letters).strip()
        letters.clear()
        end(tag.rpartition(" ")[2], text)

    def refuse(*_: object) -> None:
        raise ConnectError(f"{name} declares a document type, which is not read; export it again without one.")

    parser.StartElementHandler, parser.EndElementHandler = begin, finish
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = letters.append, refuse
    size = max(path.stat().st_size, 1)
    with told(name), unpacked(path) as (raw, stream):
        for part in _parts(stream):
            try:
                parser.Parse(part, not part)
            except (expat.ExpatError, LookupError) as error:
                raise ConnectError(f"{name} is damaged or cut off; export it again.", repr(error)) from error
            yield min(raw.tell() / size, 1.0)


def _parts(stream: IO[bytes]) -> Iterator[bytes]:
    """Parts of a file, and an empty one at its end."""
    yield from iter(lambda: stream.read(_PART), b"")
    yield b""

"""What tests see of a PDF: its text, where words stand, its pages as pictures, and how far two pictures are apart."""
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from qgis.PyQt.QtGui import QImage

GOLDEN = Path(__file__).parents[1] / "golden"


def pages_of(pdf):
    """Text of each page, as it reads on paper."""
    if shutil.which("pdftotext") is None:
        pytest.skip("needs pdftotext (poppler-utils)")
    text = subprocess.run(["pdftotext", "-layout", str(pdf), "-"], capture_output=True, check=True).stdout.decode()
    return text.split("\f")[:-1]


def words_of(pdf):
    """(word, top, bottom) in points of each page, in the order of the file."""
    if shutil.which("pdftotext") is None:
        pytest.skip("needs pdftotext (poppler-utils)")
    text = subprocess.run(["pdftotext", "-bbox", str(pdf), "-"], capture_output=True, check=True).stdout.decode()
    return [[(word, float(top), float(bottom)) for top, bottom, word in
             re.findall(r'<word xMin="[^"]*" yMin="([^"]*)" xMax="[^"]*" yMax="([^"]*)">([^<]*)</word>', page)]
            for page in text.split("<page ")[1:]]


def picture_of(pdf, page, folder, *options):
    """One page as an array of height x width x 3."""
    if shutil.which("pdftoppm") is None:
        pytest.skip("needs pdftoppm (poppler-utils)")
    stem = folder / f"page{page}"
    subprocess.run(["pdftoppm", "-r", "72", "-png", "-singlefile", "-f", str(page), "-l", str(page), *options, str(pdf),
                    str(stem)], check=True)
    return array_of(f"{stem}.png")


def array_of(path):
    image = QImage(str(path)).convertToFormat(QImage.Format.Format_RGB888)
    assert not image.isNull(), path
    bits = image.constBits()
    bits.setsize(image.bytesPerLine() * image.height())
    lines = np.frombuffer(bits, np.uint8).reshape(image.height(), image.bytesPerLine())
    return lines[:, :3 * image.width()].reshape(image.height(), image.width(), 3).astype(int)


def difference(seen, golden):
    """Share of 6 x 6 pixel blocks whose mean colour differs visibly; smoothing of letters does not."""
    height, width = (size // 6 * 6 for size in golden.shape[:2])
    blocks = [picture[:height, :width].reshape(height // 6, 6, width // 6, 6, 3).mean(axis=(1, 3))
              for picture in (seen, golden)]
    return float((np.abs(blocks[0] - blocks[1]).max(axis=2) > 24).mean())

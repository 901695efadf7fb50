"""The pictures in docs/img, from a run of the flagship (`make pictures`) or from a page that is there.

    python docs/pictures.py [PAGE.html]

In comes a report, out come PNG files: a wide screen, the same in the dark, and a phone in both. Pictures are
kept in 256 colours, which is a third of the size and looks the same.
"""

from __future__ import annotations

import shutil
import struct
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

IMAGES = Path(__file__).parent / "img"
MOST_BYTES = 250_000
Bytes = NDArray[np.uint8]


def main() -> None:
    """Write every picture, and say how large it is."""
    with TemporaryDirectory() as folder:
        page = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else made(Path(folder))
        for name, data in pictures(page):
            small = in_256_colours(data)
            if len(small) > MOST_BYTES:
                raise SystemExit(f"{name} takes {len(small):,} bytes of {MOST_BYTES:,}")
            (IMAGES / name).write_bytes(small)
            print(f"docs/img/{name}: {len(small):,} bytes")


def made(folder: Path) -> Path:
    """Run the flagship and return its page."""
    from realities import load_case
    from realities.report import write_report
    from realities.weigh.study import run_case

    print("Running ukraine-2022")
    return write_report(run_case(load_case("ukraine-2022"), workers=None), folder / "report.html")


def pictures(path: Path) -> list[tuple[str, bytes]]:
    """Return file names and PNG data of every picture."""
    from playwright.sync_api import sync_playwright

    wide, phone = (1280, 1180), (390, 844)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("google-chrome"), args=["--no-sandbox"]
        )

        def shot(size: tuple[int, int], scheme: str, at: Callable[[Any], None]) -> bytes:
            page = chromium.new_context(
                viewport={"width": size[0], "height": size[1]},
                color_scheme=scheme,
                device_scale_factor=2 if size == phone else 1,
                offline=True,
            ).new_page()
            page.goto(path.as_uri())
            page.wait_for_selector("body[data-ready]:not([data-busy])", state="attached", timeout=60_000)
            at(page)
            page.wait_for_selector("body:not([data-busy])", state="attached", timeout=60_000)
            page.mouse.move(1, 1)
            page.wait_for_timeout(800)
            return bytes(page.screenshot())

        found = [
            ("report.png", shot(wide, "light", as_it_opens)),
            ("report-dark.png", shot(wide, "dark", as_it_opens)),
            ("report-phone.png", shot(phone, "light", as_it_opens)),
            ("report-phone-chart.png", shot(phone, "dark", to_chart)),
        ]
        chromium.close()
    return found


def as_it_opens(page: Any) -> None:
    """Leave the page where it opens."""
    page.evaluate("scrollTo(0, 0)")


def to_chart(page: Any) -> None:
    """Bring the main chart under the bar of dates."""
    page.evaluate("document.getElementById('figure-title').scrollIntoView()")


def in_256_colours(png: bytes) -> bytes:
    """Return a PNG of at most 256 colours: the most frequent ones, and the nearest of them for all others."""
    pixels = pixels_of(png)  # (row, column, 3)
    flat = pixels.reshape(-1, 3)
    packed = flat.astype(np.uint32) @ np.array([65536, 256, 1], dtype=np.uint32)
    colours, place, count = np.unique(packed, return_inverse=True, return_counts=True)
    parts = np.stack([colours >> 16, (colours >> 8) & 255, colours & 255], axis=1).astype(np.int32)
    kept = parts[np.argsort(-count, kind="stable")[:256]]
    nearest = np.array([int(((kept - one) ** 2).sum(axis=1).argmin()) for one in parts], dtype=np.uint8)
    rows = nearest[place].reshape(pixels.shape[:2])
    lines = np.concatenate([np.zeros((len(rows), 1), dtype=np.uint8), rows], axis=1)
    head = struct.pack(">IIBBBBB", pixels.shape[1], pixels.shape[0], 8, 3, 0, 0, 0)
    chunks = [
        _chunk(b"IHDR", head),
        _chunk(b"PLTE", kept.astype(np.uint8).tobytes()),
        _chunk(b"IDAT", zlib.compress(lines.tobytes(), 9)),
        _chunk(b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def pixels_of(png: bytes) -> Bytes:
    """Return the pixels, shape (row, column, 3), of a PNG of eight bits a channel, as browsers write it."""
    at, data, width, height, depth = 8, b"", 0, 0, 3
    while at < len(png):
        size, kind = struct.unpack(">I4s", png[at : at + 8])
        body = png[at + 8 : at + 8 + size]
        if kind == b"IHDR":
            width, height, bits, colour = struct.unpack(">IIBB", body[:10])
            if bits != 8 or colour not in {2, 6}:
                raise ValueError("not a picture of eight bits a channel")
            depth = 3 if colour == 2 else 4
        elif kind == b"IDAT":
            data += body
        at += size + 12
    lines = np.frombuffer(zlib.decompress(data), dtype=np.uint8).reshape(height, 1 + width * depth)
    above = np.zeros(width * depth, dtype=np.uint8)
    rows = []
    for line in lines:
        above = _unfiltered(int(line[0]), line[1:], above, depth)
        rows.append(above)
    return np.stack(rows).reshape(height, width, depth)[:, :, :3]


def _unfiltered(kind: int, line: Bytes, above: Bytes, depth: int) -> Bytes:
    """Return a line of bytes from how it differs from its left and upper neighbours."""
    if kind == 0:
        return line
    if kind == 2:
        return line + above
    if kind == 1:
        return np.asarray(np.cumsum(line.reshape(-1, depth), axis=0, dtype=np.uint8)).reshape(-1)
    out = [0] * len(line)
    for i, value in enumerate(line.tolist()):
        left, up = (out[i - depth] if i >= depth else 0), int(above[i])
        corner = int(above[i - depth]) if i >= depth else 0
        out[i] = (value + ((left + up) // 2 if kind == 3 else _nearest(left, up, corner))) % 256
    return np.array(out, dtype=np.uint8)


def _nearest(left: int, up: int, corner: int) -> int:
    """Return the neighbour nearest to left + up - corner (Paeth)."""
    guess = left + up - corner
    return min((left, up, corner), key=lambda one: abs(guess - one))


if __name__ == "__main__":
    main()

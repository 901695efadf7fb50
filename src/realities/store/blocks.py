"""The blocks of a long ensemble, kept in a Zarr store beside the file that they will become.

`out.nc.part/` is a Zarr group: `values` (draw, variable, time) and `failed` (draw,), one chunk for each block
of draws, and for each block a digest of its bytes under the fingerprint of the run. The digest is written
last, so a block counts only when all of it is there: one that was torn, changed, or put there by another run
does not match, and is computed again. `long_run.py` fills and empties the store.
"""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from realities.output import Heading, Slab
from realities.store.place import Place

if TYPE_CHECKING:
    import zarr

FloatArray = NDArray[np.float64]

#: Counts up when what a store holds changes.
FORMAT = 1
_MARK = "realities"
_DIGEST_BYTES = 32


class BlockStore:
    """The finished blocks of one ensemble.

    Parameters
    ----------
    folder
        Where the store is; made if need be, made afresh if it holds another run's blocks.
    heading
        Of the file that the blocks will become.
    block
        Draws in a block; the last may have fewer.
    fingerprint
        Of everything that the values depend on, as hexadecimal digits.

    Raises
    ------
    RealitiesError
        If another process works in the folder, or the folder is none of ours.
    """

    def __init__(self, folder: Path, heading: Heading, block: int, fingerprint: str) -> None:
        self.folder, self.heading, self.block = folder, heading, block
        self._key = bytes.fromhex(fingerprint)
        self._place = Place(folder)
        manifest = {"format": FORMAT, "fingerprint": fingerprint, "block": block}
        group = _open(folder, manifest)
        if group is None:
            self._place.empty()
            group = _create(folder, manifest, heading, block, self.n_blocks)
        self._values, self._failed, self._digests = (_array(group, n) for n in ("values", "failed", "digest"))

    @property
    def n_blocks(self) -> int:
        """How many blocks the ensemble has."""
        return -(-self.heading.n_draws // self.block)

    def range(self, number: int) -> tuple[int, int]:
        """Return the first draw of a block and the one behind its last."""
        first = number * self.block
        return first, min(first + self.block, self.heading.n_draws)

    def write(self, number: int, values: FloatArray, failed: NDArray[np.bool_]) -> None:
        """Keep a block: values (draw, variable, time), failed (draw,)."""
        first, end = self.range(number)
        self._values[first:end] = values
        self._failed[first:end] = failed
        self._digests[number] = np.frombuffer(self._digest(number, values, failed), dtype=np.uint8)

    def read(self, number: int) -> Slab | None:
        """Return a block, or None if it is not there or does not hold what was written."""
        first, end = self.range(number)
        try:
            values = np.asarray(self._values[first:end], dtype=np.float64)
            failed = np.asarray(self._failed[first:end], dtype=np.bool_)
            digest = np.asarray(self._digests[number], dtype=np.uint8).tobytes()
        except (ValueError, OSError, RuntimeError, TypeError):  # a chunk that is no chunk
            return None
        if digest != self._digest(number, values, failed):
            return None
        return Slab(first, tuple(values[:, k] for k in range(len(self.heading.names))), failed)

    def _digest(self, number: int, values: FloatArray, failed: NDArray[np.bool_]) -> bytes:
        digest = blake2b(f"{number}:{values.shape}:".encode(), digest_size=_DIGEST_BYTES, key=self._key)
        digest.update(np.ascontiguousarray(values).data)
        digest.update(np.ascontiguousarray(failed).data)
        return digest.digest()

    def close(self) -> None:
        """Let others work in the folder."""
        self._place.close()

    def remove(self) -> None:
        """Remove the store: the file it was for is written."""
        self._place.remove()

    def __enter__(self) -> BlockStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _open(folder: Path, manifest: dict[str, Any]) -> zarr.Group | None:
    """Return the group of the same run, or None if there is none that can be read."""
    import zarr

    try:
        group = zarr.open_group(folder, mode="r+", zarr_format=3)
        found = group.attrs.asdict().get(_MARK)
        for name in ("values", "failed", "digest"):
            _array(group, name)
    except Exception:  # whatever half a store may make of the library
        return None
    return group if found == manifest else None


def _array(group: zarr.Group, name: str) -> Any:
    """Return an array of the group, one that writes blocks of zeros too."""
    import zarr

    with zarr.config.set({"array.write_empty_chunks": True}):
        return group[name]


def _create(
    folder: Path, manifest: dict[str, Any], heading: Heading, block: int, n_blocks: int
) -> zarr.Group:
    """Return a new group: its arrays first, then the manifest by which it is known."""
    import zarr

    n, v, t = heading.n_draws, len(heading.names), heading.times.size
    group = zarr.create_group(folder, zarr_format=3)
    shapes = {"values": (n, v, t), "failed": (n,), "digest": (n_blocks, _DIGEST_BYTES)}
    chunks = {"values": (block, v, t), "failed": (block,), "digest": (1, _DIGEST_BYTES)}
    for name, kind in (("values", "float64"), ("failed", "bool"), ("digest", "uint8")):
        group.create_array(name, shape=shapes[name], chunks=chunks[name], dtype=kind, compressors=None)
    group.attrs[_MARK] = manifest
    return group

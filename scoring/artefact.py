"""What a trained model is as a file: numbers, and how they came about. Nothing in it is ever executed.

A zip of ``manifest.json``, ``card.md`` and one ``arrays/NAME.npy`` an array. Arrays are read with pickling off, so a
file from a stranger can be wrong but cannot run. The manifest holds the SHA-256 of every array; the model's version is
the SHA-256 of the manifest, which decisions name. The same model written twice gives the same bytes.
"""

from __future__ import annotations

import hashlib
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring.errors import ModelRefused
from scoring.whole_file import replacing

FORMAT = 1
MOST_BYTES = 512 * 2**20
"""Of a model, unpacked: more is not a model but an attack or a mistake."""
_MANIFEST, _CARD, _ARRAYS = "manifest.json", "card.md", "arrays/"
_DAMAGED = (
    *(OSError, EOFError, zipfile.BadZipFile, zlib.error, struct.error),
    *(LookupError, TypeError, ValueError, AttributeError, ArithmeticError, MemoryError),
    RuntimeError,  # also of a file that is encrypted, packed in a way that is not known, or nested without end
)
"""What reading a file can end in that is no model."""
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a model comes from. data_sha256: of the files that it was trained on, in order. made_at: ISO 8601 UTC.

    rows: of training. libraries: name to version. seed: of everything that was drawn.
    """

    data_sha256: tuple[str, ...]
    rows: int
    made_at: str
    libraries: Mapping[str, str] = field(default_factory=dict)
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Artefact:
    """A model. kind: what it is for. features: the columns it takes, in order; with ``schema`` they are its contract.

    schema: version of how these features are made; it changes when their meaning does. metrics: on data that training
    has not seen, beside those of the baseline ("pinball", "baseline_pinball"). settings: what else serving needs.
    card: the model card, Markdown. version: of a model that was loaded or saved, empty before.
    """

    kind: str
    schema: int
    features: tuple[str, ...]
    arrays: Mapping[str, NDArray[Any]]
    provenance: Provenance
    metrics: Mapping[str, float] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    card: str = ""
    version: str = ""


def save(artefact: Artefact, path: Path) -> str:
    """Write it, all or nothing. Its version. Raises FileUnwritable."""
    packed = {name: _packed(array) for name, array in sorted(artefact.arrays.items())}
    manifest = _spelled(_manifest(artefact, packed))
    with replacing(path) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as file:
        _put(file, _MANIFEST, manifest)
        _put(file, _CARD, artefact.card.encode())
        for name, data in packed.items():
            _put(file, f"{_ARRAYS}{name}.npy", data)
    return _sha256(manifest)


def load(path: Path, kind: str, schema: int, features: Sequence[str] | None = None) -> Artefact:
    """The model in a file. features: what the caller will give it; None = it is asked for them.

    Raises ModelRefused when it is none, is damaged, is of another kind, or takes other features than these.
    """
    artefact = opened(path)
    if artefact.kind != kind:
        raise ModelRefused(f"{path}: a model of kind {artefact.kind!r}, where {kind!r} is wanted")
    if artefact.schema != schema:
        raise ModelRefused(f"{path}: made for features of version {artefact.schema}, not {schema}; train it again")
    if features is not None and artefact.features != tuple(features):
        raise ModelRefused(f"{path}: takes other features: {_difference(artefact.features, features)}")
    return artefact


def opened(path: Path) -> Artefact:
    """A model of any kind. Raises ModelRefused when it is none, or is damaged."""
    try:
        with zipfile.ZipFile(path) as file:
            return _read(file, path)
    except FileNotFoundError:
        raise ModelRefused(f"{path}: there is no such model") from None
    except _DAMAGED as error:
        raise ModelRefused(f"{path}: not a model, or damaged: {error}") from None


@contextmanager
def told_by(path: Path) -> Iterator[None]:
    """What does not fit in a model that was read from a file is told by its name. Raises ModelRefused."""
    try:
        yield
    except ModelRefused as error:
        raise ModelRefused(f"{path}: {error}") from None


def data_sha256(paths: Sequence[Path]) -> tuple[str, ...]:
    """Of each file, read in pieces."""
    found = []
    for path in paths:
        with path.open("rb") as file:
            found.append(hashlib.file_digest(file, "sha256").hexdigest())
    return tuple(found)


def _read(file: zipfile.ZipFile, path: Path) -> Artefact:
    size = sum(entry.file_size for entry in file.infolist())
    if size > MOST_BYTES:
        raise ModelRefused(f"{path}: {size} bytes unpacked, more than the {MOST_BYTES} that a model may have")
    spelled = file.read(_MANIFEST)
    manifest = json.loads(spelled)
    if manifest["format"] != FORMAT:
        raise ModelRefused(f"{path}: a model file of format {manifest['format']}, where {FORMAT} is read")
    arrays = {}
    for name, digest in manifest["arrays"].items():
        data = file.read(f"{_ARRAYS}{name}.npy")
        if _sha256(data) != digest:
            raise ModelRefused(f"{path}: damaged: array {name!r} is not what was written")
        arrays[name] = np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)
    made = manifest["provenance"]
    card = file.read(_CARD)
    if _sha256(card) != manifest["card_sha256"]:
        raise ModelRefused(f"{path}: damaged: the model card is not what was written")
    return Artefact(
        kind=manifest["kind"],
        schema=manifest["schema"],
        features=tuple(manifest["features"]),
        arrays=arrays,
        provenance=Provenance(
            tuple(made["data_sha256"]), made["rows"], made["made_at"], made["libraries"], made["seed"]
        ),
        metrics={name: float(value) for name, value in manifest["metrics"].items()},
        settings=dict(manifest["settings"]),
        card=card.decode(),
        version=_sha256(spelled),
    )


def _manifest(artefact: Artefact, packed: Mapping[str, bytes]) -> dict[str, Any]:
    made = artefact.provenance
    return {
        "format": FORMAT,
        "kind": artefact.kind,
        "schema": artefact.schema,
        "features": list(artefact.features),
        "arrays": {name: _sha256(data) for name, data in packed.items()},
        "provenance": {
            "data_sha256": list(made.data_sha256),
            "rows": made.rows,
            "made_at": made.made_at,
            "libraries": dict(made.libraries),
            "seed": made.seed,
        },
        "metrics": dict(artefact.metrics),
        "settings": dict(artefact.settings),
        "card_sha256": _sha256(artefact.card.encode()),
    }


def _spelled(manifest: Mapping[str, Any]) -> bytes:
    return json.dumps(manifest, sort_keys=True, indent=1, ensure_ascii=False).encode()


def _packed(array: NDArray[Any]) -> bytes:
    kept = io.BytesIO()
    np.lib.format.write_array(kept, np.ascontiguousarray(array), allow_pickle=False)
    return kept.getvalue()


def _put(file: zipfile.ZipFile, name: str, data: bytes) -> None:
    """Without the time of writing, so that equal models are equal files."""
    file.writestr(zipfile.ZipInfo(name, _EPOCH), data, zipfile.ZIP_DEFLATED)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _difference(takes: Sequence[str], given: Sequence[str]) -> str:
    lacking, extra = [name for name in takes if name not in given], [name for name in given if name not in takes]
    parts = [f"lacks {', '.join(lacking)}" if lacking else "", f"has {', '.join(extra)} too many" if extra else ""]
    return "; ".join(part for part in parts if part) or "in another order"

"""The file of bundles that were approved from drafts: read beside the catalogue, added to by an approval.

It is the operator's to change, as the catalogue is; a gateway reads both when it starts.
"""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import NamedTemporaryFile

from flows.catalogue import Bundle, parse_catalogue
from flows.errors import CatalogueError
from gateway.config.tree import Config
from gateway.errors import ConfigError

_HEAD = "# Bundles that were approved from drafts. Yours to change; the next one is added at the end.\n"
_BEGIN = "bundles:\n"


def approved_bundles(config: Config) -> tuple[Bundle, ...]:
    """Bundles that were approved; none where there is no such file. Raises ConfigError."""
    text = _text(config)
    if not text:
        return ()
    try:
        return parse_catalogue(text, config.catalogue.approved).bundles
    except CatalogueError as error:
        raise ConfigError(str(error)) from None


def add_approved(config: Config, draft: str) -> Path:
    """Add the bundle of a draft to the file, unless it has it; where it is. draft: in our spelling.

    Durable when this returns, whole or not at all. Raises ConfigError.
    """
    if not config.catalogue.approved:
        raise ConfigError("catalogue.approved must name a file, such as approved-bundles.yaml")
    file = config.folder / config.catalogue.approved
    (bundle,) = parse_catalogue(draft).bundles
    if any(one.id == bundle.id for one in approved_bundles(config)):
        return file
    text = _text(config).rstrip("\n")
    whole = f"{text}\n{draft.removeprefix(_BEGIN)}" if text else _HEAD + draft
    try:
        parse_catalogue(whole, str(file))
        _replace(file, whole)
    except CatalogueError:
        raise ConfigError(f"{file}: nothing can be added at its end; write it as chasqui does, '- id: …'") from None
    except OSError as error:
        raise ConfigError(f"{file}: cannot be written: {error.strerror}") from None
    return file


def _text(config: Config) -> str:
    if not config.catalogue.approved:
        return ""
    try:
        return (config.folder / config.catalogue.approved).read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"catalogue.approved: cannot be read: {error}") from None


def _replace(file: Path, text: str) -> None:
    with NamedTemporaryFile("w", dir=file.parent, prefix=f".{file.name}-", encoding="utf-8", delete=False) as beside:
        beside.write(text)
        beside.flush()
        os.fsync(beside.fileno())
    Path(beside.name).chmod(0o644)
    Path(beside.name).replace(file)

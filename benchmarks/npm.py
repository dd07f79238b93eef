"""What others wrote for node, pinned; installed at first use, unseen by git."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from benchmarks.process import Child

_SOURCES = Path(__file__).parent
_FOLDERS = Path(__file__).parents[1] / ".run"
_LOCK = "package-lock.json"
_INSTALL = ("npm", "ci", "--no-audit", "--no-fund", "--prefer-offline")


class Absent(Exception):
    """It cannot run here; the text says why."""


def menu_builder() -> Child:
    """npm ``ussd-menu-builder`` on Express: the server, ready to be started. Raises Absent."""
    # NODE_ENV as in production: Express is quicker so
    return Child("npm", ("env", "NODE_ENV=production", "node", "server.js"), _installed("npm-ussd", "server.js"))


def smpp_client(port: int) -> Child:
    """npm ``smpp``: a client for the SMSC at this port, ready to be started. Raises Absent."""
    return Child("npm", ("node", "client.js", str(port)), _installed("npm-smpp", "client.js"))


def _installed(project: str, script: str) -> Path:
    """The project's folder below ``.run``, with its packages and the script as it is now."""
    if not (shutil.which("node") and shutil.which("npm")):
        raise Absent("node or npm is absent")
    source, folder = _SOURCES / project, _FOLDERS / project
    if not _is_current(source, folder):
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(source, folder, ignore=shutil.ignore_patterns("node_modules"))
        _install(folder)
    shutil.copy(source / script, folder)
    return folder


def _is_current(source: Path, folder: Path) -> bool:
    """Whether what is installed is what the lock file says."""
    lock, installed = folder / _LOCK, folder / "node_modules" / f".{_LOCK}"
    return installed.exists() and lock.read_bytes() == (source / _LOCK).read_bytes()


def _install(folder: Path) -> None:
    try:
        subprocess.run(_INSTALL, cwd=folder, check=True, capture_output=True, timeout=300)
    except (OSError, subprocess.SubprocessError):
        shutil.rmtree(folder, ignore_errors=True)
        raise Absent("npm ci did not work (no registry?)") from None

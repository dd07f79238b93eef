"""A USSD menu that others wrote, npm ``ussd-menu-builder`` on Express; installed at first use, unseen by git."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from benchmarks.process import Child

_SOURCE = Path(__file__).parent / "npm-ussd"
_FOLDER = Path(__file__).parents[1] / ".run" / "npm-ussd"
_LOCK = "package-lock.json"
_INSTALL = ("npm", "ci", "--no-audit", "--no-fund", "--prefer-offline")


class Absent(Exception):
    """It cannot run here; the text says why."""


def menu_builder() -> Child:
    """The server, ready to be started. Raises Absent."""
    if not (shutil.which("node") and shutil.which("npm")):
        raise Absent("node or npm is absent")
    if not _is_installed():
        shutil.rmtree(_FOLDER, ignore_errors=True)
        shutil.copytree(_SOURCE, _FOLDER, ignore=shutil.ignore_patterns("node_modules"))
        _install()
    shutil.copy(_SOURCE / "server.js", _FOLDER)
    # NODE_ENV as in production: Express is quicker so
    return Child("npm", ("env", "NODE_ENV=production", "node", "server.js"), _FOLDER)


def _is_installed() -> bool:
    """Whether what is installed is what the lock file says."""
    lock, installed = _FOLDER / _LOCK, _FOLDER / "node_modules" / f".{_LOCK}"
    return installed.exists() and lock.read_bytes() == (_SOURCE / _LOCK).read_bytes()


def _install() -> None:
    try:
        subprocess.run(_INSTALL, cwd=_FOLDER, check=True, capture_output=True, timeout=300)
    except (OSError, subprocess.SubprocessError):
        shutil.rmtree(_FOLDER, ignore_errors=True)
        raise Absent("npm ci did not work (no registry?)") from None

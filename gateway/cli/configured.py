"""``--config``: how a command finds the configuration."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

from gateway.config.loading import load
from gateway.config.tree import Config

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
"""What a group of commands is added to."""
Words: TypeAlias = Sequence[str]
"""What stands behind the word that named the group, up to the first option: a large group loads what it asks for."""

_DEFAULT_CONFIG = "chasqui.toml"


def add_config(parser: argparse.ArgumentParser) -> None:
    """Let the command take ``--config``."""
    parser.add_argument(
        "--config",
        type=Path,
        help=f"the configuration file (default: {_DEFAULT_CONFIG} if there is one, else all defaults)",
    )


def load_config(arguments: argparse.Namespace) -> Config:
    """The configuration that the command was given. Raises ConfigError."""
    path: Path | None = arguments.config
    if path is None and Path(_DEFAULT_CONFIG).exists():
        path = Path(_DEFAULT_CONFIG)
    return load(path, os.environ)

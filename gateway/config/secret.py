"""What no printed configuration shows."""

from __future__ import annotations

Secret = str
"""Shown as dots wherever the tree is printed."""

"""What the groups of ``chasqui score`` are added to."""

from __future__ import annotations

from flows.frozen import dataclass
from gateway.cli.configured import Commands


@dataclass(frozen=True, slots=True)
class ScoreCommands:
    """root: ``score X``; the others: ``score train X`` and so on."""

    root: Commands
    train: Commands
    predict: Commands
    evaluate: Commands

"""``chasqui score replay``: a decision that was kept, made again from what it was made from."""

from __future__ import annotations

import argparse
import json
import math
import sys
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from flows import decision_words
from flows.documents import decode
from flows.effects import RecordDecision
from flows.texts import Voice
from gateway.cli.configured import add_config, load_config
from gateway.cli.score_commands import ScoreCommands
from gateway.cli.stored import with_store
from gateway.core.replaying import Replayed, replay
from gateway.errors import DecisionsProblem
from gateway.jobs.ranking_learner import ranker_of
from locales.catalogues import load_catalogues
from scoring import packed
from scoring.choice import Ranker
from store import decisions, ranking_states
from store.reader import Reader

_LANGUAGE = "en"


def add_to(score: ScoreCommands) -> None:
    """Add the command."""
    again = score.root.add_parser("replay", help="make a decision again that was kept", description=_replay.__doc__)
    again.add_argument("decision", metavar="DECISION", help="its id, or that of its offer (off-…)")
    again.add_argument("--language", default=_LANGUAGE, metavar="LANG", help="of the reasons (default: en)")
    again.add_argument("--json", action="store_true", help="all that went in and came out")
    add_config(again)
    again.set_defaults(run=_replay)


def _replay(arguments: argparse.Namespace) -> int:
    """Make a decision again from its own inputs, in the state that the ranking had then, and say whether it comes out
    the same to the last bit: status 1 if it does not.
    """
    catalogues = load_catalogues()
    if arguments.language not in catalogues.languages:
        raise DecisionsProblem(f"--language must be one of {', '.join(catalogues.languages)}")

    async def read(engine: AsyncEngine, reader: Reader) -> tuple[RecordDecision, str, Replayed]:
        return await _made_again(reader, arguments.decision)

    decision, on_sale, found = with_store(load_config(arguments), read)
    words = list(decision_words.lines(found.reasons, Voice(catalogues, arguments.language)))
    if arguments.json:
        print(json.dumps(_document(decision, on_sale, found, words), ensure_ascii=False, indent=2))
    else:
        print(f"Decision {decision.id}, {decision.at.isoformat(timespec='milliseconds')}", *words, sep="\n")
        print("The same to the last bit." if found.same else "It comes out otherwise.")
    if not found.same:
        before, now = (packed.outputs(one)[0] for one in (found.kept, found.again))
        for name in [name for name in before if before[name] != now[name]]:
            print(f"{name}: {before[name]!r} then, {now[name]!r} now", file=sys.stderr)
    return 0 if found.same else 1


async def _made_again(reader: Reader, key: str) -> tuple[RecordDecision, str, Replayed]:
    decision = await decisions.by_id(reader, key)
    if decision is None:
        raise DecisionsProblem(f"{key}: there is no such decision, or not any more")
    on_sale = await decisions.on_sale(reader, decision.offers)
    if on_sale is None:
        raise DecisionsProblem(f"{key}: what was on sale then is not kept any more")
    return decision, on_sale, replay(decision, on_sale, await _ranker(reader, decision))


async def _ranker(reader: Reader, decision: RecordDecision) -> Ranker | None:
    if not decision.state:
        return None
    state = await ranking_states.by_id(reader, decision.state)
    if state is None:
        raise DecisionsProblem(f"{decision.id}: the state that the ranking had then is not kept any more")
    return ranker_of(state)


def _document(decision: RecordDecision, on_sale: str, found: Replayed, words: list[str]) -> dict[str, Any]:
    numbers, row = packed.outputs(found.kept)
    return {
        "id": decision.id,
        "at": decision.at.isoformat(),
        "same": found.same,
        "state": decision.state or None,
        "held_out": bool(packed.inputs(decision.inputs)["held_out"]),
        "propensity": numbers["propensity"],
        "version": decision.version,
        "models": dict(decision.models),
        "reasons": dict(found.reasons),
        "words": words,
        "inputs": {name: _or_null(value) for name, value in packed.inputs(decision.inputs).items()},
        "on_sale": decode(on_sale),
        "own_prices": dict(found.own),
        "outputs": {name: _or_null(value) for name, value in numbers.items()},
        "offer_looked_like": [float(value) for value in row],
    }


def _or_null(value: float) -> float | None:
    return None if math.isnan(value) else value

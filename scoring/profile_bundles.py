"""The bundle that fits a profile: of each component the size that earns most with its people, or none.

Stated in ``profile_bundles.yaml``, which an operator replaces with their own. It is a calculation from assumed worths,
not a promise: what people really take is for offers and their outcomes to tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from locales.strict_yaml import StrictYamlError, compose_strict
from scoring.behaviour_columns import ALL_COLUMNS
from scoring.errors import FileMalformed
from scoring.profile_panel import Panel
from scoring.values import Floats

DEFAULT = Path(__file__).parent / "profile_bundles.yaml"
_KEYS = ("need", "per", "worth", "cost", "sizes")


@dataclass(frozen=True, slots=True)
class Component:
    """need: weight of each column's sum over 28 days; per: of how much of it one unit is.

    worth, cost: of a unit, to who uses it and to the operator, in minor units. sizes: units and price.
    """

    name: str
    need: Mapping[str, float]
    per: float
    worth: float
    cost: float
    sizes: tuple[tuple[float, float], ...]

    def needs(self, panel: Panel, back: int = 0) -> Floats:
        """What each person needs of it in 28 days, in units, ``(n,)``; columns that are not known count as none."""
        sums = panel.window(back).sum(axis=1)
        weights = np.array([self.need.get(column, 0.0) for column in panel.columns])
        needed: Floats = np.maximum(sums @ weights, 0.0) / self.per
        return needed

    def best(self, needs: Floats) -> dict[str, float] | None:
        """Size, price, the share of people who take it and what it earns a person; None where nothing earns."""
        offered = [(self._earned(needs, size, price), size, price) for size, price in self.sizes]
        (earned, share), size, price = max(offered, key=lambda one: one[0][0])
        if earned <= 0:
            return None
        return {"size": size, "price": price, "share": round(share, 4), "earns": round(earned, 2)}

    def _earned(self, needs: Floats, size: float, price: float) -> tuple[float, float]:
        """A person on the mean, and the share of people who take it."""
        used = np.minimum(needs, size)
        takes = self.worth * used >= price
        return float(np.where(takes, price - self.cost * used, 0.0).mean()), float(takes.mean())


@dataclass(frozen=True, slots=True)
class Kit:
    """What bundles are put together from. least_share: of people who take a component that is part of a bundle."""

    components: tuple[Component, ...]
    least_share: float

    def bundle_for(self, members: Panel, back: int = 0) -> dict[str, dict[str, float]]:
        """The components of the bundle that fits these people."""
        found = {one.name: one.best(one.needs(members, back)) for one in self.components}
        return {name: best for name, best in found.items() if best is not None and best["share"] >= self.least_share}


def load(path: Path = DEFAULT) -> Kit:
    """What is in a file. Raises FileMalformed, which names the key that is wrong."""
    try:
        text = path.read_text(encoding="utf-8")
        compose_strict(text)
        document = yaml.safe_load(text)
    except (OSError, UnicodeDecodeError, StrictYamlError, yaml.YAMLError) as error:
        raise FileMalformed(f"{path}: {str(error).splitlines()[0]}") from None
    if not isinstance(document, dict) or set(document) != {"components", "least_share"}:
        raise FileMalformed(f"{path}: must have components and least_share, and nothing else")
    least_share, named = _figure(document["least_share"], f"{path}: least_share", least=0.0), document["components"]
    if not isinstance(named, dict) or not named:
        raise FileMalformed(f"{path}: components: must be components by name")
    at = f"{path}: components"
    return Kit(tuple(_component(str(name), one, f"{at}: {name}") for name, one in named.items()), least_share)


def _component(name: str, value: object, at: str) -> Component:
    if not isinstance(value, dict) or set(value) != set(_KEYS):
        raise FileMalformed(f"{at}: must have {', '.join(_KEYS)}, and nothing else")
    need = value["need"]
    if not isinstance(need, dict) or not need or not set(need) <= set(ALL_COLUMNS):
        raise FileMalformed(f"{at}: need: must give a weight to some of {', '.join(ALL_COLUMNS)}")
    sizes = value["sizes"]
    if (
        not isinstance(sizes, list)
        or not sizes
        or not all(isinstance(one, dict) and set(one) == {"size", "price"} for one in sizes)
    ):
        raise FileMalformed(f"{at}: sizes: must be a list of {{size: …, price: …}}")
    per, worth, cost = (_figure(value[key], f"{at}: {key}", least=0.0) for key in ("per", "worth", "cost"))
    if per == 0:
        raise FileMalformed(f"{at}: per: must be more than 0")
    return Component(
        name,
        {str(column): _figure(weight, f"{at}: need: {column}") for column, weight in need.items()},
        per,
        worth,
        cost,
        tuple(
            (_figure(one["size"], f"{at}: size", least=0.0), _figure(one["price"], f"{at}: price", least=0.0))
            for one in sizes
        ),
    )


def _figure(value: Any, at: str, least: float = -np.inf) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value) or value < least:
        raise FileMalformed(f"{at}: {value!r} is not a number{' from 0' if least == 0 else ''}")
    return float(value)

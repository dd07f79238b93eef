"""Groups of amounts as an operator's YAML describes them: what a month's spending on one type of recharge is called.

.. code-block:: yaml

   data:                                   # the recharge type
     D1: [10, 100]                         # from and to, both included; null is open
     D2: {from: 101, to: 250, validity_days: 30, allowances: [{unit: byte, amount: 2147483648}]}

``allowances`` are what that spending buys, as in the catalogue; plans that are proposed are made of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from flows.catalogue import allowance_of
from flows.catalogue_fields import Fields
from flows.errors import CatalogueError
from flows.frozen import dataclass
from flows.strict_yaml import StrictYamlError, load_strict
from flows.values import Allowance
from scoring.combo_values import AmountGroup


@dataclass(frozen=True, slots=True)
class RechargeGroups:
    """allowances: what each group buys, by its name; groups that do not tell are left out."""

    groups: tuple[AmountGroup, ...]
    allowances: Mapping[str, tuple[Allowance, ...]]


NO_GROUPS = RechargeGroups((), {})


def parse_groups(text: str, file: str) -> RechargeGroups:
    """Read a file of groups. Raises CatalogueError naming ``file`` and the key."""
    try:
        root = load_strict(text)
    except StrictYamlError as error:
        raise CatalogueError(f"{file}: {error}") from error
    top = Fields(root, file)
    groups: list[AmountGroup] = []
    allowances: dict[str, tuple[Allowance, ...]] = {}
    for category in top.names_of_keys():
        of_category = top.fields(category)
        for name in of_category.names_of_keys():
            if any(group.name == name for group in groups):
                raise of_category.error(name, "is the name of another group")
            group, buys = _group(of_category, category, name)
            groups.append(group)
            if buys:
                allowances[name] = buys
        _require_apart(of_category, [group for group in groups if group.category == category])
    _require_distinct(top)
    return RechargeGroups(tuple(groups), allowances)


def _group(fields: Fields, category: str, name: str) -> tuple[AmountGroup, tuple[Allowance, ...]]:
    one = fields.range_or_fields(name)
    low, high = one.thousandths("from"), one.thousandths("to")
    days = one.whole_or_none("validity_days", least=1)
    buys = tuple(allowance_of(entry) for entry in one.list_of_fields("allowances")) if one.has("allowances") else ()
    one.done()
    if high is not None and high < (low or 0):
        raise one.error("to", "lies before from")
    return AmountGroup(category, name, low or 0, high, None if days is None else float(days)), buys


def _require_apart(fields: Fields, groups: Sequence[AmountGroup]) -> None:
    """Groups may touch: what lies on the edge is in the one that is named first."""
    for one, other in pairwise(sorted(groups, key=lambda group: group.low)):
        if one.high is None or other.low < one.high:
            raise fields.error(other.name, f"overlaps {one.name}")


def _require_distinct(top: Fields) -> None:
    seen: dict[str, str] = {}
    for category in top.names_of_keys():
        other = seen.setdefault(category.strip().casefold(), category)
        if other != category:
            raise top.error(category, f"is the same type as {other}")

"""Which columns no model may learn from: attributes that the law protects, and what names a person.

Columns are known by their names in Spanish, Portuguese and English, however they are spelled (``SeniorCitizen``,
``fecha_nacimiento``, ``estado civil``). What a column is called says nothing of proxies: a postal code may
tell as much.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass


def _words_in(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SPLIT = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+")
_WORDS = _words_in(
    """
    sex sexo gender gendr genero female male mujer hombre mulher homem
    age edad idade senior elder anciano idoso dob birthday birth
    race raza raca etnia ethnicity cor skin piel pele tribe tribu tribo casta caste
    religion religiao creed credo faith
    disabled disability discapacidad deficiencia deficiente
    pregnant pregnancy embarazo embarazada gravidez gravida gestante maternity maternidad maternidade
    married casado casada spouse partner pareja conyuge parceiro
    dependents dependent dependants dependientes dependentes children hijos filhos family familia
    health salud saude illness enfermedad doenca hiv vih
    union sindicato political politica partido nationality nacionalidad nacionalidade
    """
)
"""Whole words of a column's name."""
_STEMS = _words_in(
    "gender ethnic religi pregnan embaraz gestan disabil discapac nacimient nasciment birthdat birthday marital "
    "conyug estadocivil seniorcitizen sexualor orientacionsex orientacaosex nationalit nacionalid"
)
"""Anywhere in a name that is written as one word."""
_OF_THINGS = _words_in(
    "sim account device handset phone network contract line tenure cuenta linea contrato conta linha rede red"
)
"""``sim_age`` is no person's age."""
_PERSONAL = _words_in(
    "msisdn imsi imei iccid email mail telefono telefone surname apellido sobrenome passport pasaporte cpf cedula "
    "curp latitude longitude latitud longitud"
)


@dataclass(frozen=True, slots=True)
class Protection:
    """What an operator adds to the lists, and which columns are kept nevertheless, by their names."""

    more: frozenset[str] = frozenset()
    kept: frozenset[str] = frozenset()


def protected(columns: Sequence[str], protection: Protection | None = None) -> dict[str, str]:
    """The columns that are left out, and why, in a word: ``protected``, ``personal``."""
    told = protection or Protection()
    found: dict[str, str] = {}
    for column in columns:
        if column in told.kept:
            continue
        if column in told.more or _is_protected(column):
            found[column] = "protected"
        elif words_of(column) & _PERSONAL:
            found[column] = "personal"
    return found


def _is_protected(column: str) -> bool:
    words = words_of(column)
    hits = words & _WORDS
    if hits <= {"age", "edad", "idade"} and words & _OF_THINGS:
        hits = frozenset()
    together = _plain(column)
    return bool(hits) or any(stem in together for stem in _STEMS)


def words_of(column: str) -> frozenset[str]:
    """The words of a column's name, in small letters, without accents."""
    return frozenset(word.lower() for word in _SPLIT.split(_bare(column)) if word)


def _plain(column: str) -> str:
    return re.sub(r"[^a-z0-9]", "", _bare(column).lower())


def _bare(text: str) -> str:
    """Without accents."""
    return "".join(one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one))

"""XML from and to a gateway: small documents without a DTD, entities or anything from outside (ADR 7)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.etree.ElementTree import Element, TreeBuilder, tostring  # only what defusedxml let through is built with it

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser, ParseError

from gateway.ussd.dialect import BadHop

_DEEPEST = 8
_MOST_ELEMENTS = 100
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 §2.2 cannot carry, not even as a reference."""


def read(body: bytes, root: str) -> Element:
    """The document, whose root has this name. Raises BadHop."""
    parser = DefusedXMLParser(target=_Builder(), forbid_dtd=True)
    try:
        parser.feed(body)
        element = parser.close()
    except DefusedXmlException:
        raise BadHop("the document has a DTD or entities") from None
    except (ParseError, ValueError, LookupError) as error:  # the last two: an encoding that is wrong or unknown
        if isinstance(error, BadHop):
            raise
        raise BadHop("the document is not XML") from None
    if not isinstance(element, Element) or element.tag != root:
        raise BadHop(f"the document is no <{root}>")
    return element


class _Builder(TreeBuilder):
    """Builds no more than a small document; names lose their namespace."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = self._elements = 0

    def start(self, tag: str, attrs: dict[str, str], /) -> Element:
        self._depth += 1
        self._elements += 1
        if self._depth > _DEEPEST or self._elements > _MOST_ELEMENTS:
            raise BadHop("the document has too many elements")
        return super().start(_local(tag), attrs)

    def end(self, tag: str, /) -> Element:
        self._depth -= 1
        return super().end(_local(tag))


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def children(element: Element) -> dict[str, str]:
    """The text of each child, names in small letters; the first of two counts."""
    return {str(child.tag).lower(): child.text or "" for child in reversed(element)}


def node(tag: str, text: str = "", attributes: Mapping[str, str] | None = None, *within: Element) -> Element:
    """An element to be written."""
    element = Element(tag, {name: clean(value) for name, value in (attributes or {}).items()})
    element.text = clean(text) or None
    element.extend(within)
    return element


def written(root: Element) -> bytes:
    """The document as bytes, in UTF-8."""
    return (_HEAD + tostring(root, encoding="unicode")).encode()


def clean(text: str) -> str:
    """The text without what XML cannot carry."""
    return _NOT_IN_XML.sub("", text)

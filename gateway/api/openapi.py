"""``GET /api/openapi.json``: OpenAPI 3.1 of the registered operations, with schemas from their models (ADR 24)."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from aiohttp import web

from gateway.api.models import Mistake, ProblemDocument
from gateway.api.operations import Operation, Parameter
from gateway.api.rights import roles

Document = dict[str, Any]
PATH = "/api/openapi.json"
_REFERENCE = "#/components/schemas/{name}"
_JSON, _PROBLEM = "application/json", "application/problem+json"
_ABOUT = """REST for the subscriber app, CRM and operators. Every request carries a bearer token: its role decides
what it may do, and it may make so many requests a second. Errors are RFC 9457 problems with a stable `code`."""
_FAULTS = ((500, "What went wrong is ours, and logged."), (503, "Something behind it is away: try again."))


class OpenApiRoute:
    """operations: those that are registered by the time somebody asks. events: model by name, of outgoing webhooks."""

    def __init__(self, operations: Callable[[], Sequence[Operation]], events: Mapping[str, Any]) -> None:
        self._operations = operations
        self._events = events
        self._text = b""

    def add_to(self, app: web.Application) -> None:
        """Add the route; it needs no token, as it tells nothing of anybody."""
        app.router.add_get(PATH, self._show)

    async def _show(self, request: web.Request) -> web.Response:
        if not self._text:
            self._text = msgspec.json.encode(document(self._operations(), self._events))
        return web.Response(body=self._text, content_type=_JSON)


def document(operations: Sequence[Operation], events: Mapping[str, Any]) -> Document:
    """The whole document."""
    schemas = _Schemas(operations, events)
    paths: dict[str, Document] = {}
    for one in operations:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Chasqui", "version": "1", "description": _ABOUT, "license": {"name": "Apache-2.0"}},
        "paths": paths,
        "webhooks": {name: {"post": _event(name, model, schemas)} for name, model in events.items()},
        "components": {
            "schemas": schemas.components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}],
    }


class _Schemas:
    """The schema of each type that anybody names, made in one go."""

    def __init__(self, operations: Sequence[Operation], events: Mapping[str, Any]) -> None:
        types = [ProblemDocument, Mistake, *events.values()]
        for one in operations:
            types += [model for model in (one.body, *one.answers.values()) if model is not None]
            types += [parameter.type for parameter in one.all_parameters]
        found, components = msgspec.json.schema_components(types, ref_template=_REFERENCE)
        self._found = list(zip(types, found, strict=True))
        self.components = {name: _told(schema) for name, schema in components.items()}

    def of(self, wanted: Any) -> Document:
        """Its schema, or where it is."""
        return next(schema for known, schema in self._found if known is wanted)


def _told(schema: Document) -> Document:
    """Docstrings are indented as code is; a document is not."""
    words = schema.get("description")
    return schema if words is None else {**schema, "description": inspect.cleandoc(words)}


def _operation(one: Operation, schemas: _Schemas) -> Document:
    may = roles(one.right)
    written: Document = {
        "operationId": one.id,
        "summary": one.summary,
        "description": f"For the roles {', '.join(may)}.",
        "x-roles": list(may),
        "parameters": [_parameter(each, schemas) for each in one.all_parameters],
        "responses": {**_answers(one, schemas), **_problems(one, schemas)},
    }
    if one.body is not None:
        written["requestBody"] = {"content": {_JSON: {"schema": schemas.of(one.body)}}, "required": False}
        written["requestBody"]["required"] = bool(_required(schemas, one.body))
    return written


def _required(schemas: _Schemas, model: Any) -> Any:
    return schemas.components[model.__name__].get("required")


def _parameter(one: Parameter, schemas: _Schemas) -> Document:
    return {
        "name": one.name,
        "in": one.where,
        "required": one.required,
        "schema": schemas.of(one.type),
        **({"description": one.what} if one.what else {}),
    }


def _answers(one: Operation, schemas: _Schemas) -> Document:
    return {
        str(status): {"description": HTTPStatus(status).phrase}
        | ({} if model is None else {"content": {_JSON: {"schema": schemas.of(model)}}})
        for status, model in one.answers.items()
    }


def _problems(one: Operation, schemas: _Schemas) -> Document:
    by_status: dict[int, list[str]] = {}
    for status, code in one.all_problems:
        by_status.setdefault(status, []).append(code)
    described: Document = {}
    for status, codes in sorted(by_status.items()):
        more: Document = {"code": {"enum": codes}}
        if status == HTTPStatus.UNPROCESSABLE_ENTITY:
            more["errors"] = {"type": "array", "items": schemas.of(Mistake)}
        schema = {"allOf": [schemas.of(ProblemDocument)], "properties": more}
        described[str(status)] = {
            "description": f"{HTTPStatus(status).phrase}: {', '.join(codes)}",
            "content": {_PROBLEM: {"schema": schema}},
            **({"headers": _RETRY_AFTER} if status == HTTPStatus.TOO_MANY_REQUESTS else {}),
        }
    for status, words in _FAULTS:
        content = {_PROBLEM: {"schema": schemas.of(ProblemDocument)}}
        described[str(status)] = {"description": words, "content": content}
    return described


_RETRY_AFTER = {
    "Retry-After": {
        "description": "Seconds until this token may ask again.",
        "required": True,
        "schema": {"type": "integer", "minimum": 1},
    }
}


def _event(name: str, model: Any, schemas: _Schemas) -> Document:
    return {
        "operationId": name,
        "summary": f"`{name}`, signed as Standard Webhooks 1.0 has it",
        "security": [],
        "parameters": [
            {"name": header, "in": "header", "required": True, "schema": {"type": "string"}, "description": words}
            for header, words in _SIGNED
        ],
        "requestBody": {"required": True, "content": {_JSON: {"schema": schemas.of(model)}}},
        "responses": {
            "2XX": {"description": "Taken."},
            "410": {"description": "This endpoint is gone: nothing more is sent until the next start."},
        },
    }


_SIGNED = (
    ("webhook-id", "The same on every repetition of the same event."),
    ("webhook-timestamp", "Seconds since 1970: of this attempt."),
    ("webhook-signature", "`v1,` and base64 of HMAC-SHA256 over `id.timestamp.body`."),
)

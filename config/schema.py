"""Build the OpenAPI description of the REST routes from their response types, serializers and roles."""

from typing import Any, Literal, get_args, get_origin, get_type_hints, is_typeddict

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ComponentRegistry, ResolvedComponent, get_doc, resolve_type_hint
from drf_spectacular.utils import OpenApiResponse

from corpus.shapes import ErrorShape

Direction = Literal["request", "response"]
ERRORS = {
    "400": "Something in the body or the query is wrong; `fields` names it.",
    "401": "No valid token and no session.",
    "403": "The caller's role, or the scope of their token, does not reach this far.",
    "404": "There is no such thing, or not in a project of the caller's.",
    "409": "The state of things does not allow it; nothing was changed.",
    "413": "The file or the body is too large.",
    "415": "The body has a form that is not taken here.",
    "429": "Too many calls; `Retry-After` says when to come back.",
    "503": "A server behind this one is away, or a statement took too long; `Retry-After` says when to come back.",
}


class AssizeAutoSchema(AutoSchema):
    """
    Describe what all routes share: tags, roles and errors.

    Response types become components with their names; the errors follow from method, path and body.
    """

    def get_tags(self) -> list[str]:
        return [getattr(self.view, "tag", "projects")]

    def get_operation_id(self) -> str:
        numbered = "/cases/{", "/jury-runs/{", "/jobs/{", "/my-votes/{", "/jurors/{", "/generators/{"
        is_in_project = "{slug}" in self.path and any(part in self.path for part in numbered)
        return f"{self.method.lower()}{type(self.view).__name__}{'InProject' if is_in_project else ''}"

    def get_summary(self) -> str | None:
        """Return the first paragraph of the docstring of the method or the view."""
        text: str = get_doc(getattr(self.view, self.method.lower())) or get_doc(self.view.__class__)
        return text.split("\n\n")[0].replace("\n", " ")

    def get_description(self) -> str:  # type: ignore[override]  # as the library does
        """Return the docstring with the least role that may call the route."""
        least = getattr(self.view, "least_roles", {}).get(self.method) or getattr(self.view, "least_role", None)
        described: str = super().get_description()
        return f"{described}\n\nLeast role: {least.label.lower()}." if least else described

    def _get_response_bodies(self, direction: Direction = "response") -> Any:
        errors = {
            code: self._get_response_for_code(OpenApiResponse(ErrorShape, ERRORS[code]), code, direction=direction)
            for code in self.error_codes()
        }
        return super()._get_response_bodies(direction) | errors

    def error_codes(self) -> list[str]:
        """Return the HTTP statuses of the errors that the route can return."""
        codes = {"401", "403", "429", "503", *getattr(self.view, "also_fails_with", ())}
        codes |= {"404"} if "{" in self.path else set()
        codes |= {"400", "409", "413", "415"} if self.method in ("POST", "PATCH") else set()
        codes |= {"400"} if self.get_override_parameters() else set()
        return sorted(codes)

    def _get_response_for_code(
        self, serializer: Any, status_code: str, media_types: Any = None, direction: Direction = "response"
    ) -> Any:
        described = serializer if isinstance(serializer, OpenApiResponse) else OpenApiResponse(serializer)
        if is_our_type(described.response):
            schema = schema_of(described.response, self.registry)
            serializer = OpenApiResponse(schema, described.description or "Done.", described.examples)
        return super()._get_response_for_code(serializer, status_code, media_types, direction)


def schema_of(kind: Any, registry: ComponentRegistry) -> dict[str, Any]:
    """
    Return the JSON schema of a type, with references to named types inside it.

    drf-spectacular inlines the named types, and writes null as OpenAPI 3.0 does.
    """
    parts = get_args(kind)
    if is_typeddict(kind):
        return component_of(kind, registry)
    if type(None) in parts:
        [schema] = [schema_of(part, registry) for part in parts if part is not type(None)]
        return {"oneOf": [schema, {"type": "null"}]}
    if get_origin(kind) is list:
        return {"type": "array", "items": schema_of(parts[0], registry)}
    if get_origin(kind) is dict and parts[1] is not Any:
        return {"type": "object", "additionalProperties": schema_of(parts[1], registry)}
    return dict(resolve_type_hint(kind))


def component_of(kind: Any, registry: ComponentRegistry) -> dict[str, Any]:
    """Register a TypedDict as a component, once, and return a reference to it."""
    component = ResolvedComponent(name=kind.__name__.removesuffix("Shape"), type=ResolvedComponent.SCHEMA, object=kind)
    if component not in registry:
        component.schema = {
            "type": "object",
            "properties": {name: schema_of(part, registry) for name, part in get_type_hints(kind).items()},
            "required": sorted(kind.__required_keys__),
            "additionalProperties": False,
        }
        if text := get_doc(kind):
            component.schema["description"] = text
        registry.register(component)
    return dict(component.ref)


def is_our_type(kind: Any) -> bool:
    """Return whether `schema_of` describes a type: a TypedDict or a list."""
    return is_typeddict(kind) or get_origin(kind) is list


class TokenScheme(OpenApiAuthenticationExtension):
    """Describe how a token is sent."""

    target_class = "config.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, _auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Token ` and the token, as made on the page *Tokens* or by `create_user --token`.",
        }


def only_ours(endpoints: list[Any]) -> list[Any]:
    """Return the endpoints of /api/v1/, without the schema and the docs page."""
    return [each for each in endpoints if each[0].startswith("/api/v1/")]

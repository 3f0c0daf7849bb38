"""Show the turns of a dialogue."""

from collections.abc import Mapping
from typing import Any

from django import template

from corpus.turns import render_content

register = template.Library()


@register.filter
def speaker(turn: Mapping[str, Any]) -> str:
    """Return who speaks in a turn, such as `User` or `Tool get_weather, call_1`."""
    message = turn.get("message", {})
    named = ", ".join(message[key] for key in ("name", "tool_call_id") if message.get(key))
    return f"{turn['role'].capitalize()} {named}".strip()


@register.filter
def spoken(turn: Mapping[str, Any]) -> str:
    """Return what is said in a turn, without its speaker and the calls of tools, which pages show apart."""
    message = turn.get("message")
    return turn["text"] if message is None else render_content(message.get("content"))

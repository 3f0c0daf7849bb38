"""Parse the turns of a row, in each of the forms that list them."""

from typing import Any

from corpus.errors import Invalid
from corpus.importing import values
from corpus.importing.anthropic import has_own_parts, parse_own_parts
from corpus.importing.limits import Limits
from corpus.importing.messages import calls_in_text, parse_message
from corpus.labels import preview
from corpus.shapes import TurnShape
from corpus.turns import has_response

LISTS = {"turns": ("role", "text"), "messages": ("role", "content"), "conversations": ("from", "value")}
"Keys of a row that list its turns, each with the keys of the speaker and the text in a turn."
FORMS = (*LISTS, "prompt")
"Keys of a row of which one says what the dialogue is."
ROLES = {"system": "system", "user": "user", "assistant": "assistant", "tool": "tool"}
MESSAGE_ROLES = ROLES | {"developer": "system", "function": "tool"}
"Roles by their names in `messages`, OpenAI's form: the developer's word is newer, the function's older."
SPEAKERS = MESSAGE_ROLES | {
    "human": "user",
    **dict.fromkeys(("gpt", "chatgpt", "bot", "model", "function_call", "tool_call"), "assistant"),
    **dict.fromkeys(("observation", "tool_response", "function_response"), "tool"),
}
"Roles by their names in `conversations`, the form of ShareGPT."
CALLERS = frozenset({"function_call", "tool_call"})
"Speakers in `conversations` whose text is the JSON of a call."
ROLES_OF = {"turns": ROLES, "messages": MESSAGE_ROLES, "conversations": SPEAKERS}
PLAIN_ROLES = {
    form: {name: role for name, role in roles.items() if name not in CALLERS} for form, roles in ROLES_OF.items()
}
"Those of turns whose text is what was said."
MOST_BYTES_OF_CHARACTER = 4
"In UTF-8."
REDACTED = "REDACTED"


def parse_turns(row: dict[str, Any], limits: Limits, *, redacted: bool) -> list[TurnShape]:
    """
    Parse the turns of a row without absent values: from one of `FORMS`, perhaps with a `response`.

    :param redacted: whether the prompt may be missing, because the source withheld it
    :raises Invalid: if the row has none or several of these, or they break a rule
    """
    if redacted and row.keys().isdisjoint(FORMS):
        row = {**row, "prompt": ""}
    forms = list(filter(row.__contains__, FORMS))
    if not forms:
        raise Invalid("turns", f"the row has neither {', '.join(LISTS)} nor a prompt")
    if len(forms) > 1:
        raise Invalid(forms[1], f"the row has {forms[0]} too; one of them says what the dialogue is")
    if "response" not in row and (turns := plain_turns(row, forms[0], limits)):
        return turns
    if forms == ["prompt"]:
        turns = prompt_turns(row, redacted=redacted)
    else:
        turns = listed_turns(row[forms[0]], forms[0], limits)
    if "response" in row:
        turns = with_response(turns, values.clean_text(row["response"], "response"))
    check_turns(turns, forms[0], limits)
    return turns


def plain_turns(row: dict[str, Any], form: str, limits: Limits) -> list[TurnShape] | None:
    """
    Return the turns that a row lists if each is a role and a text, and none breaks a rule. Most rows are like this.

    Return None where that is not certain: then the turns are read one by one, which takes several times as long.
    """
    if form not in LISTS:
        return None
    (speaker, key), roles = LISTS[form], PLAIN_ROLES[form]
    turns: list[TurnShape] = []
    characters = 0
    has_user = False
    try:
        for turn in row[form]:
            role, text = roles[turn[speaker]], turn[key]
            if type(text) is not str or len(turn) > 2 or not text or text.isspace() or "\0" in text:
                return None
            if not text.isascii():
                text.encode()  # which a lone surrogate cannot be
            if role == "user":
                has_user = True
            elif role == "system" and turns:
                return None
            characters += len(text)
            turns.append({"role": role, "text": text})
    except (TypeError, LookupError, UnicodeEncodeError):
        return None
    is_small = len(turns) <= limits.turns and characters * MOST_BYTES_OF_CHARACTER <= limits.dialogue_bytes
    return turns if has_user and is_small else None


def prompt_turns(row: dict[str, Any], *, redacted: bool) -> list[TurnShape]:
    """Return the turns of a row with a prompt."""
    prompt = values.clean_text(row["prompt"], "prompt")
    return [{"role": "user", "text": REDACTED if redacted and not prompt else prompt}]


def with_response(turns: list[TurnShape], response: str) -> list[TurnShape]:
    """
    Return turns that end in a response.

    :raises Invalid: if they end in another one
    """
    if not has_response(turns):
        return [*turns, {"role": "assistant", "text": response}]
    if turns[-1]["text"] != response:
        raise Invalid("response", "the last turn is the assistant's, with another text; one of them is the response")
    return turns


def listed_turns(listed: object, form: str, limits: Limits) -> list[TurnShape]:
    """
    Return the turns of a list, which a table may hold as JSON.

    :param form: the key of the list in the row
    :raises Invalid: naming the turn that is wrong
    """
    if isinstance(listed, str) and listed.lstrip().startswith("["):
        listed = value_in_text(listed, form)
    if not isinstance(listed, list):
        raise Invalid(form, f"{preview(listed)} is not a list")
    if not 1 <= len(listed) <= limits.turns:
        raise Invalid(form, f"{len(listed):,} turns, 1 to {limits.turns:,} are allowed")
    if form == "messages" and any(map(has_own_parts, listed)):
        return [turn for at, message in enumerate(listed) for turn in turns_of_message(message, at)]
    return [listed_turn(turn, form, at) for at, turn in enumerate(listed)]


def turns_of_message(message: Any, at: int) -> list[TurnShape]:
    """
    Return the turns of one of `messages`: one, or more where it has results of tools in Anthropic's form.

    :raises Invalid: naming the message
    """
    if not has_own_parts(message):
        return [listed_turn(message, "messages", at)]
    return parse_own_parts(parse_role(message.get("role"), "messages", at), message, f"messages[{at}]")


def value_in_text(text: str, form: str) -> object:
    """
    Return the value that a text is in JSON.

    :raises Invalid: if it is not JSON
    """
    try:
        return values.from_json(text, form)
    except (ValueError, RecursionError) as error:
        raise Invalid(form, f"{preview(text)} is not JSON") from error


def listed_turn(turn: object, form: str, at: int) -> TurnShape:
    """
    Return one turn of a list. Keys without a value are as absent ones: a column of structs has all keys in each.

    :raises Invalid: naming the turn
    """
    speaker, key = LISTS[form]
    if not isinstance(turn, dict):
        raise Invalid(f"{form}[{at}]", f"{preview(turn)} is not an object")
    role = parse_role(turn.get(speaker), form, at)
    text = turn.get(key)
    if len(turn) > 2 or not isinstance(text, str) or turn[speaker] in CALLERS:
        return READERS[form](role, turn, f"{form}[{at}]")
    if "\0" in text or not text.isascii():
        values.clean_text(text, f"{form}[{at}].{key}")
    return {"role": role, "text": text}


def spoken_turn(role: str, turn: dict[str, Any], where: str) -> TurnShape:
    """
    Return a turn of `conversations` that may have a name, or be the JSON of calls.

    :param where: the turn in errors, as in `conversations[2]`
    :raises Invalid: naming what is wrong with it
    """
    check_keys(turn, ("from", "value", "name"), where)
    text = values.clean_text(turn.get("value"), f"{where}.value")
    said: dict[str, Any] = {"content": text, "name": turn.get("name")}
    if turn["from"] in CALLERS:
        said |= {"content": None, "tool_calls": calls_in_text(text, f"{where}.value")}
    return parse_message(role, said, where)


def stored_turn(role: str, turn: dict[str, Any], where: str) -> TurnShape:
    """
    Return a turn of `turns`, perhaps with its `message`, as an object or as JSON; its text is rendered from that.

    :param where: the turn in errors, as in `turns[2]`
    :raises Invalid: if the message is not valid, or the text is not its own
    """
    message = turn.get("message")
    if message is None:
        text = values.clean_text(turn.get("text"), f"{where}.text")
        check_keys(turn, ("role", "text"), where)
        return {"role": role, "text": text}
    check_keys(turn, ("role", "text", "message"), where)
    if isinstance(message, str):
        message = value_in_text(message, f"{where}.message")
    if not isinstance(message, dict):
        raise Invalid(f"{where}.message", f"{preview(message)} is not an object")
    parsed = parse_message(role, message, f"{where}.message")
    if turn.get("text") not in (None, parsed["text"]):
        raise Invalid(f"{where}.text", "it is not the text of the message; leave one of them out")
    return parsed


READERS = {"turns": stored_turn, "messages": parse_message, "conversations": spoken_turn}
"What reads a turn that is more than a role and a text, by the key of the list."


def check_keys(turn: dict[str, Any], known: tuple[str, ...], where: str) -> None:
    """
    :raises Invalid: if a turn has a value under an unknown key
    """
    if unknown := [name for name in turn if name not in known and turn[name] is not None]:
        raise Invalid(where, f"it has {preview(min(unknown))}, only {', '.join(known[:-1])} and {known[-1]} are known")


def parse_role(role: object, form: str, at: int) -> str:
    """
    Return the role of a turn.

    :raises Invalid: naming the turn, if it is no known role
    """
    if isinstance(role, str) and (known := ROLES_OF[form].get(role)):
        return known
    raise Invalid(f"{form}[{at}].{LISTS[form][0]}", f"{preview(role)} is not one of {', '.join(ROLES)}")


def check_turns(turns: list[TurnShape], form: str, limits: Limits) -> None:
    """
    Check the order of roles, empty turns and the size of a dialogue.

    :raises Invalid: naming the turn that is wrong
    """
    if len(turns) > limits.turns:
        raise Invalid(form, f"{len(turns):,} turns with the response, {limits.turns:,} are allowed")
    characters = 0
    for at, turn in enumerate(turns):
        role, text = turn["role"], turn["text"]
        if at and role == "system":
            raise Invalid(f"{form}[{at}].{LISTS[form][0]}", "a system turn can only come first")
        if (not text or text.isspace()) and role != "tool" and (role != "assistant" or at < len(turns) - 1):
            raise Invalid(turn_name(form, at), "the turn is empty")
        characters += len(text)
    if not any(turn["role"] == "user" for turn in turns):
        raise Invalid(form, "no turn is the user's")
    if characters * MOST_BYTES_OF_CHARACTER > limits.dialogue_bytes:
        check_size(turns, form, limits)


def check_size(turns: list[TurnShape], form: str, limits: Limits) -> None:
    """
    Check the size of a dialogue.

    :raises Invalid: if it is longer than the limit
    """
    size = sum(len(turn["text"].encode()) for turn in turns)
    if size > limits.dialogue_bytes:
        raise Invalid(form, f"{size:,} bytes, {limits.dialogue_bytes:,} are allowed")


def turn_name(form: str, at: int) -> str:
    """Return the name of a turn in errors."""
    return ("prompt", "response")[at] if form == "prompt" else f"{form}[{at}]"

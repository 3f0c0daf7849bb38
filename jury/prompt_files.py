"""Check the file of a prompt version before it is stored. Pure."""

from string import Template
from tomllib import TOMLDecodeError

from corpus.errors import Refused
from jury.engine.extra_body import check_extra_body
from jury.prompting import Form, Prompt, Send

PARTS = {"boundary", "dialogue", "categories", "answer", "judged", "prompt", "response", "questions"}
"What a template of a message may hold, each after a dollar sign."
CATEGORY_PARTS = {"slug", "name", "code", "definition", "included", "excluded"}
TEXTS = ("user", "system", "category", "after")


def parse_prompt(text: str, name: str) -> Prompt:
    """
    Return the prompt in the text of a file.

    :param name: of the file, for messages
    :raises Refused: if it is none that a model could be asked with; the message says which key, and why
    """
    try:
        prompt = Prompt.parse(text)
    except TOMLDecodeError as error:
        raise Refused(f"{name} is not TOML: {error}.") from error
    except (ValueError, TypeError) as error:
        raise Refused(f"{name}: {in_words(error)}.") from error
    if problem := find_problem(prompt):
        raise Refused(f"{name}: {problem}.")
    check_extra_body(prompt.extra_body)
    return prompt


def in_words(error: Exception) -> str:
    """Return why no prompt could be made of keys, in the words of a file: Python speaks of arguments."""
    return str(error).removeprefix("Prompt.__init__() ").replace("got an unexpected keyword argument", "unknown key")


def find_problem(prompt: Prompt) -> str:
    """Return what is wrong with the keys of a prompt; empty if nothing is."""
    if wrong := [key for key in TEXTS if not isinstance(getattr(prompt, key), str)]:
        return f"{wrong[0]} is not a text"
    if wrong := [key for key in ("rationale", "shuffle") if not isinstance(getattr(prompt, key), bool)]:
        return f"{wrong[0]} is not true or false"
    return find_unknown_part(prompt) or find_contradiction(prompt)


def find_unknown_part(prompt: Prompt) -> str:
    """Return which template holds something unknown; empty if none does."""
    for key in ("user", "system", "category"):
        template, known = Template(getattr(prompt, key)), CATEGORY_PARTS if key == "category" else PARTS
        if not template.is_valid():
            return f"{key} has a dollar sign that names nothing; write it as $$"
        if unknown := sorted(set(template.get_identifiers()) - known):
            return f"{key} has ${unknown[0]}, and there are {', '.join(sorted(known))}"
    return ""


def find_contradiction(prompt: Prompt) -> str:
    """Return which keys do not go together; empty if all do."""
    has_words = bool(prompt.user or prompt.system)
    if prompt.send != Send.PROMPT and prompt.form in (Form.OBJECT, Form.RESPONSE, Form.REFUSAL):
        return f"send = {prompt.send} asks in no words of ours, and form = {prompt.form} needs them"
    if (prompt.send == Send.MODERATIONS) != (prompt.form == Form.MODERATIONS):
        return "send = moderations and form = moderations go together"
    if prompt.send != Send.PROMPT and has_words:
        return f"send = {prompt.send} sends no words of ours: leave user and system out"
    if prompt.send != Send.TURNS and prompt.after:
        return "after belongs to send = turns"
    if prompt.send == Send.PROMPT and not prompt.user and not prompt.form.is_generative:
        return "user is missing: it has the words that ask about the dialogue"
    return ""

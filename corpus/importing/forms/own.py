"""The forms that are read as they are, a row at a time: a file may have several of them."""

from corpus.importing.forms.form import Form

ASSIZE = Form(
    "assize",
    "Assize's own or AEGIS 2.0 (turns, or prompt and response)",
    lambda row: "turns" in row or "prompt" in row,
    columns=frozenset({"id", "prompt"}),
)
OPENAI = Form("openai", "OpenAI messages", lambda row: "messages" in row, columns=frozenset({"id", "messages"}))
SHAREGPT = Form("sharegpt", "ShareGPT", lambda row: "conversations" in row, columns=frozenset({"id", "conversations"}))
NEEDED_KEY = {OPENAI.name: "messages", SHAREGPT.name: "conversations"}
"The key that a row needs where one of these forms is named."

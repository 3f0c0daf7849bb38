"""The forms in which models are asked and answer, a file each. Pure. Nothing is guessed."""

from collections.abc import Callable

from corpus.errors import Invalid
from jury.engine.forms.guard_models import with_codes
from jury.engine.forms.llama_guard import read_llama_guard
from jury.engine.forms.nemoguard import read_nemoguard
from jury.engine.forms.object import read_object, response_format
from jury.engine.forms.reading import Reading, Spellings
from jury.prompting import Form, Question

__all__ = ["READERS", "Reading", "Spellings", "read_reply", "response_format", "with_codes"]

READERS: dict[Form, Callable[[str, Question, Spellings], Reading]] = {
    Form.OBJECT: read_object,
    Form.NEMOGUARD: read_nemoguard,
    Form.LLAMA_GUARD: read_llama_guard,
}


def read_reply(form: Form, reply: str, question: Question, spellings: Spellings) -> Reading:
    """
    Read a juror's reply in the form that its prompt asks for.

    :param spellings: normalized names of categories, and codes as they are listed, to slugs
    :return: a judgement, or the reason why there is none
    """
    try:
        return READERS[form](reply, question, spellings)
    except Invalid as error:
        return Reading(None, f"{error.field}: {error.reason}")

"""The forms in which models are asked and answer, a file each. Pure. Nothing is guessed."""

from collections.abc import Callable

from corpus.errors import Invalid
from jury.engine.forms.ballots import BallotReading, Spellings, judge, with_codes
from jury.engine.forms.granite import read_granite
from jury.engine.forms.harm import read_harm
from jury.engine.forms.lines import read_nemotron
from jury.engine.forms.llama_guard import read_llama_guard
from jury.engine.forms.moderations import read_moderations
from jury.engine.forms.nemoguard import read_nemoguard
from jury.engine.forms.object import read_object, response_format
from jury.engine.forms.policy import read_policy
from jury.engine.forms.qwen3guard import read_qwen3guard
from jury.engine.forms.reading import Asked, Reading
from jury.engine.forms.wildguard import read_wildguard
from jury.engine.forms.yesno import read_yesno
from jury.engine.logprobs import Tokens
from jury.prompting import Form, Question

__all__ = ["READERS", "Asked", "Reading", "Spellings", "read_ballot", "read_reply", "response_format", "with_codes"]

READERS: dict[Form, Callable[[str, Asked], Reading]] = {
    Form.OBJECT: read_object,
    Form.NEMOGUARD: read_nemoguard,
    Form.LLAMA_GUARD: read_llama_guard,
    Form.LINES: read_nemotron,
    Form.HARM: read_harm,
    Form.QWEN3GUARD: read_qwen3guard,
    Form.WILDGUARD: read_wildguard,
    Form.GRANITE: read_granite,
    Form.YESNO: read_yesno,
    Form.POLICY: read_policy,
    Form.MODERATIONS: read_moderations,
}


def read_reply(form: Form, reply: str, asked: Asked, tokens: Tokens = ()) -> Reading:
    """
    Read a reply: its labels, and the rest as the model says it, by no taxonomy.

    :param tokens: candidates for its first token, for the score of a form whose verdict that is
    :raises Invalid: if it has no verdict on an asked field, or one that is not clear
    """
    return read_yesno(reply, asked, tokens) if form == Form.YESNO else READERS[form](reply, asked)


def read_ballot(form: Form, reply: str, question: Question, spellings: Spellings) -> BallotReading:
    """
    Read a juror's reply in the form that its prompt asks for.

    :param spellings: normalized names of categories, and codes as they are listed, to slugs
    :return: a judgement, or the reason why there is none
    """
    try:
        return judge(read_reply(form, reply, question.fields), question, spellings)
    except Invalid as error:
        return BallotReading(None, f"{error.field}: {error.reason}")

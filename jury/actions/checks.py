"""Checks that a juror or a generator can be asked at all."""

from collections.abc import Sequence

from django.conf import settings

from corpus.errors import Refused
from corpus.models import Project
from corpus.secret_files import read_secret
from jury import queries
from jury.keys import check_key_variable
from jury.models import Juror, Run
from jury.prompting import Form, Prompt


def check_can_ask(project: Project, juror: Juror) -> None:
    """
    Check that a juror can judge items of a project.

    :raises Refused: if it is a generator, has no endpoint or key, or labels nothing that the project wants
    """
    if juror.is_generator:
        raise Refused(f"{juror.name!r} is a generator: it writes responses, and judges none.")
    check_can_reach(juror)
    if not queries.labels_asked(project, juror):
        raise Refused(f"Juror {juror.name!r} is asked for no label that project {project} wants.")


def check_are_independent(project: Project, jurors: Sequence[Juror]) -> None:
    """
    Check that no juror was trained on a release of the project: it would repeat what the project said before.

    :raises Refused: if one was; the message says what to do
    """
    versions = queries.versions_trained_on(project, jurors)
    for juror in jurors:
        if version := versions.get(juror.pk):
            raise Refused(
                f"Juror {juror.name!r} was trained on release {version} of this project, so its ballots are no "
                "independent opinions here. Leave it out, or take it off the panel; or say that it may be asked all "
                "the same: --allow-trained, allow_trained by REST, or the box on the page."
            )


def check_can_generate(generator: Juror) -> Run.Generates:
    """
    Check that a generator can be asked, and return what it generates: responses or refusals.

    :raises Refused: if it is a juror, or has no endpoint or key
    """
    if not generator.is_generator:
        raise Refused(
            f"{generator.name!r} is a juror. What writes responses is a generator: add one with add_generator."
        )
    check_can_reach(generator)
    form = Prompt.parse(generator.prompt.text).form
    return Run.Generates.REFUSALS if form == Form.REFUSAL else Run.Generates.RESPONSES


def check_can_reach(juror: Juror) -> None:
    """
    Check that a juror or a generator has an endpoint and a key that the rules allow.

    :raises Refused: if one of them is missing or forbidden
    """
    if not juror.base_url:
        raise Refused(f"Juror {juror.name!r} came with an import and has no endpoint to ask.")
    queries.endpoint_rules().check(juror.base_url)
    check_key_variable(juror.api_key_env, settings.JURY_KEYS)
    if juror.api_key_env and not read_secret(juror.api_key_env):
        raise Refused(
            f"{juror.name!r} needs its key in the environment variable {juror.api_key_env}, "
            f"or in the file that {juror.api_key_env}_FILE names."
        )

"""
Proof that a dialogue was shown to a person, where no row can say so: on a page that shows a judged dialogue again.

The page that shows it carries the proof in its form; without it, the form is refused.
"""

from django.core.signing import BadSignature, Signer

SIGNER = Signer(salt="annotation.showing")


def prove_shown(user: int, subject: str) -> str:
    """
    Return the proof that a subject was shown to a person.

    :param user: primary key
    :param subject: what was shown, such as `vote 12`
    """
    return SIGNER.sign(f"{user}:{subject}")


def was_shown(user: int, subject: str, proof: str) -> bool:
    """Return whether a proof is of this person and this subject."""
    try:
        return SIGNER.unsign(proof) == f"{user}:{subject}"
    except BadSignature:
        return False

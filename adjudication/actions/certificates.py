"""Derive the thresholds of a policy by which jurors decide alone, and keep the certificate that says so."""

from dataclasses import replace
from typing import Any

from adjudication.certifying.certificates import certificate_of, thresholds_of
from adjudication.models import Certificate
from adjudication.policies import Policy, Promise
from adjudication.queries.evidence import read_scores
from adjudication.queries.set_evidence import read_set_groups
from annotation.sampling import count_undrawn
from corpus.models import Project


def with_thresholds(project: Project, policy: Policy) -> Policy:
    """Return the policy with the thresholds that opinions and sample give now. Other policies are returned as is."""
    if policy.promise is None:
        return policy
    return replace(policy, thresholds=thresholds_of(derive(project, policy, policy.promise)))


def in_force(project: Project, policy: Policy) -> Policy:
    """Return the policy with the thresholds of the last recount, so that one item is decided as all others were."""
    if policy.promise is None:
        return policy
    current = current_certificate(project)
    return replace(policy, thresholds=thresholds_of(current.content)) if current else policy


def certify_project(project: Project, policy: Policy) -> Policy:
    """Return the policy with its thresholds, and store the certificate if it says something else than the last."""
    if policy.promise is None:
        return policy
    content, current = derive(project, policy, policy.promise), current_certificate(project)
    if current is None or current.content != content:
        Certificate.objects.filter(project=project, is_current=True).update(is_current=False)
        Certificate.objects.create(project=project, content=content)
    return replace(policy, thresholds=thresholds_of(content))


def current_certificate(project: Project) -> Certificate | None:
    """Return the certificate of the last recount under a policy with thresholds."""
    return Certificate.objects.filter(project=project, is_current=True).first()


def derive(project: Project, policy: Policy, promise: Promise) -> dict[str, Any]:
    """Return the certificate that opinions and sample give now."""
    scores, groups = read_scores(project, policy), read_set_groups(project, policy)
    return certificate_of(scores, promise, undrawn=count_undrawn(project), groups=groups)

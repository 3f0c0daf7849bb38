"""Push a release: check what is asked for, send what is missing, record it."""

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.models import User

from corpus.actions import record_event
from corpus.errors import Refused
from corpus.models import Event, Project, Verb
from releases.models import Release
from releases.pushing.addresses import push_rules
from releases.pushing.destinations import Destination, parse_destination, read_key
from releases.pushing.files import LocalFile, Pushed, PushOrder, files_to_push
from releases.pushing.hub import push_to_hub
from releases.pushing.s3 import push_to_s3


def push_release(
    *,
    project: Project,
    version: str,
    to: str,
    key_name: str = "",
    is_public: bool = False,
    by: User | None = None,
    on_share: Callable[[float], None] = lambda _share: None,
) -> Pushed:
    """
    Push a release, and record when it begins and when it is whole. Pushed again, nothing is sent.

    What a killed push had sent whole is recorded as pushed by the next one.

    :param to: `hf:NAMESPACE/NAME` or `s3://BUCKET/PREFIX`
    :param key_name: the variable with the key; empty for PUSH_KEY_HF or PUSH_KEY_S3
    :param is_public: whether a new dataset of the Hub may be read by everybody
    :param on_share: called with the share that is sent, 0 to 1; the Hub's library tells none
    :raises Refused: if there is no such release, its files have changed, or it may not be pushed there
    :raises PushFailed: if it breaks off
    """
    destination, release = check_push(project, version, to, is_public=is_public)
    name, key = read_key(destination, key_name)
    files = files_to_push(release)

    begun: list[bool] = []

    def record(verb: Verb, **detail: object) -> None:
        detail = {"to": str(destination), "manifest_sha256": release.manifest_sha256, **detail}
        record_event(project=project, verb=verb, subject=version, actor=by, detail=detail)

    def begin() -> None:
        # Data leaves from here on, also if this process is killed before the end.
        record(Verb.RELEASE_PUSH_STARTED, variable=name, is_public=is_public)
        begun.append(True)

    pushed = send(destination, files, PushOrder(version, name, key, is_public, push_rules(), begin, on_share))
    if begun or is_unfinished(release, destination):
        record(Verb.RELEASE_PUSHED, files=len(files), sent=len(pushed.sent), is_private=pushed.is_private)
    return pushed


def check_push(project: Project, version: str, to: str, *, is_public: bool) -> tuple[Destination, Release]:
    """
    Return the destination and the release of a push, from what the database says.

    :raises Refused: if one of them is none, or the release may not be public there
    """
    destination, release = parse_destination(to), release_named(project, version)
    if is_public:
        check_may_be_public(destination, release)
    return destination, release


def is_unfinished(release: Release, destination: Destination) -> bool:
    """Return whether the last push of a release to a destination is not on record as whole."""
    pushes = Event.objects.filter(
        project=release.project,
        verb__in=(Verb.RELEASE_PUSH_STARTED, Verb.RELEASE_PUSHED),
        subject=release.version,
        detail__to=str(destination),
    )
    return pushes.order_by("-pk").values_list("verb", flat=True).first() == Verb.RELEASE_PUSH_STARTED


def send(destination: Destination, files: list[LocalFile], order: PushOrder) -> Pushed:
    """Send the files to where the settings say that the destination is."""
    if destination.kind == "hf":
        return push_to_hub(destination, files, order, endpoint=settings.PUSH_HUB_ENDPOINT.rstrip("/"))
    endpoint = settings.PUSH_S3_ENDPOINT.rstrip("/")
    return push_to_s3(destination, files, order, endpoint=endpoint, region=settings.PUSH_S3_REGION)


def release_named(project: Project, version: str) -> Release:
    """
    Return a release of a project.

    :raises Refused: if there is none of that version
    """
    release = Release.objects.filter(project=project, version=version).first()
    if release is None:
        made = ", ".join(Release.objects.filter(project=project).order_by("pk").values_list("version", flat=True))
        raise Refused(f"Project {project} has no release {version!r}. It has {made or 'none'}.")
    return release


def check_may_be_public(destination: Destination, release: Release) -> None:
    """
    :raises Refused: if the bucket decides that, or the release has rows under no licence
    """
    if destination.kind == "s3":
        raise Refused(
            "Only a dataset of the Hub can be made public (--public). Who may read a bucket is said by the bucket's "
            "own rules."
        )
    by_license = release.manifest["counts"].get("license", {})
    if without := sum(rows for license_, rows in by_license.items() if not license_.strip()):
        raise Refused(
            f"{without:,} rows of release {release.version} have no licence, so it cannot be public. Make a release "
            "with --license and the licences that allow it, or push it without --public."
        )

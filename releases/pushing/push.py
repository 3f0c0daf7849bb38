"""Push a release: check what is asked for, send what is missing, record it."""

from django.conf import settings
from django.contrib.auth.models import User

from corpus.actions import record_event
from corpus.errors import Refused
from corpus.models import Project, Verb
from releases.models import Release
from releases.pushing.addresses import push_rules
from releases.pushing.destinations import Destination, parse_destination, read_key
from releases.pushing.files import LocalFile, Pushed, PushOrder, files_to_push
from releases.pushing.hub import push_to_hub
from releases.pushing.s3 import push_to_s3


def push_release(
    *, project: Project, version: str, to: str, key_name: str = "", is_public: bool = False, by: User | None = None
) -> Pushed:
    """
    Push a release, and record when it begins and when it is whole. Pushed again, nothing is sent.

    :param to: `hf:NAMESPACE/NAME` or `s3://BUCKET/PREFIX`
    :param key_name: the variable with the key; empty for PUSH_KEY_HF or PUSH_KEY_S3
    :param is_public: whether a new dataset of the Hub may be read by everybody
    :raises Refused: if there is no such release, its files have changed, or it may not be pushed there
    :raises PushFailed: if it breaks off
    """
    destination = parse_destination(to)
    release = release_named(project, version)
    if is_public:
        check_may_be_public(destination, release)
    name, key = read_key(destination, key_name)
    files = files_to_push(release)

    begun: list[bool] = []

    def record(verb: Verb, **detail: object) -> None:
        detail = {"to": str(destination), "manifest_sha256": release.manifest_sha256, **detail}
        record_event(project=project, verb=verb, subject=version, actor=by, detail=detail)

    def begin() -> None:
        # Data leaves from here on, also if this process is killed before the end.
        record(Verb.RELEASE_PUSH_STARTED, is_public=is_public)
        begun.append(True)

    pushed = send(destination, files, PushOrder(version, name, key, is_public, push_rules(), begin))
    if begun:
        record(Verb.RELEASE_PUSHED, files=len(files), sent=len(pushed.sent), is_private=pushed.is_private)
    return pushed


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
        raise Refused("--public is for the Hub. Who may read a bucket is said by the bucket's own rules.")
    by_license = release.manifest["counts"].get("license", {})
    if without := sum(rows for license_, rows in by_license.items() if not license_.strip()):
        raise Refused(
            f"{without:,} rows of release {release.version} have no licence, so it cannot be public. Make a release "
            "with --license and the licences that allow it, or push it without --public."
        )

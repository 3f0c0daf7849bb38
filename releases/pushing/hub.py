"""Push a release to a dataset of the Hugging Face Hub, by its own library, as one commit tagged with the version."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from corpus.broken_connections import why_broken
from corpus.errors import Refused
from jury.endpoints import EndpointRules
from releases.pushing.addresses import check_url
from releases.pushing.destinations import Destination
from releases.pushing.files import LocalFile, Pushed, PushFailed, PushOrder

if TYPE_CHECKING:
    from huggingface_hub import HfApi

SECONDS = 60.0
"To connect, and between two pieces of an answer; the library itself would wait for ever."
NOT_OURS = {".gitattributes"}
"Files that the Hub makes by itself."


def push_to_hub(destination: Destination, files: list[LocalFile], order: PushOrder, *, endpoint: str) -> Pushed:
    """
    Make the dataset if it is not there, commit the files that differ, and tag the commit with the version.

    A dataset shows a commit whole or not at all. Large files that arrived before a push broke off are not sent again.

    :raises Refused: if the dataset is public and should not be, or has the tag with other files
    :raises PushFailed: if the Hub refuses, or cannot be reached
    """
    check_url(endpoint, order.rules)
    api = make_api(endpoint, order.key, order.rules)
    with said_plainly(destination, order.key_name):
        info = ensure_dataset(api, destination, order.is_public)
        pushed = Pushed(f"{endpoint}/datasets/{destination.name}/tree/{order.version}", is_private=bool(info.private))
        tags = {tag.name for tag in api.list_repo_refs(destination.name, repo_type="dataset").tags}
        is_tagged = order.version in tags
        sort_out(pushed, files, hashes_at(api, destination, order.version if is_tagged else info.sha))
        if not is_tagged:
            order.on_start()
            commit_and_tag(api, destination, files, pushed.sent, order.version, info.sha)
        elif pushed.sent:
            differ = ", ".join(pushed.sent)
            raise Refused(f"{destination} has another release {order.version}, with other {differ}. Nothing was sent.")
    return pushed


def make_api(endpoint: str, token: str, rules: EndpointRules) -> "HfApi":
    """
    Return the library's client, which asks the rules about every address.

    :raises Refused: if the library is not installed
    """
    # Uploads by Xet go through a library of its own, which no rule about addresses reaches.
    os.environ["HF_HUB_DISABLE_XET"] = "1"
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    try:
        import httpx2
        from huggingface_hub import HfApi, constants, set_client_factory
        from huggingface_hub.utils.tqdm import disable_progress_bars
    except ModuleNotFoundError as error:
        raise Refused("A push needs huggingface_hub: install requirements/push.txt into the environment.") from error
    constants.HF_HUB_DISABLE_XET = True  # it may have been loaded before
    disable_progress_bars()

    def check_request(request: Any) -> None:
        check_url(str(request.url), rules)

    hooks = {"request": [check_request]}
    set_client_factory(lambda: httpx2.Client(event_hooks=hooks, follow_redirects=True, timeout=SECONDS))
    return HfApi(endpoint=endpoint, token=token, library_name="assize")


def ensure_dataset(api: "HfApi", destination: Destination, is_public: bool) -> Any:
    """
    Make the dataset unless it is there, and return what the Hub says of it.

    :raises Refused: if it is public and should not be
    """
    api.create_repo(destination.name, repo_type="dataset", private=not is_public, exist_ok=True)
    info = api.repo_info(destination.name, repo_type="dataset")
    if not info.private and not is_public:
        raise Refused(
            f"{destination} is public, and nothing was sent there. Make it private on the Hub, or push with --public."
        )
    return info


def hashes_at(api: "HfApi", destination: Destination, revision: str | None) -> dict[str, str]:
    """Return the hash of each file of a dataset: SHA-256 of large ones, git's SHA-1 of others."""
    from huggingface_hub.hf_api import RepoFile

    tree = api.list_repo_tree(destination.name, recursive=True, revision=revision, repo_type="dataset")
    files = [entry for entry in tree if isinstance(entry, RepoFile)]
    return {entry.path: str(entry.lfs.sha256 if entry.lfs else entry.blob_id) for entry in files}


def sort_out(pushed: Pushed, files: list[LocalFile], there: dict[str, str]) -> None:
    """Note which files are at the destination already, which are to be sent, and which are not of the release."""
    for each in files:
        (pushed.unchanged if is_same(each, there) else pushed.sent).append(each.name)
    pushed.others = sorted(set(there) - {each.name for each in files} - NOT_OURS)


def is_same(file: LocalFile, there: dict[str, str]) -> bool:
    """Return whether a file is at the destination."""
    found = there.get(file.name, "")
    return found == (file.sha256 if len(found) == 64 else file.git_hash())


def commit_and_tag(
    api: "HfApi", destination: Destination, files: list[LocalFile], names: list[str], version: str, parent: str | None
) -> None:
    """
    Commit the named files on top of a commit, if there are any, and tag the outcome with the version.

    :raises PushFailed: if files are missing there afterwards
    """
    from huggingface_hub import CommitOperationAdd

    commit = parent
    if names:
        commit = api.create_commit(
            destination.name,
            [CommitOperationAdd(each.name, str(each.path)) for each in files if each.name in names],
            commit_message=f"Release {version}",
            repo_type="dataset",
            parent_commit=parent,
        ).oid
    check_arrived(destination, files, hashes_at(api, destination, commit))
    api.create_tag(destination.name, tag=version, revision=commit, repo_type="dataset")


def check_arrived(destination: Destination, files: list[LocalFile], there: dict[str, str]) -> None:
    """
    :raises PushFailed: if files are not at the destination as they are here; all of them are named
    """
    if missing := [each.name for each in files if not is_same(each, there)]:
        raise PushFailed(f"{destination} lacks {', '.join(missing)} after the push. Push again.")


@contextmanager
def said_plainly(destination: Destination, key_name: str) -> Iterator[None]:
    """
    :raises PushFailed: if the Hub refuses a request in the block, or cannot be reached
    """
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError

    again = "Push again: what has arrived is not sent again."
    try:
        yield
    except HfHubHTTPError as error:
        raise PushFailed(f"{reason_of(error, destination, key_name)} {again}") from error
    except (httpx2.HTTPError, OSError) as error:
        raise PushFailed(f"The connection to {destination} broke: {why_broken(error)}. {again}") from error
    except (RuntimeError, ValueError) as error:
        # The library says so of an upload that failed, with what happened as its cause.
        cause = error.__cause__
        if isinstance(cause, Refused):
            raise cause from None
        reason = (
            reason_of(cause, destination, key_name) if isinstance(cause, HfHubHTTPError) else f"{error} {cause or ''}"
        )
        raise PushFailed(f"{reason.strip()} {again}") from error


def reason_of(error: Any, destination: Destination, key_name: str) -> str:
    """Return why the Hub refused a request."""
    status = error.response.status_code if error.response is not None else 0
    if status == 401:
        return f"The Hub does not accept the token in {key_name} (401)."
    if status == 403:
        return f"The token in {key_name} may not write to {destination} (403). It needs write access to the namespace."
    if status in (409, 412):
        return f"Somebody else changed {destination} meanwhile ({status})."
    said = (error.server_message or "").strip() or "no reason given"
    return f"The Hub refused: {said} ({status})."

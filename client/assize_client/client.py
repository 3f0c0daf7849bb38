"""What programs do most with a site: walk through pages, send files, wait for jobs, download releases and exports."""

import os
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

from assize_client import downloads, models
from assize_client.errors import AssizeError, FileChanged, JobFailed, StillRunning
from assize_client.operations import Operations
from assize_client.transport import part

Format = Literal["json", "jsonl", "csv", "parquet"]
Status = Literal["decided", "disputed", "pending", "settled", "withdrawn"]
POLL = 0.5, 5.0
"Seconds between two looks at a job, at first and at most."


class Client:
    """
    A site, as one person sees it.

        with Client("https://assize.example.org", token) as client:
            for item in client.project("garden").items(status="disputed"):
                print(item["id"])
    """

    def __init__(
        self,
        url: str = "",
        token: str = "",
        *,
        timeout: float = 30.0,
        patience: float = 60.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """
        :param url: of the site; else ASSIZE_URL of the environment
        :param token: of the page *Tokens*; else ASSIZE_TOKEN of the environment
        :param timeout: seconds to connect, and between two pieces of an answer
        :param patience: seconds that a call waits in all while the site is busy; 0 never sends one again
        :raises AssizeError: if there is no URL or no token
        """
        url, token = url or os.environ.get("ASSIZE_URL", ""), token or os.environ.get("ASSIZE_TOKEN", "")
        if not url or not token:
            raise AssizeError("Give the address of the site and a token, or set ASSIZE_URL and ASSIZE_TOKEN.")
        self.api = Operations(url, token, timeout=timeout, patience=patience, sleep=sleep)
        "Every route as a method."

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self.api.close()

    def projects(self) -> "list[Project]":
        """Return the projects of the token's person."""
        return [Project(self.api, each["slug"]) for each in self.api.get_projects()]

    def project(self, slug: str) -> "Project":
        """Return a project by its slug, without asking the site whether it is there."""
        return Project(self.api, slug)


class Project:
    """One project of a site."""

    def __init__(self, api: Operations, slug: str) -> None:
        self.api, self.slug = api, slug

    def __repr__(self) -> str:
        return f"Project({self.slug!r})"

    def items(
        self,
        *,
        status: Status | None = None,
        source: str | None = None,
        license: str | None = None,  # noqa: A002
        category: str | None = None,
    ) -> Iterator[models.Item]:
        """Yield the items that fit, with their labels."""
        route = partial(self.api.get_items, self.slug, status=status, source=source, license=license, category=category)
        return pages(route)

    def cases(
        self, state: Literal["open", "settled", "stale", "second", "reopened", "closed"] = "open"
    ) -> Iterator[models.Case]:
        """Yield the cases in a state."""
        return pages(partial(self.api.get_cases, self.slug, state=state))

    def my_votes(self) -> Iterator[models.Vote]:
        """Yield the votes of the token's person."""
        return pages(partial(self.api.get_my_votes, self.slug))

    def jobs(self) -> Iterator[models.Job]:
        """Yield imports and releases that were asked for."""
        return pages(partial(self.api.get_jobs, self.slug))

    def runs(self) -> Iterator[models.Run]:
        """Yield the runs of the jury."""
        return pages(partial(self.api.get_runs, self.slug))

    def evaluations(self) -> Iterator[models.Evaluation]:
        """Yield the evaluations of guards."""
        return pages(partial(self.api.get_evaluations, self.slug))

    def releases(self) -> Iterator[models.Release]:
        """Yield the releases."""
        return pages(partial(self.api.get_releases, self.slug))

    def import_file(
        self, path: str | Path, kind: Literal["dialogues", "votes"] = "dialogues", **options: Any
    ) -> models.Job:
        """
        Upload a file to import, and return its job; `wait` returns when it is done.

        :param options: `form`, `map` and `make_ids`, as of the route
        """
        path = Path(path)
        accepted = self.api.post_upload(self.slug, path, kind=kind, name=path.name, **options)
        return accepted["job"]

    def make_release(self, version: str, **options: Any) -> models.Job:
        """
        Ask for a release, and return its job; `wait` returns when it is done.

        :param options: `splits`, `seed`, `licenses`, `date`, `policy` and `truncate`, as of the route
        """
        body: Any = {"version": version, **options}
        return self.api.post_releases(self.slug, body)["job"]

    def wait(self, job: models.Job, seconds: float = 3600.0) -> models.Job:
        """
        Return a job once it is done.

        :param seconds: how long to wait at most
        :raises JobFailed: if it ends without a result
        :raises StillRunning: if it takes longer
        """
        wait, until = POLL[0], time.monotonic() + seconds
        while job["state"] not in ("done", "failed"):
            if time.monotonic() > until:
                raise StillRunning(f"Job {job['id']} is still {job['state']} after {seconds:g} s.")
            self.api.sleep(wait)
            wait = min(wait * 1.5, POLL[1])
            job = self.api.get_job_detail(self.slug, job["id"])
        if job["state"] == "failed":
            raise JobFailed(str(job["error"]))
        return job

    def download_release(self, version: str, folder: str | Path, names: Collection[str] | None = None) -> list[Path]:
        """
        Download the files of a release into a folder, and return their paths.

        Files that are there already are not fetched again, and half ones are continued. Every file has the SHA-256
        that the release names before it gets its own name.

        :param names: only these files; None for all
        :raises AssizeError: if a file cannot be downloaded whole, or the release has no such file
        """
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        try:
            return self.download_files(version, folder, names)
        except FileChanged:  # the release was made anew while its files were read
            return self.download_files(version, folder, names)

    def download_files(self, version: str, folder: Path, names: Collection[str] | None) -> list[Path]:
        """Download the files that a release describes now."""
        release = self.api.get_release_detail(self.slug, version)
        files = {each["name"]: each["sha256"] for each in release["files"]}
        if missing := sorted(set(names or ()) - set(files)):
            raise AssizeError(f"Release {version} has no file {', '.join(missing)}. It has {', '.join(files)}.")
        paths = []
        for name, sha256 in files.items():
            if names is None or name in names:
                path = folder / checked_name(name)
                downloads.download(partial(self.open_file, version, name), path, sha256)
                paths.append(path)
        return paths

    def open_file(self, version: str, name: str, headers: Mapping[str, str]) -> Any:
        """Call the route of a file of a release with headers."""
        path = f"projects/{part(self.slug)}/releases/{part(version)}/files/{part(name)}"
        return self.api.stream("GET", path, headers=headers)

    def export(self, path: str | Path, format: Format | None = None, **options: Any) -> Path:  # noqa: A002
        """
        Save the dataset as it is now, whole or not at all, and return the path.

        :param format: None for what the name ends in: .json, .jsonl, .csv or .parquet
        :param options: `policy`, `truncate`, `license` and `raw`, as of the route
        """
        path = Path(path)
        chosen: Any = format or path.suffix.removeprefix(".")
        downloads.save_stream(lambda _headers: self.api.get_export(self.slug, format=chosen, **options), path)
        return path


def pages(route: Callable[..., Any], size: int = 500) -> Iterator[Any]:
    """
    Yield the results of all pages of a list.

    Only the cursor of `next` is used, not its address: behind a proxy that could be another one, which must not get
    the token.

    :raises AssizeError: if the pages go round in a circle
    """
    cursor, seen = None, set()
    while True:
        page = route(cursor=cursor, page_size=size)
        yield from page["results"]
        if not page["next"]:
            return
        [cursor] = parse_qs(urlsplit(page["next"]).query)["cursor"]
        if cursor in seen:
            raise AssizeError("The pages of this list go round in a circle.")
        seen.add(cursor)


def checked_name(name: str) -> str:
    """
    Return the name of a file of a release.

    :raises AssizeError: if it leads out of the folder
    """
    if not name or name != Path(name).name or name.startswith(".") or "\\" in name or "/" in name:
        raise AssizeError(f"The site names a file {name!r}, which is not a plain name.")
    return name

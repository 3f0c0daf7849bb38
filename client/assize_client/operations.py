"""The routes of an Assize site, each as a method. Made by client/generate.py; do not edit."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Literal

import httpx2

from assize_client import models
from assize_client.transport import Transport, part


class Operations(Transport):
    """Every route, named as in the OpenAPI description. Those that answer with a file yield the response unread."""

    def delete_about_me(self, slug: str) -> None:
        """Delete all answers of the caller in this project, for good; also in an archived one.

        Least role: annotator.
        """
        answer: None = self.call("DELETE", f"projects/{part(slug)}/about-me/")
        return answer

    def delete_background_question_detail(self, slug: str, key: str) -> None:
        """Remove the question, and delete all its answers for good.

        Least role: admin.
        """
        answer: None = self.call("DELETE", f"projects/{part(slug)}/background/{part(key)}/")
        return answer

    def delete_question_detail(self, slug: str, key: str) -> models.Question:
        """Retire the question: it is asked no longer, and its answers stay.

        Least role: lead.
        """
        answer: models.Question = self.call("DELETE", f"projects/{part(slug)}/questions/{part(key)}/")
        return answer

    def get_about_me(self, slug: str) -> models.AboutMe:
        """What the caller says of themselves in this project. Nobody else can read it.

        Least role: annotator.
        """
        answer: models.AboutMe = self.call("GET", f"projects/{part(slug)}/about-me/")
        return answer

    def get_attack_detail(self, slug: str, conversation: int) -> models.AttackDetail:
        """One attack of the caller's with its messages and replies.

        Least role: annotator.
        """
        answer: models.AttackDetail = self.call("GET", f"projects/{part(slug)}/attacks/{part(conversation)}/")
        return answer

    def get_attack_report(self, slug: str) -> models.AttackReport:
        """How often attacks succeeded, by the labels that others gave, with Wilson's 95 % intervals.

        Least role: lead.
        """
        answer: models.AttackReport = self.call("GET", f"projects/{part(slug)}/attacks/report/")
        return answer

    def get_attacks(self, slug: str, *, cursor: str | None = None, page_size: int | None = None) -> models.PageOfAttack:
        """List the caller's attacks, latest first, without discarded ones; or start one.

        Least role: annotator.
        """
        answer: models.PageOfAttack = self.call(
            "GET", f"projects/{part(slug)}/attacks/", query={"cursor": cursor, "page_size": page_size}
        )
        return answer

    def get_background_question_detail(self, slug: str, key: str) -> models.BackgroundQuestion:
        """One question about people.

        Least role: annotator.
        """
        answer: models.BackgroundQuestion = self.call("GET", f"projects/{part(slug)}/background/{part(key)}/")
        return answer

    def get_background_questions(self, slug: str) -> list[models.BackgroundQuestion]:
        """What the people of a project are asked about themselves.

        Least role: annotator.
        """
        answer: list[models.BackgroundQuestion] = self.call("GET", f"projects/{part(slug)}/background/")
        return answer

    def get_benchmark_contamination(self, slug: str, benchmark: str) -> models.Contamination:
        """Which dialogues of the project stand in a benchmark, word for word or nearly; workers compare them.

        Least role: lead.
        """
        answer: models.Contamination = self.call(
            "GET", f"projects/{part(slug)}/guards/benchmarks/{part(benchmark)}/contamination/"
        )
        return answer

    def get_benchmarks(self, slug: str) -> list[models.Benchmark]:
        """The benchmarks of a project, by name. `add_benchmark` adds one from its file.

        Least role: lead.
        """
        answer: list[models.Benchmark] = self.call("GET", f"projects/{part(slug)}/guards/benchmarks/")
        return answer

    def get_case_detail(self, slug: str, case: int) -> models.OneCase:
        """One case; its opinions only once the caller has labelled it blind.

        Least role: adjudicator.
        """
        answer: models.OneCase = self.call("GET", f"projects/{part(slug)}/cases/{part(case)}/")
        return answer

    def get_cases(
        self,
        slug: str,
        *,
        category: str | None = None,
        cursor: str | None = None,
        field: str | None = None,
        margin: Literal["0", "1", "2"] | None = None,
        page_size: int | None = None,
        source: str | None = None,
        state: Literal["open", "settled", "stale", "second", "reopened", "closed"] | None = None,
    ) -> models.PageOfCase:
        """The cases of a project that match, the oldest first. Follow `next` to the last page.

        Least role: adjudicator.
        """
        answer: models.PageOfCase = self.call(
            "GET",
            f"projects/{part(slug)}/cases/",
            query={
                "category": category,
                "cursor": cursor,
                "field": field,
                "margin": margin,
                "page_size": page_size,
                "source": source,
                "state": state,
            },
        )
        return answer

    def get_certified_labels(
        self,
        slug: str,
        *,
        error: float | None = None,
        risk: float | None = None,
        score_by: Literal["share", "probability"] | None = None,
    ) -> models.Certified:
        """What the jurors could decide alone, at a promised error and risk, as of the last measurement.

        With confidence 1 - risk, at most the share `error` of these labels differs from what people would say. POST has
        this promise watched.

        Least role: lead.
        """
        answer: models.Certified = self.call(
            "GET", f"projects/{part(slug)}/certified/", query={"error": error, "risk": risk, "score_by": score_by}
        )
        return answer

    def get_comments(
        self, slug: str, external_id: str, *, cursor: str | None = None, page_size: int | None = None
    ) -> models.PageOfComment:
        """The comments on an item, the oldest first, for those who voted on it, adjudicators who labelled it blind, and leads.

        409 `comments_closed` while the item wants a vote, or the person has it as a check; 409 `blind_first` for those who
        have yet to label a case on it blind; 404 for everybody else. Names are for leads: others read numbers.

        Least role: annotator.
        """
        answer: models.PageOfComment = self.call(
            "GET",
            f"projects/{part(slug)}/items/{part(external_id)}/comments/",
            query={"cursor": cursor, "page_size": page_size},
        )
        return answer

    def get_compare_policy(
        self,
        slug: str,
        *,
        after: str | None = None,
        before: str | None = None,
        caution: Literal["safe", "unsafe"] | None = None,
        error: float | None = None,
        field: str | None = None,
        page: int | None = None,
        page_size: int | None = None,
        policy: Literal["majority", "aegis2", "human", "jury", "certified"],
        quorum: int | None = None,
        risk: float | None = None,
        score_by: Literal["share", "probability"] | None = None,
    ) -> models.Compared:
        """The labels and cases that would change under another policy, with the changed items in pages.

        Least role: lead.
        """
        answer: models.Compared = self.call(
            "GET",
            f"projects/{part(slug)}/policy/compare/",
            query={
                "after": after,
                "before": before,
                "caution": caution,
                "error": error,
                "field": field,
                "page": page,
                "page_size": page_size,
                "policy": policy,
                "quorum": quorum,
                "risk": risk,
                "score_by": score_by,
            },
        )
        return answer

    def get_evaluation_detail(self, slug: str, evaluation: int) -> models.Report:
        """One evaluation with its figures, made from the verdicts there are.

        Least role: lead.
        """
        answer: models.Report = self.call("GET", f"projects/{part(slug)}/guards/evaluations/{part(evaluation)}/")
        return answer

    def get_evaluations(
        self, slug: str, *, cursor: str | None = None, page_size: int | None = None
    ) -> models.PageOfEvaluation:
        """List the evaluations of a project, latest first, or start one: 202, since workers carry it out.

        Least role: lead.
        """
        answer: models.PageOfEvaluation = self.call(
            "GET", f"projects/{part(slug)}/guards/evaluations/", query={"cursor": cursor, "page_size": page_size}
        )
        return answer

    def get_export(
        self,
        slug: str,
        *,
        if_none_match: str | None = None,
        bom: bool | None = None,
        format: Literal["json", "jsonl", "csv", "parquet"] | None = None,
        license: list[str] | None = None,
        policy: Literal["aegis2", "certified", "human", "jury", "majority"] | None = None,
        raw: bool | None = None,
        truncate: bool | None = None,
    ) -> AbstractContextManager[httpx2.Response]:
        """The decided and settled items as `json`, `jsonl`, `csv` or `parquet`, by id; all but `json` with the decided answers
        to questions, if the project has any. `jsonl` and `parquet` say besides how many opinions say what, so that you get
        409 while you hold a case that you have not labelled blind.

        `Last-Modified` and `X-As-Of` say when opinions were counted: under the project's own policy by the schedule, under
        another one while the request runs, which stores nothing. So another policy takes longer, and is as fresh. Asked
        again with `If-None-Match` it answers 304 while nothing has changed.

        Least role: lead.
        """
        return self.stream(
            "GET",
            f"projects/{part(slug)}/export/",
            query={
                "bom": bom,
                "format": format,
                "license": license,
                "policy": policy,
                "raw": raw,
                "truncate": truncate,
            },
            headers={"If-None-Match": if_none_match},
        )

    def get_export_for(
        self,
        slug: str,
        consumer: Literal["hf", "inspect", "messages", "nemo-guardrails", "openinference", "pyrit"],
        *,
        policy: Literal["aegis2", "certified", "human", "jury", "majority"] | None = None,
        release: str | None = None,
    ) -> AbstractContextManager[httpx2.Response]:
        """The decided and settled items, or a release, as a zip archive of files that another tool loads: `hf`, `messages`,
        `pyrit`, `inspect`, `nemo-guardrails` or `openinference`.

        409 if no dialogue has a place in the files, if a file of the release is not what was made or it was made before
        releases had Parquet splits, or while you hold a case that you have not labelled blind: the files say how opinions
        fell.

        Least role: lead.
        """
        return self.stream(
            "GET", f"projects/{part(slug)}/export-for/{part(consumer)}/", query={"policy": policy, "release": release}
        )

    def get_generator_detail(self, slug: str, generator: int) -> models.Generator:
        """A generator. Limits and prices may change, and the fields of its requests until it has answered.

        Least role: lead.
        """
        answer: models.Generator = self.call("GET", f"projects/{part(slug)}/generators/{part(generator)}/")
        return answer

    def get_generators(self, slug: str) -> list[models.Generator]:
        """List the generators of a project by name, or add one.

        Least role: lead.
        """
        answer: list[models.Generator] = self.call("GET", f"projects/{part(slug)}/generators/")
        return answer

    def get_group_terms_view(self, slug: str, *, version: int | None = None) -> models.GroupTerms:
        """The terms by which dialogues that name an identity group are found; every change is a version of its own.

        Least role: lead.
        """
        answer: models.GroupTerms = self.call("GET", f"projects/{part(slug)}/group-terms/", query={"version": version})
        return answer

    def get_hash_list_detail(self, slug: str, hash_list: str) -> models.HashList:
        """One list of hashes, and which dialogues of the project have a text with one of them.

        Least role: lead.
        """
        answer: models.HashList = self.call("GET", f"projects/{part(slug)}/guards/hash-lists/{part(hash_list)}/")
        return answer

    def get_hash_lists(self, slug: str) -> list[models.HashList]:
        """The lists of hashes of a project by name, with what was found; and a new one, whose lines are the body.

        201 with the list; a worker compares the dialogues with it. The same list again is the one there is.

        Least role: lead.
        """
        answer: list[models.HashList] = self.call("GET", f"projects/{part(slug)}/guards/hash-lists/")
        return answer

    def get_item_history(self, slug: str, external_id: str) -> models.History:
        """Everything known about one item, in time order.

        Least role: lead.
        """
        answer: models.History = self.call("GET", f"projects/{part(slug)}/items/{part(external_id)}/history/")
        return answer

    def get_items(
        self,
        slug: str,
        *,
        category: str | None = None,
        cluster: str | None = None,
        cursor: str | None = None,
        license: str | None = None,
        page_size: int | None = None,
        similar: Literal["yes", "no"] | None = None,
        source: str | None = None,
        status: Literal["decided", "disputed", "pending", "settled", "withdrawn"] | None = None,
    ) -> models.PageOfItem:
        """The items that match, by import. Follow `next` to the end; pages never shift under you.

        Least role: lead.
        """
        answer: models.PageOfItem = self.call(
            "GET",
            f"projects/{part(slug)}/items/",
            query={
                "category": category,
                "cluster": cluster,
                "cursor": cursor,
                "license": license,
                "page_size": page_size,
                "similar": similar,
                "source": source,
                "status": status,
            },
        )
        return answer

    def get_job_detail(self, slug: str, job: int) -> models.Job:
        """One job, and how far it is.

        Least role: admin.
        """
        answer: models.Job = self.call("GET", f"projects/{part(slug)}/jobs/{part(job)}/")
        return answer

    def get_jobs(self, slug: str, *, cursor: str | None = None, page_size: int | None = None) -> models.PageOfJob:
        """The jobs of a project, the latest first.

        Least role: admin.
        """
        answer: models.PageOfJob = self.call(
            "GET", f"projects/{part(slug)}/jobs/", query={"cursor": cursor, "page_size": page_size}
        )
        return answer

    def get_juror_detail(self, slug: str, juror: int) -> models.Juror:
        """A juror. Limits and prices may change, and the fields of its requests until it has answered.

        Least role: lead.
        """
        answer: models.Juror = self.call("GET", f"projects/{part(slug)}/jurors/{part(juror)}/")
        return answer

    def get_jurors(self, slug: str) -> list[models.Juror]:
        """List the jurors of a project by name, or add one.

        Least role: lead.
        """
        answer: list[models.Juror] = self.call("GET", f"projects/{part(slug)}/jurors/")
        return answer

    def get_metrics(self, slug: str) -> models.Metrics:
        """The figures of the project as of its last measurement; the request computes nothing.

        Least role: lead.
        """
        answer: models.Metrics = self.call("GET", f"projects/{part(slug)}/metrics/")
        return answer

    def get_my_votes(self, slug: str, *, cursor: str | None = None, page_size: int | None = None) -> models.PageOfVote:
        """The caller's own votes, newest first, without superseded ones. Follow `next` to the end.

        Least role: annotator.
        """
        answer: models.PageOfVote = self.call(
            "GET", f"projects/{part(slug)}/my-votes/", query={"cursor": cursor, "page_size": page_size}
        )
        return answer

    def get_perspectives_view(self, slug: str) -> models.Perspectives:
        """What was published of groups of people by what they say of themselves; never of few, and of no person.

        Least role: lead.
        """
        answer: models.Perspectives = self.call("GET", f"projects/{part(slug)}/perspectives/")
        return answer

    def get_progress(self, slug: str) -> models.Progress:
        """Progress of the caller and, for leads, of the queue.

        Least role: annotator.
        """
        answer: models.Progress = self.call("GET", f"projects/{part(slug)}/progress/")
        return answer

    def get_project_file(self, slug: str) -> dict[str, Any]:
        """The settings of the project as one file, which `POST projects/` takes: no data, no people, no keys.

        Fields, policy, taxonomy, questions, guideline, settings of queue and cases, jurors with their prompts.

        Least role: admin.
        """
        answer: dict[str, Any] = self.call("GET", f"projects/{part(slug)}/file/")
        return answer

    def get_project_settings(self, slug: str) -> models.ProjectInFull:
        """One project, with the caller's role and the categories of its taxonomy; an admin changes its settings.

        Least role: annotator.
        """
        answer: models.ProjectInFull = self.call("GET", f"projects/{part(slug)}/")
        return answer

    def get_projects(self) -> list[models.Project]:
        """The projects of the caller; and a new one, by a site admin."""
        answer: list[models.Project] = self.call("GET", "projects/")
        return answer

    def get_prompt_detail(self, slug: str, prompt: str) -> models.PromptInFull:
        """One prompt version with its text.

        Least role: lead.
        """
        answer: models.PromptInFull = self.call("GET", f"projects/{part(slug)}/prompts/{part(prompt)}/")
        return answer

    def get_prompts(self, slug: str) -> list[models.Prompt]:
        """The prompt versions that a project may use, by name; and a new one, which never changes: 201.

        Least role: lead.
        """
        answer: list[models.Prompt] = self.call("GET", f"projects/{part(slug)}/prompts/")
        return answer

    def get_questions(self, slug: str) -> list[models.Question]:
        """The questions that a project asks besides the labels, in order, retired ones too.

        Least role: lead.
        """
        answer: list[models.Question] = self.call("GET", f"projects/{part(slug)}/questions/")
        return answer

    def get_queue_settings(self, slug: str) -> models.Queue:
        """How the project hands out its items: leases, limits, checks, sample, and where votes are saved or added.

        Least role: lead.
        """
        answer: models.Queue = self.call("GET", f"projects/{part(slug)}/queue/")
        return answer

    def get_rejected_rows(self, slug: str, job: int) -> AbstractContextManager[httpx2.Response]:
        """The rows that an import refused, with their numbers, fields and reasons, as JSON lines.

        Least role: admin.
        """
        return self.stream("GET", f"projects/{part(slug)}/jobs/{part(job)}/refused/")

    def get_release_detail(self, slug: str, version: str) -> models.Release:
        """One release with its manifest.

        Least role: lead.
        """
        answer: models.Release = self.call("GET", f"projects/{part(slug)}/releases/{part(version)}/")
        return answer

    def get_release_file(
        self,
        slug: str,
        version: str,
        name: str,
        *,
        if_none_match: str | None = None,
        if_range: str | None = None,
        range: str | None = None,
    ) -> AbstractContextManager[httpx2.Response]:
        """A file of a release, whole or in part, its SHA-256 as `ETag`.

        409 if it is not what was made, or if it has opinions and you hold a case that you have not labelled blind.

        Least role: lead.
        """
        return self.stream(
            "GET",
            f"projects/{part(slug)}/releases/{part(version)}/files/{part(name)}",
            headers={"If-None-Match": if_none_match, "If-Range": if_range, "Range": range},
        )

    def get_releases(
        self, slug: str, *, cursor: str | None = None, page_size: int | None = None
    ) -> models.PageOfRelease:
        """The releases of a project, the latest first; and a new one, by an admin: 202, for a worker makes it.

        Least role: lead.
        """
        answer: models.PageOfRelease = self.call(
            "GET", f"projects/{part(slug)}/releases/", query={"cursor": cursor, "page_size": page_size}
        )
        return answer

    def get_room(self, slug: str) -> models.Room:
        """What may be attacked and by what budget, with the text that people consent to. A lead may change it.

        Least role: annotator.
        """
        answer: models.Room = self.call("GET", f"projects/{part(slug)}/attacks/room/")
        return answer

    def get_run_detail(self, slug: str, run: int) -> models.Run:
        """One run and its progress.

        Least role: lead.
        """
        answer: models.Run = self.call("GET", f"projects/{part(slug)}/jury-runs/{part(run)}/")
        return answer

    def get_runs(self, slug: str, *, cursor: str | None = None, page_size: int | None = None) -> models.PageOfRun:
        """List the runs of a project, latest first, or start one: 202, since workers carry it out.

        Least role: lead.
        """
        answer: models.PageOfRun = self.call(
            "GET", f"projects/{part(slug)}/jury-runs/", query={"cursor": cursor, "page_size": page_size}
        )
        return answer

    def get_sample(self, slug: str) -> models.Sample:
        """The blind random sample in numbers: the share of items that is drawn, how many were drawn, and how many are in it.

        Nothing says which. The estimates that stand on it are the report `sample` of `metrics/`.

        Least role: lead.
        """
        answer: models.Sample = self.call("GET", f"projects/{part(slug)}/sample/")
        return answer

    def get_taxonomy(self, slug: str) -> models.Taxonomy:
        """The categories that a project judges by; changes make its next version, or preview it.

        Least role: lead.
        """
        answer: models.Taxonomy = self.call("GET", f"projects/{part(slug)}/taxonomy/")
        return answer

    def get_training_data(
        self,
        slug: str,
        version: str,
        *,
        format: Literal["completion", "messages"] | None = None,
        prompt: str,
        redacted: bool | None = None,
        refusals: bool | None = None,
        sources: list[str] | None = None,
        split: Literal["train", "validation", "test"] | None = None,
        without: list[str] | None = None,
    ) -> AbstractContextManager[httpx2.Response]:
        """A split of a release as training data: JSON lines with the bytes of `export_training`.

        409 if no reply can be written in the form of the prompt version, if a file of the release is not what was made, or
        if you hold a case that you have not labelled blind: weights say what opinions came to.

        Least role: lead.
        """
        return self.stream(
            "GET",
            f"projects/{part(slug)}/releases/{part(version)}/training/",
            query={
                "format": format,
                "prompt": prompt,
                "redacted": redacted,
                "refusals": refusals,
                "sources": sources,
                "split": split,
                "without": without,
            },
        )

    def get_twins(self, slug: str) -> list[models.Benchmark]:
        """The sets of twins of a project, by name; and a new one: texts that differ in the identity group they name.

        201 with the set, which is a benchmark without labels. The same again is the one there is.

        Least role: lead.
        """
        answer: list[models.Benchmark] = self.call("GET", f"projects/{part(slug)}/guards/twins/")
        return answer

    def get_verdicts(self, slug: str, evaluation: int) -> AbstractContextManager[httpx2.Response]:
        """The verdicts of an evaluation as JSON lines, case by case, each followed by those on its transformed texts.

        Least role: lead.
        """
        return self.stream("GET", f"projects/{part(slug)}/guards/evaluations/{part(evaluation)}/verdicts/")

    def patch_about_me(self, slug: str, body: models.PatchedAboutMeRequest) -> models.AboutMe:
        """Store the answers that are named, and leave the others as they are. Null takes one back.

        Least role: annotator.
        """
        answer: models.AboutMe = self.call("PATCH", f"projects/{part(slug)}/about-me/", body=body)
        return answer

    def patch_generator_detail(
        self, slug: str, generator: int, body: models.PatchedGeneratorRequest
    ) -> models.Generator:
        """A generator. Limits and prices may change, and the fields of its requests until it has answered.

        Least role: lead.
        """
        answer: models.Generator = self.call("PATCH", f"projects/{part(slug)}/generators/{part(generator)}/", body=body)
        return answer

    def patch_juror_detail(self, slug: str, juror: int, body: models.PatchedJurorRequest) -> models.Juror:
        """A juror. Limits and prices may change, and the fields of its requests until it has answered.

        Least role: lead.
        """
        answer: models.Juror = self.call("PATCH", f"projects/{part(slug)}/jurors/{part(juror)}/", body=body)
        return answer

    def patch_project_settings(
        self, slug: str, body: models.PatchedChangeProjectRequest, *, dry_run: Literal["1"] | None = None
    ) -> models.SettingsChange:
        """Change name, label fields, wanted votes or what splits go by, for a `reason`.

        The answer says what that does to slots, labels and cases.

        With `dry_run=1` nothing is saved. Send the `version` that it returns with the change, and a change meanwhile is
        noticed: 409 `changed_meanwhile`.

        Least role: admin.
        """
        answer: models.SettingsChange = self.call(
            "PATCH", f"projects/{part(slug)}/", body=body, query={"dry_run": dry_run}
        )
        return answer

    def patch_question_detail(self, slug: str, key: str, body: models.PatchedChangeQuestionRequest) -> models.Question:
        """One question: change it, move it, restore it, or retire it. Its answers stay whatever is done.

        Least role: lead.
        """
        answer: models.Question = self.call("PATCH", f"projects/{part(slug)}/questions/{part(key)}/", body=body)
        return answer

    def patch_queue_settings(self, slug: str, body: models.PatchedQueueRequest) -> models.Queue:
        """Change the settings in the body, and leave all others. They hold from the next item on.

        What is asked because of `stops_early` and `most_votes` follows with the next recount, seconds later.

        Least role: lead.
        """
        answer: models.Queue = self.call("PATCH", f"projects/{part(slug)}/queue/", body=body)
        return answer

    def patch_room(self, slug: str, body: models.PatchedRoomRequest) -> models.Room:
        """What may be attacked and by what budget, with the text that people consent to. A lead may change it.

        Least role: lead.
        """
        answer: models.Room = self.call("PATCH", f"projects/{part(slug)}/attacks/room/", body=body)
        return answer

    def patch_sample(self, slug: str, body: models.PatchedSampleRequest) -> models.Sample:
        """Change the share, and draw the items that were not drawn yet.

        Items drawn before keep the odds of their draw. With `percent` 0, none is drawn from then on.

        Least role: lead.
        """
        answer: models.Sample = self.call("PATCH", f"projects/{part(slug)}/sample/", body=body)
        return answer

    def post_answer_blind(self, slug: str, case: int, body: models.AnswerRequest) -> models.OneCase:
        """Record the caller's blind label, and claim the case if nobody holds it. Opinions are shown from then on.

        Least role: adjudicator.
        """
        answer: models.OneCase = self.call("POST", f"projects/{part(slug)}/cases/{part(case)}/blind/", body=body)
        return answer

    def post_archive_project(self, slug: str, body: models.ReasonRequest) -> models.Project:
        """Archive the project: it is read and exported as before, but nothing in it changes until it is restored.

        Running runs pause. Any call that would change it is refused with `archived`; members can still be changed on pages.

        Least role: admin.
        """
        answer: models.Project = self.call("POST", f"projects/{part(slug)}/archive/", body=body)
        return answer

    def post_ask_second(self, slug: str, case: int) -> models.OneCase:
        """Ask for a second adjudicator's blind answer to a settled case.

        Least role: adjudicator.
        """
        answer: models.OneCase = self.call("POST", f"projects/{part(slug)}/cases/{part(case)}/ask-second/")
        return answer

    def post_attacks(self, slug: str, body: models.StartRequest) -> models.Attack:
        """List the caller's attacks, latest first, without discarded ones; or start one.

        Least role: annotator.
        """
        answer: models.Attack = self.call("POST", f"projects/{part(slug)}/attacks/", body=body)
        return answer

    def post_background_questions(self, slug: str, body: models.BackgroundQuestionRequest) -> models.BackgroundQuestion:
        """What the people of a project are asked about themselves.

        Least role: admin.
        """
        answer: models.BackgroundQuestion = self.call("POST", f"projects/{part(slug)}/background/", body=body)
        return answer

    def post_cancel_run(self, slug: str, run: int) -> models.Run:
        """Cancel a run and keep its answers; 409 if its state does not allow it.

        Least role: lead.
        """
        answer: models.Run = self.call("POST", f"projects/{part(slug)}/jury-runs/{part(run)}/cancel/")
        return answer

    def post_cast_vote(
        self, slug: str, external_id: str, body: models.VoteRequest, *, next: Literal["1"] | None = None
    ) -> models.Cast:
        """Vote under a lease: 201, or 200 if the same vote was cast before. With `?next=1`, also claim the next item.

        Least role: annotator.
        """
        answer: models.Cast = self.call(
            "POST", f"projects/{part(slug)}/items/{part(external_id)}/vote/", body=body, query={"next": next}
        )
        return answer

    def post_certified_labels(self, slug: str, body: models.PromiseRequest) -> models.Watched:
        """What the jurors could decide alone, at a promised error and risk, as of the last measurement.

        With confidence 1 - risk, at most the share `error` of these labels differs from what people would say. POST has
        this promise watched.

        Least role: lead.
        """
        answer: models.Watched = self.call("POST", f"projects/{part(slug)}/certified/", body=body)
        return answer

    def post_claim_case(self, slug: str, case: int) -> models.OneCase:
        """Claim a case, or extend the caller's hold on it.

        Least role: adjudicator.
        """
        answer: models.OneCase = self.call("POST", f"projects/{part(slug)}/cases/{part(case)}/claim/")
        return answer

    def post_clone_project(self, slug: str, body: models.CloneRequest) -> models.Project:
        """Create a project with the settings of this one, and perhaps its items. The caller becomes its admin.

        Never opinions, people, events or keys of jurors. Needs a site admin, and a token for all of their projects.

        Least role: admin.
        """
        answer: models.Project = self.call("POST", f"projects/{part(slug)}/clone/", body=body)
        return answer

    def post_comments(self, slug: str, external_id: str, body: models.CommentRequest) -> models.Comment:
        """Write a comment: plain text of 2,000 characters at most. The same text again, right after, is one comment.

        Least role: annotator.
        """
        answer: models.Comment = self.call(
            "POST", f"projects/{part(slug)}/items/{part(external_id)}/comments/", body=body
        )
        return answer

    def post_compare_hash_list(self, slug: str, hash_list: str) -> models.HashList:
        """Have a worker compare the dialogues with a list now: 202. By itself this is done after imports.

        Least role: lead.
        """
        answer: models.HashList = self.call(
            "POST", f"projects/{part(slug)}/guards/hash-lists/{part(hash_list)}/compare/"
        )
        return answer

    def post_consent(self, slug: str, body: models.ConsentRequest) -> models.Room:
        """Consent to the text of the room, by the `version` that was read; repeating it changes nothing.

        Least role: annotator.
        """
        answer: models.Room = self.call("POST", f"projects/{part(slug)}/attacks/consent/", body=body)
        return answer

    def post_correct_item(self, slug: str, external_id: str, body: models.CorrectionRequest) -> models.Item:
        """Correct the text of an item: 201 with a new item called `ID#2` that replaces it; the old one is withdrawn.

        Opinions stay with the old text, and the new one wants votes. The same correction again returns the same item.

        Least role: lead.
        """
        answer: models.Item = self.call("POST", f"projects/{part(slug)}/items/{part(external_id)}/correct/", body=body)
        return answer

    def post_correct_vote(self, slug: str, vote: int, body: models.AnswerRequest) -> models.Corrected:
        """Correct one of the caller's own votes while its batch is open. Found in its project, or by its id alone.

        Least role: annotator.
        """
        answer: models.Corrected = self.call("POST", f"projects/{part(slug)}/my-votes/{part(vote)}/correct/", body=body)
        return answer

    def post_discard_attack(self, slug: str, conversation: int) -> models.Attack:
        """Discard an attack: nobody labels it. Repeating it changes nothing.

        Least role: annotator.
        """
        answer: models.Attack = self.call("POST", f"projects/{part(slug)}/attacks/{part(conversation)}/discard/")
        return answer

    def post_evaluations(self, slug: str, body: models.EvaluationRequest) -> models.Evaluation:
        """List the evaluations of a project, latest first, or start one: 202, since workers carry it out.

        Least role: lead.
        """
        answer: models.Evaluation = self.call("POST", f"projects/{part(slug)}/guards/evaluations/", body=body)
        return answer

    def post_finish_attack(self, slug: str, conversation: int, body: models.FinishRequest) -> models.Attack:
        """Make a dialogue of an attack, which others label; repeating it changes nothing.

        Least role: annotator.
        """
        answer: models.Attack = self.call(
            "POST", f"projects/{part(slug)}/attacks/{part(conversation)}/finish/", body=body
        )
        return answer

    def post_generate(self, slug: str, generator: int, body: models.BudgetRequest) -> models.Run:
        """Have a generator write responses or refusals, as its prompt says, for the items that lack one.

        202 with the run, since workers carry it out; `/jury-runs/` shows, pauses, resumes and cancels it.

        Least role: lead.
        """
        answer: models.Run = self.call(
            "POST", f"projects/{part(slug)}/generators/{part(generator)}/generate/", body=body
        )
        return answer

    def post_generators(self, slug: str, body: models.GeneratorRequest) -> models.Generator:
        """List the generators of a project by name, or add one.

        Least role: lead.
        """
        answer: models.Generator = self.call("POST", f"projects/{part(slug)}/generators/", body=body)
        return answer

    def post_group_terms_view(self, slug: str, body: models.GroupTermsRequest) -> models.GroupTerms:
        """Make the next version. The next measurement goes by it.

        Least role: lead.
        """
        answer: models.GroupTerms = self.call("POST", f"projects/{part(slug)}/group-terms/", body=body)
        return answer

    def post_hash_lists(
        self, slug: str, file: Path, *, name: str, task: Literal["prompt", "response"] | None = None
    ) -> models.HashList:
        """The lists of hashes of a project by name, with what was found; and a new one, whose lines are the body.

        201 with the list; a worker compares the dialogues with it. The same list again is the one there is.

        Least role: lead.
        """
        answer: models.HashList = self.call(
            "POST",
            f"projects/{part(slug)}/guards/hash-lists/",
            file=file,
            headers={"Content-Type": "application/octet-stream"},
            query={"name": name, "task": task},
        )
        return answer

    def post_jurors(self, slug: str, body: models.JurorRequest) -> models.Juror:
        """List the jurors of a project by name, or add one.

        Least role: lead.
        """
        answer: models.Juror = self.call("POST", f"projects/{part(slug)}/jurors/", body=body)
        return answer

    def post_next(self, slug: str) -> models.Taken | None:
        """Claim the next item, or renew the lease on the one still held. 204 when nothing is left for the caller.

        409 `not_qualified` for an annotator who has yet to pass the project's qualification; the message names its page.

        Least role: annotator.
        """
        answer: models.Taken | None = self.call("POST", f"projects/{part(slug)}/next/")
        return answer

    def post_next_case(self, slug: str, body: models.CaseFilterRequest) -> models.OneCase | None:
        """Claim the oldest open case that matches, or return the one the caller holds. 204 if none is left.

        Least role: adjudicator.
        """
        answer: models.OneCase | None = self.call("POST", f"projects/{part(slug)}/cases/next/", body=body)
        return answer

    def post_pause_run(self, slug: str, run: int) -> models.Run:
        """Pause a run; 409 if its state does not allow it.

        Least role: lead.
        """
        answer: models.Run = self.call("POST", f"projects/{part(slug)}/jury-runs/{part(run)}/pause/")
        return answer

    def post_perspectives_view(self, slug: str) -> models.Publication:
        """Publish how groups compare by questions that were never published; once a week at most, else 409.

        Least role: lead.
        """
        answer: models.Publication = self.call("POST", f"projects/{part(slug)}/perspectives/")
        return answer

    def post_policy(self, slug: str, body: models.ChangePolicyRequest) -> models.Difference:
        """Change the policy of the project, and recount it at once.

        Least role: lead.
        """
        answer: models.Difference = self.call("POST", f"projects/{part(slug)}/policy/", body=body)
        return answer

    def post_projects(self, body: models.NewProjectRequest) -> models.Project:
        """Create a project, with settings or with those of a project file (`file`). The caller becomes its admin.

        Needs a site admin, and a token that is not limited to one project.
        """
        answer: models.Project = self.call("POST", "projects/", body=body)
        return answer

    def post_prompts(self, slug: str, body: models.PromptRequest) -> models.PromptInFull:
        """The prompt versions that a project may use, by name; and a new one, which never changes: 201.

        Least role: lead.
        """
        answer: models.PromptInFull = self.call("POST", f"projects/{part(slug)}/prompts/", body=body)
        return answer

    def post_push_release(self, slug: str, version: str, body: models.PushRequest) -> models.Accepted:
        """Push a release to the Hugging Face Hub or to S3: 202, for a worker does it. Asked for twice, an open push is one.

        403 if the project has not pushed there with that key yet, and you are no site admin.

        Least role: admin.
        """
        answer: models.Accepted = self.call("POST", f"projects/{part(slug)}/releases/{part(version)}/push/", body=body)
        return answer

    def post_questions(self, slug: str, body: models.QuestionRequest) -> models.Question:
        """The questions that a project asks besides the labels, in order, retired ones too.

        Least role: lead.
        """
        answer: models.Question = self.call("POST", f"projects/{part(slug)}/questions/", body=body)
        return answer

    def post_recount(self, slug: str) -> models.Recount:
        """Recount every item now, and return the counts, as `adjudicate` does.

        Least role: lead.
        """
        answer: models.Recount = self.call("POST", f"projects/{part(slug)}/recount/")
        return answer

    def post_release_case(self, slug: str, case: int) -> models.OneCase:
        """Release a case that the caller holds.

        Least role: adjudicator.
        """
        answer: models.OneCase = self.call("POST", f"projects/{part(slug)}/cases/{part(case)}/release/")
        return answer

    def post_releases(self, slug: str, body: models.ReleaseSpecRequest) -> models.Accepted:
        """The releases of a project, the latest first; and a new one, by an admin: 202, for a worker makes it.

        Least role: admin.
        """
        answer: models.Accepted = self.call("POST", f"projects/{part(slug)}/releases/", body=body)
        return answer

    def post_remove_comment(self, slug: str, external_id: str, comment: int) -> models.Comment:
        """Remove one's own comment. It stays in the list, without its text.

        Least role: annotator.
        """
        answer: models.Comment = self.call(
            "POST", f"projects/{part(slug)}/items/{part(external_id)}/comments/{part(comment)}/remove/"
        )
        return answer

    def post_remove_hash_list(self, slug: str, hash_list: str) -> None:
        """Remove a list with its report.

        Least role: lead.
        """
        answer: None = self.call("POST", f"projects/{part(slug)}/guards/hash-lists/{part(hash_list)}/remove/")
        return answer

    def post_renew_lease(self, slug: str, body: models.LeaseRequest) -> models.Renewed:
        """Renew a lease.

        Least role: annotator.
        """
        answer: models.Renewed = self.call("POST", f"projects/{part(slug)}/renew/", body=body)
        return answer

    def post_reopen_case(self, slug: str, case: int, body: models.ReopenRequest) -> models.OneCase:
        """End a settlement; return the new case, or the old one if opinions decide the item now.

        Least role: adjudicator.
        """
        answer: models.OneCase = self.call("POST", f"projects/{part(slug)}/cases/{part(case)}/reopen/", body=body)
        return answer

    def post_restore_item(self, slug: str, external_id: str) -> models.Item:
        """Take a withdrawn item into use again, with its opinions. It wants the votes that it lacks.

        Least role: lead.
        """
        answer: models.Item = self.call("POST", f"projects/{part(slug)}/items/{part(external_id)}/restore/")
        return answer

    def post_restore_project(self, slug: str) -> models.Project:
        """Take an archived project into use again, as it was. Runs that were paused wait to be resumed.

        Least role: admin.
        """
        answer: models.Project = self.call("POST", f"projects/{part(slug)}/restore/")
        return answer

    def post_resume_run(self, slug: str, run: int) -> models.Run:
        """Resume a paused run; 409 if its state does not allow it.

        Least role: lead.
        """
        answer: models.Run = self.call("POST", f"projects/{part(slug)}/jury-runs/{part(run)}/resume/")
        return answer

    def post_runs(self, slug: str, body: models.ConveneRequest) -> models.Run:
        """List the runs of a project, latest first, or start one: 202, since workers carry it out.

        Least role: lead.
        """
        answer: models.Run = self.call("POST", f"projects/{part(slug)}/jury-runs/", body=body)
        return answer

    def post_send_back_case(self, slug: str, case: int, body: models.SendBackRequest) -> models.OneCase:
        """Ask for more human votes on the item of a case.

        Least role: adjudicator.
        """
        answer: models.OneCase = self.call("POST", f"projects/{part(slug)}/cases/{part(case)}/send-back/", body=body)
        return answer

    def post_settle_case(self, slug: str, case: int, body: models.SettleRequest) -> models.OneCase:
        """Settle a case with final labels and a reason.

        Least role: adjudicator.
        """
        answer: models.OneCase = self.call("POST", f"projects/{part(slug)}/cases/{part(case)}/settle/", body=body)
        return answer

    def post_skip_item(self, slug: str, external_id: str, body: models.SkipRequest) -> models.Skipped:
        """Skip an item, with a reason. The caller does not get it again.

        Least role: annotator.
        """
        answer: models.Skipped = self.call("POST", f"projects/{part(slug)}/items/{part(external_id)}/skip/", body=body)
        return answer

    def post_taxonomy(self, slug: str, body: models.ChangeTaxonomyRequest) -> models.ChangedTaxonomy:
        """The categories that a project judges by; changes make its next version, or preview it.

        Least role: lead.
        """
        answer: models.ChangedTaxonomy = self.call("POST", f"projects/{part(slug)}/taxonomy/", body=body)
        return answer

    def post_try_generator(self, slug: str, generator: int, body: models.TryRequest) -> models.Trial:
        """Ask a generator about one dialogue; nothing is stored. Suggests settings if they are refused.

        Least role: lead.
        """
        answer: models.Trial = self.call("POST", f"projects/{part(slug)}/generators/{part(generator)}/try/", body=body)
        return answer

    def post_try_juror(self, slug: str, juror: int, body: models.TryRequest) -> models.Trial:
        """Ask a juror or generator about one dialogue; nothing is stored. Suggests settings if they are refused.

        Least role: lead.
        """
        answer: models.Trial = self.call("POST", f"projects/{part(slug)}/jurors/{part(juror)}/try/", body=body)
        return answer

    def post_turns(self, slug: str, conversation: int, body: models.MessageRequest) -> models.AttackTurn:
        """Send a message: 202, since a worker asks. The attack shows the reply; the same `token` again sends nothing.

        Least role: annotator.
        """
        answer: models.AttackTurn = self.call(
            "POST", f"projects/{part(slug)}/attacks/{part(conversation)}/turns/", body=body
        )
        return answer

    def post_twins(self, slug: str, body: models.TwinsRequest) -> models.Benchmark:
        """The sets of twins of a project, by name; and a new one: texts that differ in the identity group they name.

        201 with the set, which is a benchmark without labels. The same again is the one there is.

        Least role: lead.
        """
        answer: models.Benchmark = self.call("POST", f"projects/{part(slug)}/guards/twins/", body=body)
        return answer

    def post_upload(
        self,
        slug: str,
        file: Path,
        *,
        form: Literal[
            "assize",
            "openai",
            "sharegpt",
            "anthropic-hh",
            "wildchat",
            "lmsys",
            "label-studio",
            "label-studio-min",
            "doccano",
            "argilla",
            "aegis1",
            "langfuse",
            "phoenix",
        ]
        | None = None,
        kind: Literal["dialogues", "votes"] | None = None,
        make_ids: bool | None = None,
        map: list[str] | None = None,
        name: str | None = None,
    ) -> models.Accepted:
        """Take a file to import: as the part `file` of a form, or as the whole body with its `name` in the query.

        `kind`, `name`, `form`, `map` and `make_ids` may be fields of the form, or in the query. 202 with the job: a worker
        imports it.

        Least role: admin.
        """
        answer: models.Accepted = self.call(
            "POST",
            f"projects/{part(slug)}/items/import/",
            file=file,
            headers={"Content-Type": "application/octet-stream"},
            query={"form": form, "kind": kind, "make_ids": make_ids, "map": map, "name": name},
        )
        return answer

    def post_withdraw_item(self, slug: str, external_id: str, body: models.ReasonRequest) -> models.Item:
        """Withdraw an item from the queue, the jury and later releases, which list it with the reason.

        Least role: lead.
        """
        answer: models.Item = self.call("POST", f"projects/{part(slug)}/items/{part(external_id)}/withdraw/", body=body)
        return answer

"""Published figures of guards: what the file holds, and what is wrong in such a file."""

import pytest

from guards.published import published_figures, read_published

RUNNERS = {"lab": {"name": "Lab", "source": "A paper, table 1"}}
RIGHT = {"model": "A guard", "value": 0.8, "by": "lab"}


def test_published_figures_have_model_set_task_metric_runner_and_mode():
    found = {(each.model, each.benchmark, each.metric, each.run_by, each.mode): each for each in published_figures()}
    strict = found["Qwen3Guard-Gen 8B", "wildguardtest-response", "f1", "Qwen", "strict"]
    assert (strict.value, strict.task) == (0.789, "response")
    assert "2510.14276" in strict.source
    # The same model differs by who ran it, so both stand.
    assert found["Llama Guard 3 1B", "openai_moderation", "f1", "IBM", ""].value == 0.686
    assert found["Llama Guard 3 1B", "openai_moderation", "f1", "NVIDIA", ""].value == 0.374
    assert found["AprielGuard 8B", "openai_moderation", "fpr", "ServiceNow", ""].value == 0.22
    assert len(found) == len(published_figures()) > 150


def test_wrong_entries_are_refused_with_what_is_wrong():
    assert read_published({"runners": RUNNERS, "figures": {"xstest": [RIGHT]}})[0].metric == "f1"
    for name, entries, problem in (
        ("nowhere", [RIGHT], "nowhere is not a known benchmark"),
        ("xstest", [RIGHT | {"by": "nobody"}], "xstest, A guard: unknown runner nobody"),
        ("xstest", [RIGHT | {"metric": "auc"}], "unknown metric auc"),
        ("xstest", [RIGHT | {"value": 80.0}], r"80\.0 is not between 0 and 1"),
        ("xstest", [RIGHT | {"fold": "strict"}], "fold unknown or missing"),
        ("xstest", [{"model": "A guard", "value": 0.8}], "by unknown or missing"),
        ("xstest", [RIGHT, RIGHT | {"value": 0.7}], "stands twice"),
    ):
        with pytest.raises(ValueError, match=problem):
            read_published({"runners": RUNNERS, "figures": {name: entries}})

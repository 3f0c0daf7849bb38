"""Describe a release in Croissant 1.1 (https://docs.mlcommons.org/croissant/docs/croissant-spec-1.1.html)."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from corpus.labels import FIELDS
from corpus.questions import Type
from releases.dataset_card import COLUMNS
from releases.facts.model import Facts
from releases.papers import collection, constant
from releases.papers.provenance import provenance
from releases.papers.responsible import responsible_ai
from releases.papers.words import UNNAMED, joined
from releases.spec import PREFIX

CONFORMS_TO = ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"]
# Of the specification, appendix 1, with PROV-O and what mlcroissant asks for besides. It is https where the
# specification says http, because mlcroissant reads nothing else (https://github.com/mlcommons/croissant/issues/1018).
CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "annotation": "cr:annotation",
    "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "description": {"@container": "@language"},
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "excludes": "cr:excludes",
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "name": {"@container": "@language"},
    "parentField": "cr:parentField",
    "path": "cr:path",
    "prov": "http://www.w3.org/ns/prov#",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "readLines": "cr:readLines",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "sdVersion": "cr:sdVersion",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
    "unArchive": "cr:unArchive",
    "value": "cr:value",
}
TYPES: dict[str, Any] = {
    "reconstruction_id_if_redacted": "sc:Float",
    **{field.value: ["sc:Text", "cr:Label"] for field in FIELDS},
    "violated_categories": ["sc:Text", "cr:Label"],
}
MEDIA_TYPES = {".json": "application/json", ".parquet": "application/x-parquet"}


def croissant_json(facts: Facts, files: Mapping[str, Mapping[str, Any]]) -> bytes:
    """
    Return the Croissant description of a release as JSON that may stand in a page's `script` element.

    :param files: `sha256` and `bytes` of each data file, by name
    """
    text = orjson.dumps(croissant(facts, files), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    return text.replace(b"<", b"\\u003c")  # only strings have one


def croissant(facts: Facts, files: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the Croissant description of a release; the files as in `croissant_json`."""
    manifest = facts.manifest
    description = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": CONFORMS_TO,
        "name": manifest["name"],
        "description": f"{manifest['title']}: {joined(collection.contents(facts), constant.OFFENSIVE)}",
        "license": [name or UNNAMED for name in sorted(manifest["counts"]["license"])],
        "url": "README.md",
        "creator": {"@type": "sc:Organization", "name": f"Labelling project {manifest['title']}"},
        "version": manifest["version"],
        "citeAs": f"{manifest['title']}, version {manifest['version']}, made with {manifest['software']}",
        "keywords": ["safety", "content moderation", "guard models"],
        "isLiveDataset": False,
        **dates(facts),
        **responsible_ai(facts),
        **provenance(facts),
        "distribution": [file_object(name, file) for name, file in files.items()],
        "recordSet": [record_set(split) for split in manifest["splits"]],
    }
    if questions := manifest.get("questions"):
        description["recordSet"].append(answer_set(questions))
    return description


def dates(facts: Facts) -> dict[str, str]:
    """
    Return the dates of a release.

    One without a date is taken for published on the day of its newest data: the specification wants a day, and the
    time of writing would make the bytes differ.
    """
    found = facts.collection
    newest = max(filter(None, (found.last_import, facts.labelling.last_opinion)), default=None)
    days = {"dateCreated": found.first_import, "dateModified": newest}
    days["datePublished"] = facts.manifest["date"] or newest
    return {name: day for name, day in days.items() if day}


def file_object(name: str, file: Mapping[str, Any]) -> dict[str, Any]:
    """Return the FileObject of a file with its size and SHA-256."""
    return {
        "@type": "cr:FileObject",
        "@id": name,
        "name": name,
        "contentUrl": name,
        "contentSize": f"{file['bytes']} B",
        "encodingFormat": MEDIA_TYPES[name[name.rindex(".") :]],
        "sha256": file["sha256"],
    }


def record_set(split: str) -> dict[str, Any]:
    """Return the RecordSet of a split, with a Field for each column."""
    return {
        "@type": "cr:RecordSet",
        "@id": split,
        "name": split,
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"{split}/{name}",
                "name": name,
                "description": text,
                "dataType": TYPES.get(name, "sc:Text"),
                "source": {"fileObject": {"@id": f"{split}.json"}, "extract": {"jsonPath": f"$[*].{name}"}},
            }
            for name, text in COLUMNS.items()
        ],
    }


def answer_set(questions: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the RecordSet of the decided answers, with a Field for the item and for each question."""
    columns = [("item", "the id of the dialogue; of a refusal row, with #refusal after it", False)]
    columns += [(f"{PREFIX}{each['key']}", each["text"], each["type"] == Type.MANY_OF) for each in questions]
    return {
        "@type": "cr:RecordSet",
        "@id": "answers",
        "name": "answers",
        "description": "The decided answers to the questions asked besides the labels; null where none is decided.",
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"answers/{name}",
                "name": name,
                "description": text,
                "dataType": "sc:Text",
                **({"isArray": True, "arrayShape": "-1"} if is_list else {}),
                "source": {"fileObject": {"@id": "decisions.parquet"}, "extract": {"column": name}},
            }
            for name, text, is_list in columns
        ],
    }

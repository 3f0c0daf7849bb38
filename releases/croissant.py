"""Describe a release in Croissant 1.0 (https://docs.mlcommons.org/croissant/docs/croissant-spec.html)."""

from collections.abc import Mapping, Sequence
from typing import Any

from corpus.questions import Type
from releases.dataset_card import COLUMNS
from releases.spec import PREFIX

CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
TYPES = {"reconstruction_id_if_redacted": "sc:Float"}
MEDIA_TYPES = {".json": "application/json", ".parquet": "application/x-parquet"}


def croissant(manifest: Mapping[str, Any], files: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """
    Return the Croissant description of a release, ready for JSON.

    :param manifest: of the release, without its files
    :param files: `sha256` and `bytes` of each data file, by name
    """
    description = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": manifest["name"],
        "description": f"{manifest['title']}: {manifest['rows']:,} dialogues between people and language models, "
        "labelled for safety by people and a jury of models.",
        "license": sorted(manifest["counts"]["license"]),
        "version": manifest["version"],
        "rai:dataCollection": "Labels by majority of independent opinions; disputes settled by an adjudicator.",
        "rai:annotationsPerItem": f"at least {manifest['policy']['quorum']} where decided by majority",
        "rai:annotatorDemographics": "not recorded",
        "rai:personalSensitiveInformation": "Raters are pseudonymous. Dialogues may hold sensitive content.",
        "rai:dataUseCases": "Training and testing of models that recognise unsafe content.",
        "distribution": [file_object(name, file) for name, file in files.items()],
        "recordSet": [record_set(split) for split in manifest["splits"]],
    }
    if questions := manifest.get("questions"):
        description["recordSet"].append(answer_set(questions))
    return description | ({"datePublished": manifest["date"]} if manifest["date"] else {})


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
                **({"repeated": True} if is_list else {}),
                "source": {"fileObject": {"@id": "decisions.parquet"}, "extract": {"column": name}},
            }
            for name, text, is_list in columns
        ],
    }

"""
Sentences that hold for every release, because they are about this software and not about one project.

A test takes every other sentence of the papers for one that has its own fact.
"""

WHAT = "Dialogues with labels for safety."
USES = "Training and testing of models that recognise unsafe content."
NOT_FOR = "Not meant for teaching a model to write such texts, nor for judging the people who wrote them."
OFFENSIVE = "Some of the texts are offensive by nature: they are here so that models can learn to recognise them."
MEASURES = "The labels say what raters think of a text under the guideline and the taxonomy, not what harm it did."
NO_CHANCE = "No tie is broken by chance: a person settles it, or it is left out."
PLATFORM = "Assize: people label on its pages, one dialogue at a time; models answer over its jury."
IMPORTED = "Dialogues are imported from files of their sources, unchanged; rows that break a rule are refused."
NOT_FILLED = "No value is filled in: a dialogue without enough opinions is left out."
PSEUDONYMS = "Raters are given under pseudonyms, the same in every release of the project."
NO_RAW = "Rationales of raters and raw replies of models are not in the release."
EVERY_OPINION = (
    "Every opinion is in votes.parquet, and every decision with its counts in decisions.parquet, so that every label "
    "can be made again."
)
VERIFY = (
    "The size and SHA-256 of every file are in manifest.json; the command verify_release checks them and every label."
)
MAINTENANCE = (
    "A release never changes. Errors are mended in a later version; withdrawn.json lists the dialogues that were "
    "withdrawn, with the reasons."
)
EXAMINED = (
    "Examined were the shares of unsafe labels by source, people beside models, agreement between raters and the "
    "frequency of categories."
)
NOT_EXAMINED = (
    "Not examined were groups of people named in the texts, dialects, and whether errors fall on one group more often."
)
NOT_EXAMINED_BESIDES = (
    "Not examined here were dialects, and whether errors of models fall on one group more often than on another."
)
NOT_EXAMINED_OF_TEXTS = "Not examined here were dialects."
NO_TWINS = "Whether models answer otherwise when another identity group is named was not measured."
NO_JUROR = "No model labelled."
NO_GUIDELINE = "No person labelled, so no guideline was used."

GROUPS = "Groups of people are not marked in the files."
SELF_CONTAINED = "The release holds all of its texts, but for prompts that their source withholds."

PURPOSE = "Why the dataset was made is not recorded."
FUNDING = "Who paid for it is not recorded."
ORIGINAL = "For what purpose the texts were first written or collected is not recorded."
REVIEW = "Whether an ethics board looked at the work is not recorded."
USED = "What the dataset was used for so far is not recorded."
RESTRICTIONS = "To whom it is given, and under which terms besides the licences, is not recorded."
CONTACT = "Who maintains the dataset, and how to reach them, is not recorded."
AUTHORS = "Who wrote the dialogues, and in which languages, is not recorded."
CONSENT = "Whether the people who wrote the dialogues were asked or told is not recorded."
PERSONAL = "The texts were not searched for personal data, and may hold some, of special categories too."
PAY = "What annotators were paid, and by whom, is not recorded."
REPRESENTS = (
    "For which system the dataset is meant, and whether it represents the people whom that system meets, is not "
    "recorded."
)
SOURCES = (ORIGINAL, AUTHORS)
UNKNOWN = (PURPOSE, FUNDING, ORIGINAL, AUTHORS, CONSENT, PERSONAL, PAY, REVIEW, USED, REPRESENTS, RESTRICTIONS, CONTACT)
"What the database does not say."
BY_CHANCE = (
    "Differences of these groups are told if nine in ten groups of the same sizes, picked at random, differ less in "
    "that direction, and if nobody could be found in a group by them."
)

"""What makes ids and names look alike: letters of other scripts, and what else a plain id lacks."""

PAIRS = (
    "αa βb γy εe ζz ηh ιi κk μm νv οo ρp σo ςo τt υu χx "
    "аa вb гr еe нh кk мm оo рp сc тt уy хx ьb ѕs іi јj ѡw ѵv үy һh ҽe ӏl ԁd ԍg ԛq ԝw "
    "աw գq զq հh ոn ռn սu տs ցg քf օo "
    "ɑa ɡg ıi"
)
"""
Small letters of Greek, Cyrillic, Armenian and Latin, each with the Latin letter that it or its capital looks like.

From confusables.txt of UTS #39 (https://www.unicode.org/Public/security/latest/confusables.txt). Of ν and υ, whose
capitals look like other letters, it is the small one. A letter and a digit, as l and 1, are no pair: too many ids
differ in nothing else.
"""
LETTERS = {ord(pair[0]): pair[1] for pair in PAIRS.split()}
"For `str.translate`, of text without capitals."
ODD_ID = r"[^!-@\[-~]"
"""
Pattern of ids that may look like another one: they have a capital, a blank or a character outside ASCII.

It is a condition of an index, so it never changes without a migration.
"""

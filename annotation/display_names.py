"""Names that pages show for stored values."""

from corpus.labels import Label

LABEL_WORDS = {Label.SAFE.value: "Safe", Label.NEEDS_CAUTION.value: "Needs caution", Label.UNSAFE.value: "Unsafe"}
SKIP_REASONS = {
    "opted out": "It is about something I opted out of",
    "distressing": "It is too hard on me",
    "language": "I cannot read its language",
    "unclear": "I cannot tell, whatever the guideline says",
    "broken": "The text is broken or incomplete",
}

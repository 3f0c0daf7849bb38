"""The techniques of an attack, as its author names them. Pure."""

TECHNIQUES: dict[str, str] = {
    "direct": "Direct request",
    "role_play": "Role play",
    "fiction": "Fiction or hypothesis",
    "authority": "Claimed authority or purpose",
    "persuasion": "Persuasion or emotion",
    "refusal_suppression": "Refusal suppressed",
    "prompt_injection": "Prompt injection",
    "payload_splitting": "Payload split over parts",
    "encoding": "Encoding or spelling",
    "translation": "Another language",
    "many_shot": "Many examples",
    "crescendo": "Crescendo",
    "deceptive_delight": "Hidden among harmless topics",
    "likert_judge": "Model made a judge",
    "other": "Other",
}
"""
By key: what an attack tries. The names are those that red-teaming reports use; two attacks with the same key can be
compared, whoever made them.
"""

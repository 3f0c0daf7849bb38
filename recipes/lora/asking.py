"""Ask a model that is loaded here, greedily, as a server with its chat template would."""

from collections.abc import Iterator, Sequence
from typing import Any

import torch

from jury.prompting import Messages
from recipes.lora.tokens import ChatTemplate


def ask(
    model: Any, template: ChatTemplate, asked: Sequence[Messages], *, batch: int, longest_reply: int
) -> list[dict[str, Any]]:
    """
    Return a reply to each list of messages, in their order: `reply` and `finish_reason`, as in a chat completion.

    :param batch: how many are asked at once
    :param longest_reply: in tokens; a longer one is cut off there
    """
    texts = [template.question(each) for each in asked]
    order = sorted(range(len(texts)), key=lambda at: len(texts[at]))  # little padding
    replies: list[dict[str, Any]] = [{} for _ in texts]
    was_training = model.training
    model.eval()
    try:
        for some in blocks(order, batch):
            said = generate(model, template.tokenizer, [texts[at] for at in some], longest_reply)
            for at, reply in zip(some, said, strict=True):
                replies[at] = reply
    finally:
        model.train(was_training)
    return replies


def blocks(order: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    """Yield a sequence in blocks of a size."""
    for start in range(0, len(order), size):
        yield order[start : start + size]


@torch.no_grad()
def generate(model: Any, tokenizer: Any, texts: list[str], longest_reply: int) -> Iterator[dict[str, Any]]:
    """Yield the reply to each text, which the chat template has rendered."""
    ends = ends_of(model, tokenizer)
    inputs = tokenizer(
        texts, return_tensors="pt", padding=True, padding_side="left", add_special_tokens=False,
        return_token_type_ids=False,
    ).to(model.device)  # fmt: skip
    output = model.generate(
        **inputs, max_new_tokens=longest_reply, do_sample=False, temperature=None, top_p=None, top_k=None,
        use_cache=True, eos_token_id=sorted(ends), pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    for tokens in output[:, inputs["input_ids"].shape[1] :].tolist():
        end = next((at for at, token in enumerate(tokens) if token in ends), None)
        reply = tokenizer.decode(tokens[:end], skip_special_tokens=True)
        yield {"reply": reply, "finish_reason": "length" if end is None else "stop"}


def ends_of(model: Any, tokenizer: Any) -> set[int]:
    """Return the tokens that end a reply: the tokenizer's, and those that the model's makers name."""
    named = model.generation_config.eos_token_id
    return {tokenizer.eos_token_id, *(named if isinstance(named, list) else [] if named is None else [named])} - {None}

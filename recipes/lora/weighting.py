"""TRL's trainer with a weight for each row."""

from typing import Any

import torch
from trl import SFTTrainer


class WeightedTrainer(SFTTrainer):
    """
    Multiplies the loss of a row by its weight, in the column `weight`; weights are 1 in the mean.

    As in TRL the loss is a sum over tokens of replies, divided by how many of them the rows of a step have.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.data_collator: Any = with_weights(self.data_collator)

    def _set_signature_columns_if_needed(self) -> None:
        super()._set_signature_columns_if_needed()
        if "weight" not in self._signature_columns:
            self._signature_columns.append("weight")

    def compute_loss(
        self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """Return the loss of a batch; TRL's own where no weight differs."""
        weights = inputs.pop("weight")
        if return_outputs or bool((weights == 1).all()):
            return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
        outputs = model(**inputs, use_cache=False, fused_lm_head=True)
        tokens = outputs.label_mask.sum() if num_items_in_batch is None else num_items_in_batch
        loss = -(outputs.log_probs * weights[:, None]).sum()
        return loss / torch.as_tensor(tokens).clamp(min=1)


def with_weights(collate: Any) -> Any:
    """Return a collator that also has the weights of rows: shape (rows,)."""

    def collated(rows: list[dict[str, Any]]) -> dict[str, Any]:
        return {**collate(rows), "weight": torch.tensor([row["weight"] for row in rows])}

    return collated

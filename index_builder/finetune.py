"""Here are a folder of SBERT weights and pairs: give me weights that learned from them.

Beside encoder.py the only file that imports torch or sentence_transformers.
"""

from __future__ import annotations

import importlib.util
import math
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index_builder.encoder import load
from index_builder.recipe import BuildError, Training
from release_format.program import USAGE, say

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

NEEDED = ("accelerate", "datasets")
LOSS, STOP_LOSS = "loss", "stop_loss"
LOOKS, PATIENCE = 5, 2
WARM_UP = 0.1
QUESTION, ANSWER, MISTAKE = "anchor", "positive", "negative"

Columns = Mapping[str, Sequence[str]]


@dataclass
class Taught:
    """The losses by step, of what is learned from and of what tells when to stop; and the step that was kept."""

    steps: dict[str, list[tuple[int, float]]] = field(default_factory=lambda: {LOSS: [], STOP_LOSS: []})
    kept_step: int = 0
    device: str = "cpu"


def teach(weights: Path, learn: Columns, stop: Columns, training: Training, target: Path) -> Taught:
    """Fine-tune with MultipleNegativesRankingLoss, and write the weights of the best step to `target`.

    The same input gives the same weights on the same machine. On a GPU where there is one: never run on one so far.

    Args:
        learn: columns anchor, positive, negative, of equal length.
        stop: the same, of pairs that are not learned from; may be empty, then all steps are taken.

    Raises:
        BuildError: what training needs is not installed, or the loss is no number any more.
    """
    if missing := [name for name in NEEDED if importlib.util.find_spec(name) is None]:
        text = f'{missing[0]} is not installed. Install the extra "train", or say train = "none" in [train].'
        raise BuildError(text, USAGE)
    # What other people's packages warn of while they train cannot be mended here.
    with warnings.catch_warnings(), tempfile.TemporaryDirectory(prefix="searchbar-train-") as work:
        warnings.simplefilter("ignore")
        import torch
        from transformers import set_seed

        set_seed(training.seed)
        model = load(weights, training.tokens, "cuda" if torch.cuda.is_available() else "cpu")
        taught = _run(model, learn, stop, training, Path(work))
        model.save(str(target), create_model_card=False)
    return taught


def _run(model: SentenceTransformer, learn: Columns, stop: Columns, training: Training, work: Path) -> Taught:
    from datasets import Dataset, disable_progress_bars  # type: ignore[import-untyped]
    from sentence_transformers import SentenceTransformerTrainer
    from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss
    from transformers import PrinterCallback

    disable_progress_bars()
    taught = Taught(device=str(model.device))
    trainer = SentenceTransformerTrainer(
        model=model,
        args=_arguments(training, work, bool(stop[QUESTION]), taught.device != "cpu"),
        train_dataset=Dataset.from_dict(dict(learn)),
        eval_dataset=Dataset.from_dict(dict(stop)) if stop[QUESTION] else None,
        loss=MultipleNegativesRankingLoss(model),
        callbacks=[_watch(model, taught)],
    )
    for needless in (PrinterCallback, trainer.model_card_callback_class):
        trainer.remove_callback(needless)
    trainer.train()
    return taught


def _arguments(training: Training, work: Path, looks: bool, gpu: bool) -> Any:
    from sentence_transformers import SentenceTransformerTrainingArguments
    from sentence_transformers.training_args import BatchSamplers

    return SentenceTransformerTrainingArguments(
        output_dir=str(work), max_steps=training.steps, per_device_train_batch_size=training.batch,
        per_device_eval_batch_size=training.batch, learning_rate=training.learning_rate,
        warmup_steps=max(1, round(training.steps * WARM_UP)), seed=training.seed, data_seed=training.seed,
        # The same text twice in a batch would be told apart from itself.
        batch_sampler=BatchSamplers.NO_DUPLICATES, use_cpu=not gpu, bf16=gpu, full_determinism=gpu,
        eval_strategy="steps" if looks else "no", eval_steps=max(1, training.steps // LOOKS), eval_on_start=looks,
        logging_steps=1, logging_nan_inf_filter=False, save_strategy="no", report_to="none", disable_tqdm=True,
        dataloader_pin_memory=gpu,
    )  # fmt: skip


def _finite(loss: float, step: int) -> float:
    if not math.isfinite(loss):
        raise BuildError(
            f"the loss became {loss} at step {step}: nothing is learned. Lower learning_rate in [train]."
        )
    return round(float(loss), 6)


@dataclass
class Best:
    """The weights that what tells when to stop liked best, kept in memory."""

    model: SentenceTransformer
    taught: Taught
    loss: float = math.inf
    weights: dict[str, Any] | None = None

    def look(self, loss: float, step: int) -> None:
        self.taught.steps[STOP_LOSS].append((step, loss))
        if loss < self.loss:
            self.loss, self.taught.kept_step = loss, step
            self.weights = {name: value.detach().clone() for name, value in self.model.state_dict().items()}

    def restore(self, last_step: int) -> None:
        if self.weights is None:
            self.taught.kept_step = last_step
        else:
            self.model.load_state_dict(self.weights)


def _watch(model: SentenceTransformer, taught: Taught) -> Any:
    """A callback that writes down the losses, keeps the best weights, and stops where nothing is gained."""
    from transformers import TrainerCallback

    best = Best(model, taught)

    class Watch(TrainerCallback):
        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:  # noqa: ARG002
            if logs and "loss" in logs:
                taught.steps[LOSS].append((state.global_step, _finite(logs["loss"], state.global_step)))

        def on_evaluate(self, args: Any, state: Any, control: Any, metrics: Any = None, **_: Any) -> None:
            loss, step = _finite(metrics["eval_loss"], state.global_step), state.global_step
            say(f"learning: step {step} of {args.max_steps}, loss of what is held back {loss:.4f}")
            best.look(loss, step)
            if step - taught.kept_step >= PATIENCE * args.eval_steps:
                control.should_training_stop = True

        def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
            best.restore(state.global_step)

    return Watch()

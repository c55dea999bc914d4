"""Fine-tuning of SBERT weights on pairs with hard negatives.

With model.py and graph.py of encoding/ the only file that imports torch or sentence_transformers.
"""

from __future__ import annotations

import importlib.util
import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index_builder.encoding.model import load
from index_builder.encoding.options import EncodingOptions
from index_builder.errors import BuildError
from index_builder.recipe import Training
from release_format.exit_codes import USAGE
from release_format.progress import say
from release_format.system.temporary_folder import temporary_folder

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

NEEDED = ("accelerate", "datasets")
LOSS, VALIDATION_LOSS = "loss", "stop_loss"
VALIDATIONS, PATIENCE = 5, 2
WARM_UP = 0.1
QUESTION = "anchor"

Columns = Mapping[str, Sequence[str]]


@dataclass
class FinetunedModel:
    """Training and validation losses by step, and the step whose weights were kept."""

    steps: dict[str, list[tuple[int, float]]] = field(
        default_factory=lambda: {LOSS: [], VALIDATION_LOSS: []}
    )
    kept_step: int = 0
    device: str = "cpu"


def finetune(
    weights: Path,
    train: Columns,
    validation: Columns,
    training: Training,
    target: Path,
    options: EncodingOptions | None = None,
) -> FinetunedModel:
    """Fine-tune with MultipleNegativesRankingLoss; the weights of the best step go to `target`.

    The same input gives the same weights on the same machine. On a GPU where there is one: never
    run on one so far.

    Args:
        train: columns anchor, positive, negative, of equal length.
        validation: the same, of other pairs; may be empty, then all steps are taken.
        options: prompts, which stand before what is learned as before what is asked; as the model
            declares them, where none are given.

    Raises:
        BuildError: what training needs is not installed, or the loss is no number any more.
    """
    if missing := [name for name in NEEDED if importlib.util.find_spec(name) is None]:
        raise BuildError(
            f'{missing[0]} is not installed. Install the extra "train", or say train = "none" in'
            " [train].",
            USAGE,
        )
    # What other people's packages warn of while they train cannot be mended here.
    with warnings.catch_warnings(), temporary_folder("searchbar-train-") as work:
        warnings.simplefilter("ignore")
        import torch
        from transformers import set_seed

        set_seed(training.seed)
        device = "cuda" if torch.cuda.is_available() else "cpu"
        model = load(weights, training.tokens, device, options=options)
        finetuned = _run(model, train, validation, training, Path(work))
        model.save(str(target), create_model_card=False)
    return finetuned


def _run(
    model: SentenceTransformer, train: Columns, validation: Columns, training: Training, work: Path
) -> FinetunedModel:
    from datasets import Dataset, disable_progress_bars  # type: ignore[import-untyped]
    from sentence_transformers import SentenceTransformerTrainer
    from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss
    from transformers import PrinterCallback

    disable_progress_bars()
    finetuned = FinetunedModel(device=str(model.device))
    validates = bool(validation[QUESTION])
    trainer = SentenceTransformerTrainer(
        model=model,
        args=_arguments(training, work, validates, finetuned.device != "cpu", _prompts(model)),
        train_dataset=Dataset.from_dict(dict(train)),
        eval_dataset=Dataset.from_dict(dict(validation)) if validates else None,
        loss=MultipleNegativesRankingLoss(model),
        callbacks=[_callback(model, finetuned)],
    )
    for needless in (PrinterCallback, trainer.model_card_callback_class):
        trainer.remove_callback(needless)
    trainer.train()
    return finetuned


def _prompts(model: SentenceTransformer) -> dict[str, str]:
    """What stands before the texts of each column; nothing is said of those without a prompt."""
    kinds = {QUESTION: "query", "positive": "document", "negative": "document"}
    return {column: prompt for column, kind in kinds.items() if (prompt := model.prompts[kind])}


def _arguments(
    training: Training, work: Path, validates: bool, gpu: bool, prompts: Mapping[str, str]
) -> Any:
    from sentence_transformers import SentenceTransformerTrainingArguments
    from sentence_transformers.training_args import BatchSamplers

    return SentenceTransformerTrainingArguments(
        output_dir=str(work),
        prompts=dict(prompts) or None,
        max_steps=training.steps,
        per_device_train_batch_size=training.batch,
        per_device_eval_batch_size=training.batch,
        learning_rate=training.learning_rate,
        warmup_steps=max(1, round(training.steps * WARM_UP)),
        seed=training.seed,
        data_seed=training.seed,
        # The same text twice in a batch would be told apart from itself.
        batch_sampler=BatchSamplers.NO_DUPLICATES,
        use_cpu=not gpu,
        bf16=gpu,
        full_determinism=gpu,
        eval_strategy="steps" if validates else "no",
        eval_steps=max(1, training.steps // VALIDATIONS),
        eval_on_start=validates,
        logging_steps=1,
        logging_nan_inf_filter=False,
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        dataloader_pin_memory=gpu,
    )


def _finite(loss: float, step: int) -> float:
    if not math.isfinite(loss):
        raise BuildError(
            f"the loss became {loss} at step {step}: nothing is learned. Lower learning_rate in"
            " [train]."
        )
    return round(float(loss), 6)


@dataclass
class BestWeights:
    """The weights with the least validation loss so far, kept in memory."""

    model: SentenceTransformer
    finetuned: FinetunedModel
    loss: float = math.inf
    weights: dict[str, Any] | None = None

    def validated(self, loss: float, step: int) -> None:
        self.finetuned.steps[VALIDATION_LOSS].append((step, loss))
        if loss < self.loss:
            self.loss, self.finetuned.kept_step = loss, step
            self.weights = {
                name: value.detach().clone() for name, value in self.model.state_dict().items()
            }

    def restore(self, last_step: int) -> None:
        if self.weights is None:
            self.finetuned.kept_step = last_step
        else:
            self.model.load_state_dict(self.weights)


def _callback(model: SentenceTransformer, finetuned: FinetunedModel) -> Any:
    """A callback that records the losses, keeps the best weights, and stops early."""
    from transformers import TrainerCallback

    best = BestWeights(model, finetuned)

    class EarlyStopping(TrainerCallback):
        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:  # noqa: ARG002
            if logs and "loss" in logs:
                step = state.global_step
                finetuned.steps[LOSS].append((step, _finite(logs["loss"], step)))

        def on_evaluate(
            self, args: Any, state: Any, control: Any, metrics: Any = None, **_: Any
        ) -> None:
            step = state.global_step
            loss = _finite(metrics["eval_loss"], step)
            say(f"learning: step {step} of {args.max_steps}, loss of what is held back {loss:.4f}")
            best.validated(loss, step)
            if step - finetuned.kept_step >= PATIENCE * args.eval_steps:
                control.should_training_stop = True

        def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
            best.restore(state.global_step)

    return EarlyStopping()

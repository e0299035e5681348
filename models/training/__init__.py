"""One artefact from the licensed sets, with its card."""

from models.training.train import train_artefact

__all__ = ["train_artefact"]

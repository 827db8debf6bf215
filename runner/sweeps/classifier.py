"""The code of a logged model: MLflow copies this file and runs it where the model is loaded.

It must not import lrstudy, which may not be installed there.
"""

from typing import Any

import mlflow
import numpy as np
import pandas as pd
from mlflow.pyfunc.model import PythonModel, PythonModelContext


class Classifier(PythonModel):
    """Softmax regression with the final parameters of a run."""

    def load_context(self, context: PythonModelContext) -> None:
        with np.load(context.artifacts["parameters"]) as parameters:
            self.W, self.b = parameters["W"], parameters["b"]
        self.labels = np.array(context.model_config["labels"])

    def predict(
        self,
        context: PythonModelContext,
        model_input: np.ndarray,  # the only form that MLflow recognises
        params: dict[str, Any] | None = None,
    ) -> pd.DataFrame:
        """The most probable label of each image (n, height, width), with pixels as in training."""
        logits = np.reshape(model_input, (len(model_input), -1)) @ self.W + self.b
        exp = np.exp(logits - logits.max(axis=1, keepdims=True))
        probabilities = exp / exp.sum(axis=1, keepdims=True)
        return pd.DataFrame(
            {
                "label": self.labels[probabilities.argmax(axis=1)],
                "probability": probabilities.max(axis=1).astype(np.float64),
            }
        )


mlflow.models.set_model(Classifier())

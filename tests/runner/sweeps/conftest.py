"""The model that the small study's sweep has logged."""

import pytest


@pytest.fixture(scope="session")
def model(tracking):
    (only,) = tracking.client.search_logged_models([tracking.experiment_id])
    return only

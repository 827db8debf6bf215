"""What a run logs once it is trained."""

import matplotlib.image


def test_a_run_that_survived_an_epoch_has_a_small_picture(tracking, tmp_path):
    pictures = {}
    for run in tracking.finished().values():
        names = [entry.path for entry in tracking.client.list_artifacts(run.info.run_id)]
        pictures[run.info.run_id] = "curves.png" in names
        survived = run.data.metrics.get("diverged_epoch", 2) > 1
        assert pictures[run.info.run_id] == survived
    assert set(pictures.values()) == {True, False}
    (one, *_) = (run_id for run_id, there in pictures.items() if there)
    path = tracking.client.download_artifacts(one, "curves.png", str(tmp_path))
    height, width, _ = matplotlib.image.imread(path).shape
    assert (width, height) == (600, 220)

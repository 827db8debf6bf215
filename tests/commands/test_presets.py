"""The presets of the study: how many runs they hold, and that claims rest on crossed seeds."""

import itertools
import re

import pytest
import yaml
from support.commands import runs_of

from runner.commands.lrstudy import conf_folder
from runner.tracking.headline import FORMS, HEADLINE, RATES, SEEDS

DEFAULTS = {
    "lr": 0.1,
    "batch_size": 256,
    "seed": 2,
    "order_seed": None,
    "loss": "pick_log",
    "init_sigma": 1.0,
    "draws": "mxnet",
    "rounding": 0,
    "clip_gradient": None,
    "dtype": "float32",
    "division": "python3",
    "on_divergence": "stop",
}


def values_of(words):
    """The values of a sweep's key, as `1,0.1` or `range(1,11)` list them."""
    ends = re.fullmatch(r"range\((\d+),(\d+)\)", str(words))
    return range(*map(int, ends.groups())) if ends else yaml.safe_load(f"[{words}]")


def configurations(name):
    """What a preset trains, read off its file: a tuple of values for each configuration."""
    preset = yaml.safe_load((conf_folder() / "experiment" / f"{name}.yaml").read_text())
    sweeper = preset["hydra"]["sweeper"]
    for grid in sweeper.get("grids", [sweeper.get("params")]):
        for values in itertools.product(*map(values_of, grid.values())):
            one = {**DEFAULTS, **{key: preset[key] for key in DEFAULTS if key in preset}}
            one |= dict(zip(grid, values, strict=True))
            one["order_seed"] = one["order_seed"] or one["seed"]
            yield tuple(float(one[key]) if key == "lr" else one[key] for key in DEFAULTS)


STUDY = {
    "article": 360,
    "learning_rate": 300,
    "batch_size": 225,
    "counterfactuals": 756,
    "evidence": 606,
    "horizon": 270,
}


def test_the_preset_of_remedies_crosses_five_seeds_with_five_orders_for_each_way_and_rate():
    runs = [dict(zip(DEFAULTS, one, strict=True)) for one in configurations("remedies")]
    table = set(itertools.product(range(1, 6), range(1, 6)))
    cells = {}
    for one in runs:
        setting = tuple(one[key] for key in ("loss", "init_sigma", "clip_gradient", "dtype", "lr"))
        cells.setdefault(setting, set()).add((one["seed"], one["order_seed"]))
    assert all(found == table for found in cells.values())
    assert len(cells) == 8 * 3
    assert len(runs) == 600


def test_the_presets_of_the_study_hold_2302_different_configurations():
    assert {name: len(list(configurations(name))) for name in STUDY} == STUDY
    assert len({one for name in STUDY for one in configurations(name)}) == 2302


def test_the_headline_is_what_one_preset_holds_beside_the_twins():
    of_headline = set()
    for loss, lr, seed in itertools.product(FORMS, RATES, SEEDS):
        of_headline.add(
            tuple({**DEFAULTS, "loss": loss, "lr": lr, "seed": seed, "order_seed": seed}.items())
        )
    rounding = list(DEFAULTS).index("rounding")
    originals = [one for one in configurations("horizon") if one[rounding] == 0]
    assert {tuple(zip(DEFAULTS, one, strict=True)) for one in originals} == of_headline
    assert len(of_headline) == len(HEADLINE) == 90


@pytest.mark.slow
@pytest.mark.parametrize("name", ["batch_size", "counterfactuals", "evidence"])
def test_hydra_reads_the_same_off_a_preset(lrstudy, name):
    said = lrstudy(f"+experiment={name}", "dry_run=true").out
    assert f"{STUDY[name]} configurations, " in said


@pytest.mark.parametrize(
    ("preset", "chosen", "seeds", "orders"),
    [
        ("article", {}, 2, 60),
        ("learning_rate", {}, 10, 10),
        ("batch_size", {}, 5, 5),
        ("counterfactuals", {"loss": "log_softmax", "init_sigma": 1.0}, 10, 10),
        ("counterfactuals", {"loss": "log_pick", "init_sigma": 1.0}, 10, 5),
        ("counterfactuals", {"loss": "log_softmax", "init_sigma": 0.01}, 5, 10),
    ],
)
def test_presets_cross_every_seed_with_every_order(preset, chosen, seeds, orders):
    runs = [dict(zip(DEFAULTS, one, strict=True)) for one in configurations(preset)]
    runs = [one for one in runs if all(one[key] == value for key, value in chosen.items())]
    cells = {}
    for one in runs:
        setting = one["lr"], one["batch_size"]
        cells.setdefault(setting, set()).add((one["seed"], one["order_seed"]))
    assert len(cells) >= 3
    table = set(itertools.product(range(1, seeds + 1), range(1, orders + 1)))
    apart = {(seed, seed) for seed in range(seeds + 1, 41)}  # of log_softmax, in their own orders
    assert all(found - apart == table for found in cells.values())


def test_several_presets_are_sweeps_of_their_own_and_typed_as_such(lrstudy, folder):
    small = ("data.train_limit=256", "data.test_limit=64", "epochs=1")
    both = lrstudy("+experiment=smoke,smoke", *small)
    assert both.status == 0
    assert both.out.count("Preset smoke\n") == 2
    assert "4 configurations, 4 to train, 0 finished before" in both.out
    assert "4 configurations, 0 to train, 4 finished before" in both.out
    (sweep,) = runs_of(folder, "sweep")
    assert (
        " ".join(sweep.data.tags["command"].split()[1:]) == f"+experiment=smoke {' '.join(small)}"
    )
    wrong = lrstudy("+experiment=smoke,nonsense", "dry_run=true")
    assert (wrong.status, wrong.err.count("\n")) == (2, 1)
    assert "nonsense" in wrong.err

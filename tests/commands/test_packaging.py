"""The package installs as a wheel, and make says what a bare machine lacks."""

import hashlib
import re
import stat
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, **options)


@pytest.mark.parametrize(
    ("lock", "least"),
    [
        ("requirements.lock", 100),
        ("tests/browser.lock", 2),
        ("tests/cluster.lock", 10),
        ("tests/postgresql.lock", 1),
        ("tests/notebook.lock", 2),
    ],
)
def test_the_locks_are_hashed_and_name_no_host(lock, least):
    entries = re.split(r"\n(?=\S)", (ROOT / lock).read_text().strip())
    assert len(entries) >= least
    for entry in entries:
        assert re.match(r"[a-z0-9._-]+==[\w.+!]+( ;.*)? \\\n    --hash=sha256:[0-9a-f]{64}", entry)
        assert "://" not in entry


def pins(lock):
    """The versions that a lock gives each package."""
    found = {}
    for name, version in re.findall(r"^([\w.-]+)==(\S+)", (ROOT / lock).read_text(), re.MULTILINE):
        found.setdefault(name, set()).add(version)
    return found


@pytest.mark.parametrize(
    "lock", [f"tests/{name}.lock" for name in ("browser", "cluster", "notebook")]
)
def test_what_the_tests_install_changes_no_version_of_what_users_install(lock):
    main, extra = pins("requirements.lock"), pins(lock)
    assert main.keys() & extra.keys()
    assert {name: extra[name] <= main[name] for name in main.keys() & extra.keys()} == (
        dict.fromkeys(main.keys() & extra.keys(), True)
    )


def test_the_lock_of_clusters_is_that_of_the_extras():
    project = (ROOT / "pyproject.toml").read_text()
    (ray,), (slurm,) = (
        re.findall("^ray = .*", project, re.M),
        re.findall("^slurm = .*", project, re.M),
    )
    (group,) = re.findall("^cluster = .*", project, re.M)
    wanted = [re.search('"(.*)"', line).group(1) for line in (ray, slurm)]
    assert re.findall('"(.*?)"', group) == wanted


def empty_wheel(folder, name, version, *metadata):
    """An empty wheel, and its line in a lock."""
    path = folder / f"{name}-{version}-py3-none-any.whl"
    about = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        lines = ("Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *metadata)
        archive.writestr(f"{about}/METADATA", "\n".join(lines) + "\n")
        archive.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{about}/RECORD", "")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return f"{name}=={version} --hash=sha256:{digest}\n"


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """A new environment, with pip."""
    place = tmp_path_factory.mktemp("environment") / ".venv"
    venv.create(place, with_pip=True)
    return place


@pytest.mark.slow
def test_a_lock_installs_what_it_pins_though_an_extra_of_it_has_a_newer_version(
    environment, tmp_path
):
    extra = "Provides-Extra: toml"
    pinned = empty_wheel(tmp_path, "measure", "1.0", extra)
    empty_wheel(tmp_path, "measure", "2.0", extra)
    pinned += empty_wheel(tmp_path, "measured", "1.0", "Requires-Dist: measure[toml]>=1.0")
    (tmp_path / "all.lock").write_text(pinned)
    (tmp_path / ".venv").symlink_to(environment)
    recipe = "--eval=locked:; @$(PIP_LOCKED) --no-index --find-links . -r all.lock"
    installed = run("make", "-f", ROOT / "Makefile", recipe, "locked", cwd=tmp_path)
    assert installed.returncode == 0, installed.stderr
    assert "Successfully installed measure-1.0 measured-1.0" in installed.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("numpy", "other", "passes"),
    [("2.5.5", "1.0", True), ("1.26.4", "1.0", True), ("2.5.5", "2.0", False)],
)
def test_only_mxnet_s_own_bound_on_numpy_may_be_broken(tmp_path, numpy, other, passes):
    needs = "Requires-Dist: numpy<2.0.0,>1.16.0"
    pinned = empty_wheel(tmp_path, "mxnet", "1.9.1", needs) + empty_wheel(tmp_path, "numpy", numpy)
    pinned += empty_wheel(tmp_path, "measured", "1.0", "Requires-Dist: measure<2")
    pinned += empty_wheel(tmp_path, "measure", other)
    (tmp_path / "all.lock").write_text(pinned)
    venv.create(tmp_path / ".venv", with_pip=True)
    recipe = "--eval=checked:; @$(PIP_LOCKED) --quiet --no-index -f . -r all.lock; $(PIP_CHECK)"
    checked = run(
        "make", "--no-print-directory", "-f", ROOT / "Makefile", recipe, "checked", cwd=tmp_path
    )
    assert (checked.returncode == 0) == passes, checked
    assert ("measured 1.0 has requirement measure<2" in checked.stdout) == (not passes)
    assert "mxnet" not in checked.stdout


def test_the_editable_install_runs_the_files_of_this_folder():
    import hydra_plugins.lrstudy as plugin

    assert Path(plugin.__file__).is_relative_to(ROOT / "runner")


@pytest.mark.slow
def test_a_wheel_works_from_any_folder(environment, tmp_path):
    """Not editable: in an environment that sees this one's dependencies but not its lrstudy."""
    built = run(
        sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path), cwd=ROOT
    )
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    (packages,) = environment.glob("lib/python*/site-packages")
    # Site packages named in a .pth file are searched, but their own .pth files are not read,
    # and one of those is what makes the editable install visible.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    installed = run(
        environment / "bin/python", "-m", "pip", "install", "--no-deps", "--no-index", wheel
    )
    assert installed.returncode == 0, installed.stderr
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    where = run(
        environment / "bin/python",
        "-c",
        "import runner, hydra_plugins.lrstudy as s; print(runner.__file__, s.__file__)",
        cwd=elsewhere,
    )
    assert where.stdout.count(str(packages)) == 2
    assert all((packages / package / "py.typed").exists() for package in ("runner", "analysis"))
    smoke = run(environment / "bin/lrstudy", "+experiment=smoke", cwd=elsewhere)
    assert smoke.returncode == 0, smoke.stderr
    assert "4 configurations, 4 to train" in smoke.stdout
    words = ("hydra/launcher=submitit_slurm", "--cfg", "hydra")
    shipped = run(environment / "bin/lrstudy", *words, cwd=elsewhere)
    assert "hydra_plugins.lrstudy.LrstudyLauncher" in shipped.stdout
    report = run(environment / "bin/lrstudy-report", cwd=elsewhere)
    assert report.returncode == 0, report.stderr
    assert (elsewhere / "report" / "index.html").stat().st_size > 10_000


@pytest.fixture
def clone(tmp_path):
    """A folder with the Makefile and what it installs from, without an environment."""
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        (tmp_path / name).write_text((ROOT / name).read_text())
    return tmp_path


def python_that(folder, lacks, version=""):
    """A Python that fails where its code mentions `lacks`."""
    program = folder / "python"
    program.write_text(
        "#!/bin/sh\n"
        f'case "$*" in --version) echo "{version}"; exit;; *{lacks}*) exit 1;; esac\n'
        f'exec "{sys.executable}" "$@"\n'
    )
    program.chmod(stat.S_IRWXU)
    return program


@pytest.mark.parametrize(
    ("lacks", "line"),
    [
        ("version_info", "needs Python 3.10 to 3.14, .*python is Python 3.9.2; choose another"),
        ("ensurepip", "the Python module venv is missing; .*apt-get install .* python3-venv"),
        ("libgomp", "the library libgomp.so.1 is missing; .*apt-get install .* libgomp1"),
        ("libquadmath", "the library libquadmath.so.0 is missing; .*install .* libquadmath0"),
    ],
)
def test_make_says_in_one_line_what_is_missing(clone, lacks, line):
    python = python_that(clone, lacks, "Python 3.9.2")
    user = clone / "id"  # make installs what is missing for root alone
    user.write_text("#!/bin/sh\necho 1000\n")
    user.chmod(stat.S_IRWXU)
    answer = run(
        "make", "install", f"PYTHON={python}", cwd=clone, env={"PATH": f"{clone}:/usr/bin:/bin"}
    )
    assert answer.returncode == 2
    assert answer.stderr.count("\n") == 1
    assert re.search(line, answer.stderr)
    assert not (clone / ".venv").exists()

"""The folders are the architecture: the contracts catch what goes the wrong way, and the figures of `tests.tools.structure` do not grow."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tools.structure import LAYERS, measure

ROOT = Path(__file__).resolve().parents[2]

WRONG = [
    ("schemas/times.py", "pipeline.flow"),
    ("schemas/times.py", "models.facets"),
    ("models/facets.py", "pipeline.flow"),
    ("pipeline/flow.py", "models"),
    ("pipeline/flow.py", "agents.settings"),
    ("pipeline/flow.py", "aiokafka"),
    ("models/facets.py", "models.heads"),
    ("models/features/form.py", "models.judging"),
    ("pipeline/privacy/redaction.py", "pipeline.stream"),
    ("pipeline/stream/stage.py", "pipeline.policy"),
    ("pipeline/act/shard.py", "pipeline.decide"),
    ("pipeline/decide/shard.py", "pipeline.monitor"),
    ("agents/settings.py", "agents.kafka"),
    ("agents/kafka/tls.py", "agents.runtime"),
    ("agents/runtime/stage.py", "agents.stages.build"),
    ("agents/stages/build.py", "agents.commands"),
]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The four layers and the contracts, to spoil."""
    folder = tmp_path_factory.mktemp("house")
    for layer in LAYERS:
        shutil.copytree(ROOT / layer, folder / layer, ignore=shutil.ignore_patterns("__pycache__", "*.npz", "*.json"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """What ``make contracts`` says of a folder."""
    lint_imports = Path(sys.executable).with_name("lint-imports")
    return subprocess.run([lint_imports, "--no-cache", "--no-logo"], cwd=folder, capture_output=True, text=True, check=False, timeout=120)


def test_contracts_hold(copy: Path) -> None:
    """As it stands every contract is kept."""
    kept = lint(copy)
    assert kept.returncode == 0, kept.stdout


@pytest.mark.parametrize(("file", "target"), WRONG)
def test_a_wrong_import_is_caught(copy: Path, file: str, target: str) -> None:
    """One import against the direction, in any layer, breaks a contract that names both ends."""
    place = copy / file
    right = place.read_text(encoding="utf-8")
    try:
        place.write_text(f"{right}\nimport {target}\n", encoding="utf-8")
        broken = lint(copy)
    finally:
        place.write_text(right, encoding="utf-8")
    assert broken.returncode == 1
    assert f"{file.removesuffix('.py').replace('/', '.')} -> {target.split('.', maxsplit=1)[0]}" in broken.stdout


def test_a_package_without_a_layer_is_caught(copy: Path) -> None:
    """A new package has to be given its layer."""
    new = copy / "pipeline" / "nowhere"
    new.mkdir()
    try:
        (new / "__init__.py").write_text('"""Nothing."""\n', encoding="utf-8")
        broken = lint(copy)
    finally:
        shutil.rmtree(new)
    assert broken.returncode == 1
    assert "pipeline.nowhere" in broken.stdout


def test_packages_know_each_other_by_their_faces(copy: Path) -> None:
    """No import goes past an ``__init__.py``; one that does is named with its line."""
    assert measure(ROOT).past_faces == []
    place = copy / "pipeline" / "act" / "shard.py"
    right = place.read_text(encoding="utf-8")
    place.write_text(f"from pipeline.policy.evaluate import judge\n{right}", encoding="utf-8")
    try:
        assert measure(copy).past_faces == ["pipeline/act/shard.py:1 imports pipeline.policy.evaluate"]
    finally:
        place.write_text(right, encoding="utf-8")


def test_figures_do_not_grow() -> None:
    """One class, one name; no function beyond a screen; kernels say what their numbers are."""
    found = measure(ROOT)
    assert found.shared_class_names == {}
    assert {name: lines for name, lines in found.longest_functions.items() if lines > 60} == {}
    assert found.bare_integers == {}


def test_unit_tests_mirror_the_packages() -> None:
    """Every folder of unit tests is a package of the project."""
    folders = {file.parent.relative_to(ROOT / "tests" / "unit") for file in (ROOT / "tests" / "unit").rglob("test_*.py")}
    assert [folder for folder in sorted(folders) if not (ROOT / folder / "__init__.py").exists()] == []


def test_make_test_leaves_no_test_out() -> None:
    """`make test` names the folders of tests one by one: each that has some is named."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    recipe = makefile[makefile.index("\ntest:") : makefile.index("\ncheck:")]
    named = {word.rstrip(";").split("/")[1] for word in recipe.split() if word.startswith("tests/")}
    assert named == {file.relative_to(ROOT / "tests").parts[0] for file in (ROOT / "tests").rglob("test_*.py")}

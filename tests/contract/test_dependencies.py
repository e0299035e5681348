"""What is installed is what was pinned: nobody audits a package that nobody named."""

import re
import subprocess
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution, requires
from pathlib import Path

import orjson
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import absent

ROOT = Path(__file__).parents[2]
PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)$")


def pinned() -> dict[str, str]:
    """Package -> the version in the constraints."""
    lines = (ROOT / "deploy" / "constraints.txt").read_text(encoding="utf-8").splitlines()
    entries = [line for line in lines if line.strip() and not line.startswith("#")]
    found: dict[str, str] = {
        str(canonicalize_name(match[1])): match[2] for line in entries if (match := PIN.match(line.split(";")[0].strip()))
    }
    assert len(found) == len(entries), "every line is an exact pin, once, without hashes or addresses"
    return found


def needed(extras: frozenset[str]) -> dict[str, Distribution]:
    """Everything that this project with these extras drags in, as far as this platform needs it."""
    found: dict[str, Distribution] = {}
    waiting = [("winnow-pipeline", extras)]
    while waiting:
        name, wanted = waiting.pop()
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:
            raise AssertionError(f"{name} is needed and not installed") from None
        for text in found[name].requires or ():
            requirement = Requirement(text)
            asked = [{"extra": extra} for extra in wanted or frozenset([""])]
            if requirement.marker is not None and not any(requirement.marker.evaluate(one) for one in asked):
                continue
            if canonicalize_name(requirement.name) not in found:
                waiting.append((canonicalize_name(requirement.name), frozenset(requirement.extras)))
    del found["winnow-pipeline"]
    return found


def test_all_that_is_installed_was_pinned() -> None:
    """Each package that runs or tests this project has the version in deploy/constraints.txt."""
    pins = pinned()
    differing = {
        name: (found.version, pins.get(name))
        for name, found in needed(frozenset(["dev", "board", "registry"])).items()
        if pins.get(name) != found.version
    }
    assert not differing, "(installed, pinned)"


def test_nothing_is_pinned_that_nobody_needs() -> None:
    """Every pin belongs to the project, to one of its extras, or to what the peers of `winnow bench peers` drag in."""
    used = set(needed(frozenset(["dev", "plot", "board", "registry", "traces"])))
    assert sorted(set(pinned()) - used - PEERS) == []


PEERS = frozenset(
    [
        "anyio",
        "authlib",
        "avro",
        "bytewax",
        "cachetools",
        "h11",
        "httpcore",
        "httpx",
        "joserfc",
        "jsonlines",
        "jsonpath-ng",
        "pyrsistent",
        "quixstreams",
        "rocksdict",
    ]
)
"""What the extra `bench` brings beside what is installed anyway."""


@pytest.mark.parametrize("extra", ["plot", "bench", "dev", "board", "registry", "traces"])
def test_every_extra_fits_the_constraints(extra: str) -> None:
    """pip finds a set of packages for it under deploy/constraints.txt; nothing is installed."""
    asked = [
        f"{one.name}{one.specifier}"
        for one in map(Requirement, requires("winnow-pipeline") or ())
        if one.marker is None or one.marker.evaluate({"extra": extra})
    ]
    done = subprocess.run(
        [sys.executable, "-m", "pip", "install", "--dry-run", "--quiet", "--disable-pip-version-check",
         "-c", str(ROOT / "deploy" / "constraints.txt"), *asked],
        capture_output=True, text=True, check=False, timeout=280,
    )  # fmt: skip
    if "ConnectionError" in done.stderr or "NewConnectionError" in done.stderr:
        absent("no package index")
    assert done.returncode == 0, done.stderr


def test_the_bill_of_materials_names_all_that_runs(tmp_path: Path) -> None:
    """`make sbom`: every package of an installation with its version, in CycloneDX."""
    written = tmp_path / "winnow.cdx.json"
    done = subprocess.run(
        ["make", "sbom", f"SBOM_OF={Path(sys.executable).parents[1]}", f"SBOM={written}", f"PYTHON={sys.executable}"],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=280,
    )  # fmt: skip
    if "ConnectionError" in done.stderr or "NewConnectionError" in done.stderr:
        absent("no package index")
    assert done.returncode == 0, done.stderr
    bill = orjson.loads(written.read_bytes())
    assert bill["bomFormat"] == "CycloneDX"
    assert bill["metadata"]["component"]["name"] == "winnow-pipeline"
    listed = {canonicalize_name(one["name"]): one["version"] for one in bill["components"]}
    runs = needed(frozenset(["board", "registry"]))
    assert {name: listed.get(canonicalize_name(name)) for name in runs} == {name: found.version for name, found in runs.items()}


def test_every_dependency_says_its_licence() -> None:
    """Nothing is shipped in the image of which nobody knows the terms."""
    silent = [
        name
        for name, found in needed(frozenset()).items()
        if not (_said(found, "License-Expression") or _said(found, "License") or _classified(found))
    ]
    assert not silent


def _said(found: Distribution, field: str) -> list[str]:
    return found.metadata.get_all(field) or []


def _classified(found: Distribution) -> bool:
    return any(line.startswith("License ::") for line in _said(found, "Classifier"))

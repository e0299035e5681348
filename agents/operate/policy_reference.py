"""``python -m agents.operate.policy_reference`` writes deploy/POLICY.md, NETWORKS.md and the JSON Schemas of what people write."""

from pathlib import Path

import orjson

from pipeline.backtest import CaseFile
from pipeline.policy import file_schemas, policy_page
from pipeline.sift import SubjectFile
from schemas.sources import networks_page, source_schema

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def documents() -> dict[str, bytes]:
    """Path below deploy -> content."""
    found = {"POLICY.md": policy_page().encode(), "NETWORKS.md": networks_page().encode()}
    others = {"cases": CaseFile.model_json_schema(), "subjects": SubjectFile.model_json_schema(), "source": source_schema()}
    for name, schema in (file_schemas() | others).items():
        whole = {"$schema": DIALECT, "$id": f"urn:winnow:file:{name}:v1"} | schema
        found[f"editor/{name}.schema.json"] = orjson.dumps(whole, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    return found


def write(folder: Path) -> None:
    """Write all of them below ``folder``."""
    for name, content in documents().items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


if __name__ == "__main__":
    write(DEPLOY)

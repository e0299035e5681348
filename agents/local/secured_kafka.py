"""A secured Kafka on loopback to practise on: TLS, a SCRAM user per role, the StandardAuthorizer, no ACLs yet.

``python -m agents.local.secured_kafka [PORT]`` runs until interrupted.
Everything is in ``.winnow/cluster``: ``ca.pem``, and a file per user
with its password, as a secret store would mount it.
"""

import secrets
import sys
from pathlib import Path

from agents.kafka import acls
from agents.local.kafka import LocalKafka, in_foreground
from agents.local.tls import Authority
from pipeline.policy import load_policy

FOLDER = Path(".winnow") / "cluster"
PREFIX = "winnow"
ADMIN = f"{PREFIX}-admin"


def cluster(folder: Path, port: int) -> LocalKafka:
    """The broker, not yet started. A second call with the same folder finds the same authority and passwords."""
    authority = Authority(folder / "tls")
    (folder / "ca.pem").write_bytes(authority.ca_file.read_bytes())
    words = folder / "secrets"
    words.mkdir(mode=0o700, parents=True, exist_ok=True)
    users = {}
    for user in (ADMIN, *(f"{PREFIX}-{role}" for role in acls.roles(team.name for team in load_policy(None).teams))):
        path = words / user
        if not path.exists():
            path.touch(0o600)
            path.write_text(secrets.token_urlsafe(24))
        users[user] = path.read_text()
    return LocalKafka(folder / "kafka", users=users, sasl_port=port, certificate=authority.issue("broker").resolve(), supers=[ADMIN])


def main() -> int:
    """Run it in the foreground until interrupted."""
    where = f"authority {FOLDER / 'ca.pem'}, passwords in {FOLDER / 'secrets'}, administrator {ADMIN}"
    return in_foreground(
        lambda: cluster(FOLDER, int(sys.argv[1]) if len(sys.argv) > 1 else 9093),
        lambda broker: f"Kafka with SASL_SSL at {broker.sasl_address}; {where}",
    )


if __name__ == "__main__":
    sys.exit(main())

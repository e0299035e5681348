"""What speaks to Kafka outside the stages: clients, topics, rights, scans, dead letters."""

from agents.kafka import acls, clients, kubernetes, tls, topics
from agents.kafka.dead_letters import Oldest, dismiss, heaps, now_ms, put_back
from agents.kafka.growth import grow
from agents.kafka.identities import identities
from agents.kafka.scan import Progress, Scanner
from agents.kafka.stall import Stall
from agents.kafka.topics import existing
from agents.kafka.unpacking import bound_unpacking

__all__ = [
    "Oldest",
    "Progress",
    "Scanner",
    "Stall",
    "acls",
    "bound_unpacking",
    "clients",
    "dismiss",
    "existing",
    "grow",
    "heaps",
    "identities",
    "kubernetes",
    "now_ms",
    "put_back",
    "tls",
    "topics",
]

"""``python -m agents.local [PORT]`` runs a real Kafka on loopback, for development."""

import sys

from agents.local.kafka import main

sys.exit(main())

"""``python -m agents.kafka deploy/kubernetes/base`` writes the manifests of topics, users and stages; see `agents.kafka.kubernetes`."""

import sys

from agents.kafka.kubernetes import main

sys.exit(main(sys.argv[1:]))

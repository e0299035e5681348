"""What runs a stage: worker, partitions, delivery, changelog, transport, ledger, probes."""

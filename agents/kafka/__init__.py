"""What speaks to Kafka outside the stages: clients, topics, rights, scans, dead letters."""

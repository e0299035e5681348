"""The verbs: pure functions and state machines for every stage; nothing here knows Kafka, clocks or sockets."""

"""The shell: Faust apps, Kafka, metrics, web and the command line around the pure stages."""

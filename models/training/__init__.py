"""One artefact from the licensed sets, with its card."""

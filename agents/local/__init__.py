"""Everything on one machine: brokers, supervision, the demo and its screen."""

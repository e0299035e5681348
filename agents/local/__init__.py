"""Everything on one machine: brokers, supervision, the demo and its screen."""

from agents.local.demo import run_demo
from agents.local.kafka import VERSION, LocalKafka
from agents.local.restart_request import run_restart
from agents.local.supervise import BOARD, Supervisor, last_line
from agents.local.up import run_up

__all__ = ["BOARD", "VERSION", "LocalKafka", "Supervisor", "last_line", "run_demo", "run_restart", "run_up"]

"""The policy file: model, conditions, evaluation, snapshots, edits."""

from pipeline.policy.conditions import condition, context
from pipeline.policy.edit import dump_silences, ended, lasting, to_shadow
from pipeline.policy.errors import PolicyError, read_yaml
from pipeline.policy.evaluate import Asked, Verdict, judge
from pipeline.policy.fact_table import CLASSES
from pipeline.policy.facts import facts_of, local_facts, severity_class
from pipeline.policy.gravity import class_floor, graver, times_asked, wakes
from pipeline.policy.hours import Hours, RecurringWindow
from pipeline.policy.load import also_silent, load_policy, parse_silences, silences_beside, with_silences
from pipeline.policy.model import Attention, Policy, Rule, Silence, Team
from pipeline.policy.nearest import nearest
from pipeline.policy.policy_shard import PolicyShard
from pipeline.policy.reference import file_schemas, policy_page
from pipeline.policy.silence_record import read_silence, silence_id, silence_of
from pipeline.policy.values import Duration

__all__ = [
    "CLASSES",
    "Asked",
    "Attention",
    "Duration",
    "Hours",
    "Policy",
    "PolicyError",
    "PolicyShard",
    "RecurringWindow",
    "Rule",
    "Silence",
    "Team",
    "Verdict",
    "also_silent",
    "class_floor",
    "condition",
    "context",
    "dump_silences",
    "ended",
    "facts_of",
    "file_schemas",
    "graver",
    "judge",
    "lasting",
    "load_policy",
    "local_facts",
    "nearest",
    "parse_silences",
    "policy_page",
    "read_silence",
    "read_yaml",
    "severity_class",
    "silence_id",
    "silence_of",
    "silences_beside",
    "times_asked",
    "to_shadow",
    "wakes",
    "with_silences",
]

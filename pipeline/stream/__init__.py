"""What every stage is built on: batches and steps, order, offsets, dead letters, and state that stays bounded."""

from pipeline.stream.accounted import OF_NO_RECORD, POSITION_KEY, AccountedShard, Arrived, source_header
from pipeline.stream.dead_letter import Unreadable, original
from pipeline.stream.decode import instant, read_decision, read_situation
from pipeline.stream.dedup import Copy, Dedup, hash_texts
from pipeline.stream.generations import Generations, MemoryGeneration
from pipeline.stream.merge import BEGINNING
from pipeline.stream.ordered import OrderedShard
from pipeline.stream.partitioner import partition_of
from pipeline.stream.pending import JoinBuffer
from pipeline.stream.stage import (
    WATERMARK,
    WITHDRAWAL,
    Batch,
    Deleted,
    Header,
    InputRecord,
    Output,
    Record,
    Shard,
    Span,
    Step,
    Written,
    header,
    trace_parent,
    watermark,
)
from pipeline.stream.ttl import Expiry
from pipeline.stream.unordered import UnorderedShard

__all__ = [
    "BEGINNING",
    "OF_NO_RECORD",
    "POSITION_KEY",
    "WATERMARK",
    "WITHDRAWAL",
    "AccountedShard",
    "Arrived",
    "Batch",
    "Copy",
    "Dedup",
    "Deleted",
    "Expiry",
    "Generations",
    "Header",
    "InputRecord",
    "JoinBuffer",
    "MemoryGeneration",
    "OrderedShard",
    "Output",
    "Record",
    "Shard",
    "Span",
    "Step",
    "UnorderedShard",
    "Unreadable",
    "Written",
    "hash_texts",
    "header",
    "instant",
    "original",
    "partition_of",
    "read_decision",
    "read_situation",
    "source_header",
    "trace_parent",
    "watermark",
]

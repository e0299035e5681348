"""The frame of every stage: batches, merge, offsets, state, dead letters."""

from pipeline.stream.dead_letter import Unreadable, rejected
from pipeline.stream.decode import instant, read_decision, read_situation
from pipeline.stream.dedup import Copy, Dedup, hash_texts
from pipeline.stream.merge import BEGINNING
from pipeline.stream.offsets import OffsetTracker, dump_spans, load_spans
from pipeline.stream.ordered import POSITION_KEY, Arrived, OrderedShard, watermark
from pipeline.stream.partitioner import partition_of
from pipeline.stream.pending import JoinBuffer
from pipeline.stream.stage import WATERMARK, Batch, Header, InputRecord, Output, Record, Shard, Span, Step, header, trace_parent
from pipeline.stream.ttl import Expiry
from pipeline.stream.unordered import UnorderedShard

__all__ = [
    "BEGINNING",
    "POSITION_KEY",
    "WATERMARK",
    "Arrived",
    "Batch",
    "Copy",
    "Dedup",
    "Expiry",
    "Header",
    "InputRecord",
    "JoinBuffer",
    "OffsetTracker",
    "OrderedShard",
    "Output",
    "Record",
    "Shard",
    "Span",
    "Step",
    "UnorderedShard",
    "Unreadable",
    "dump_spans",
    "hash_texts",
    "header",
    "instant",
    "load_spans",
    "partition_of",
    "read_decision",
    "read_situation",
    "rejected",
    "trace_parent",
    "watermark",
]

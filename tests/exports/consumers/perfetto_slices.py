"""Decodes every packet of a Perfetto trace as trace_processor does, pairs its slices, and prints their sums as JSON."""

import json
import sys
import zlib

from google.protobuf.unknown_fields import UnknownFieldSet
from perfetto.protos.perfetto.trace.perfetto_trace_pb2 import Trace, TracePacket, TrackEvent


class Sequence:
    """What the packets of one sequence say of those that follow."""

    def __init__(self):
        self.names = {}
        self.time = None
        self.track = None


def packets(data):
    trace = Trace()
    assert trace.ParseFromString(data) == len(data)
    assert not UnknownFieldSet(trace)
    for packet in trace.packet:
        assert not UnknownFieldSet(packet)
        if packet.HasField("compressed_packets"):
            yield from packets(zlib.decompress(packet.compressed_packets))
        else:
            yield packet


def main(path):
    tracks, sequences, stacks, sums = {}, {}, {}, {}
    annotations = []
    began, open_lives, lives, counters = None, {}, [], []
    count = 0
    with open(path, "rb") as file:
        data = file.read()
    for packet in packets(data):
        count += 1
        if packet.HasField("track_descriptor"):
            tracks[packet.track_descriptor.uuid] = packet.track_descriptor
        if not packet.HasField("trusted_packet_sequence_id"):
            assert not packet.HasField("track_event")
            continue
        if packet.timestamp_clock_id == 6:
            # A span or a counter on a track of its own, with times on the clock of the trace.
            event = packet.track_event
            if event.type == TrackEvent.TYPE_COUNTER:
                track = tracks[event.track_uuid]
                assert track.HasField("counter")
                value = event.counter_value if event.HasField("counter_value") else event.double_counter_value
                names = [tracks[track.parent_uuid].name, track.name, track.counter.unit_name]
                counters.append([*names, packet.timestamp - began, value])
                continue
            if event.type == TrackEvent.TYPE_SLICE_BEGIN:
                assert event.track_uuid not in open_lives
                open_lives[event.track_uuid] = (event, packet.timestamp - began)
                continue
            assert event.type == TrackEvent.TYPE_SLICE_END
            first, start = open_lives.pop(event.track_uuid)
            track = tracks[event.track_uuid]
            above = tracks[track.parent_uuid]
            numbers = {number.name: number.uint_value for number in first.debug_annotations}
            names = [tracks[above.parent_uuid].name, above.name, track.name, first.name]
            lives.append([*names, start, packet.timestamp - began - start, numbers["busy_ns"], numbers["polls"]])
            continue
        if packet.sequence_flags & TracePacket.SEQ_INCREMENTAL_STATE_CLEARED:
            sequences[packet.trusted_packet_sequence_id] = Sequence()
        sequence = sequences[packet.trusted_packet_sequence_id]
        if packet.HasField("clock_snapshot"):
            boottime, counted = packet.clock_snapshot.clocks
            assert (boottime.clock_id, counted.is_incremental) == (6, True)
            assert boottime.timestamp > 0 and counted.timestamp == 0
            sequence.time, sequence.clock = 0, counted.clock_id
            began = boottime.timestamp
        if packet.HasField("trace_packet_defaults"):
            assert packet.trace_packet_defaults.timestamp_clock_id == sequence.clock
            sequence.track = packet.trace_packet_defaults.track_event_defaults.track_uuid
        for name in packet.interned_data.event_names:
            assert name.iid not in sequence.names
            sequence.names[name.iid] = name.name
        if not packet.HasField("track_event"):
            continue
        assert packet.sequence_flags & TracePacket.SEQ_NEEDS_INCREMENTAL_STATE
        sequence.time += packet.timestamp
        stack = stacks.setdefault(sequence.track, [])
        if packet.track_event.type == TrackEvent.TYPE_SLICE_BEGIN:
            for number in packet.track_event.debug_annotations:
                value = number.int_value if number.HasField("int_value") else number.double_value
                annotations.append([sequence.time, number.name, value])
            stack.append((sequence.names[packet.track_event.name_iid], sequence.time))
            continue
        assert packet.track_event.type == TrackEvent.TYPE_SLICE_END
        name, start = stack.pop()
        track = tracks[sequence.track]
        key = (tracks[track.parent_uuid].name, track.name, name)
        calls, total, starts = sums.get(key, (0, 0, 0))
        sums[key] = (calls + 1, total + sequence.time - start, starts + start)
    assert not any(stacks.values()), "slices that do not end"
    assert not open_lives
    assert len({track for track in tracks}) == len(tracks)
    sums = [[*key, *values] for key, values in sums.items()]
    print(json.dumps({"packets": count, "sums": sums, "lives": lives, "annotations": annotations, "counters": counters}))


main(sys.argv[1])

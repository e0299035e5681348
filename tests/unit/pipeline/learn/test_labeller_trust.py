"""Who may be believed: labels and their givers in, what is taught out."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.learn.labeller_trust import FREE, GIVERS, HELD_LIMIT, PER_WHEAT, Trust


def taught(trust: Trust, giver: str, verdicts: str) -> list[tuple[str, bool]]:
    """What comes of a giver's verdicts, n for noise and w for wheat, in order."""
    return [found for at, one in enumerate(verdicts) for found in trust.weigh(giver, f"{giver} {at}", one == "n")]


def test_who_calls_everything_noise_is_soon_not_believed() -> None:
    """Only the first few verdicts of a giver that never finds wheat are taught, however many come."""
    assert sum(noise for _, noise in taught(Trust(), "team/angry", "n" * 500)) == FREE


def test_wheat_lets_what_waited_be_taught() -> None:
    """One word for wheat releases the verdicts that waited, in order, as far as it reaches."""
    trust = Trust()
    taught(trust, "a", "n" * (FREE + 20))
    released = taught(trust, "a", "w")
    assert released[0] == ("a 0", False)
    assert [text for text, _ in released[1:]] == [f"a {FREE + at}" for at in range(PER_WHEAT)]


def test_one_giver_does_not_vouch_for_another() -> None:
    """Another team's wheat does not make a giver believed that only finds noise."""
    trust = Trust()
    taught(trust, "honest", "w" * 200)
    assert len(taught(trust, "angry", "n" * 100)) == FREE


def test_what_waits_is_bounded() -> None:
    """Of very many verdicts that wait, and of very many givers, few are kept."""
    trust = Trust()
    taught(trust, "angry", "n" * (FREE + 3 * HELD_LIMIT))
    released = taught(trust, "angry", "w" * 200)
    assert sum(noise for _, noise in released) == HELD_LIMIT
    for number in range(GIVERS + 5):
        trust.weigh(f"g{number}", "text", True)
    assert sum(value is not None for value in trust.changes().values()) == GIVERS


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=120), st.integers(0, 120))
def test_a_restart_makes_no_difference(labels: list[tuple[str, bool]], at: int) -> None:
    """Restored from what it wrote, it believes what it would have believed."""
    whole, before = Trust(), Trust()
    expected = [whole.weigh(giver, f"t{number}", noise) for number, (giver, noise) in enumerate(labels)]
    for number, (giver, noise) in enumerate(labels[:at]):
        before.weigh(giver, f"t{number}", noise)
    after = Trust()
    after.restore({key: value for key, value in before.changes().items() if value is not None} | {b"texts/1/1": b"of others"})
    assert [after.weigh(giver, f"t{at + number}", noise) for number, (giver, noise) in enumerate(labels[at:])] == expected[at:]

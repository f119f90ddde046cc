import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.contract.topics import FROM_GATE, FROM_HUB, HUB, TO_GATE, Name, Topic, from_every_gate

GATES = st.from_regex(r"[a-z0-9-]{1,32}", fullmatch=True).filter(lambda text: text != HUB)
TOPICS = st.one_of(
    st.builds(Topic, GATES, st.sampled_from(sorted(FROM_GATE | TO_GATE))),
    st.builds(Topic, st.just(HUB), st.sampled_from(sorted(FROM_HUB))),
)


@given(TOPICS)
def test_a_topic_is_parsed_back_to_itself(topic: Topic) -> None:
    assert Topic.parse(str(topic)) == topic
    assert str(topic).count("/") == 3


@pytest.mark.parametrize(
    "text",
    [
        "", "kakou", "kakou/v1/east", "kakou/v1/east/records/x", "kakou/v2/east/records", "other/v1/east/records",
        "kakou/v1/East/records", "kakou/v1/a+b/records", "kakou/v1/#/records", "kakou/v1//records", "kakou/v1/east/nothing",
        "kakou/v1/hub/records", "kakou/v1/hub/hello", "kakou/v1/" + "a" * 33 + "/records", "kakou/v1/east\n/records",
    ],
)  # fmt: skip
def test_what_is_no_topic_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="topic"):
        Topic.parse(text)


def test_the_hub_hears_every_gate_with_one_subscription() -> None:
    assert from_every_gate(Name.RECORDS) == "kakou/v1/+/records"
    with pytest.raises(ValueError, match="not sent by gates"):
        from_every_gate(Name.ACK)

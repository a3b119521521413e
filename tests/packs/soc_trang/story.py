"""What a document tells about one entry: a title and parts of some sentences, without any name or place."""

from dataclasses import dataclass

from .draw import number
from .titles import Idea
from .topics import HOW, NEXT, RESULT, RESULTS, SPREAD, TOPICS, WHY


@dataclass(frozen=True)
class Story:
    """The words of one document."""

    title: str
    parts: tuple[tuple[str, tuple[str, ...]], ...]
    """Heading and sentences."""


def story_of(idea: Idea) -> Story:
    """The story of one entry, with figures that depend on its title."""
    why, how = TOPICS[idea.topic]
    seed = idea.title
    before = number(seed + "/a", 42, 61)
    figures = {
        "a": before,
        "b": before + number(seed + "/b", 18, 33),
        "c": number(seed + "/c", 120, 940),
        "d": number(seed + "/d", 3, 28),
        "e": number(seed + "/e", 2, 9),
    }
    first = number(seed + "/results", 0, len(RESULTS) - 1)
    results = tuple(RESULTS[(first + i) % len(RESULTS)].format(**figures) for i in range(2))
    spread = tuple(sentence.format(**figures) for sentence in SPREAD)
    return Story(idea.title, ((WHY, (why,)), (HOW, (how,)), (RESULT, results), (NEXT, spread)))

"""What `config.yml` may name, and the other ways in which it could bring code in. Pure.

Rasa imports whatever class a configuration names, so the names are a list. It is read by the
command line before it trains, and by the launcher inside Rasa's environment before it trains,
loads or serves.
"""

from collections.abc import Iterable, Mapping
from typing import Any

SECTIONS = ("pipeline", "policies")

# Rasa's own that keep no pickled objects, open no connection and need no further package.
RASA = {
    "pipeline": frozenset(
        {
            "CountVectorsFeaturizer",
            "EntitySynonymMapper",
            "FallbackClassifier",
            "KeywordIntentClassifier",
            "LexicalSyntacticFeaturizer",
            "LogisticRegressionClassifier",
            "RegexEntityExtractor",
            "RegexFeaturizer",
            "WhitespaceTokenizer",
        }
    ),
    "policies": frozenset({"AugmentedMemoizationPolicy", "MemoizationPolicy", "RulePolicy"}),
}

OURS = {
    "pipeline": frozenset(
        {
            "bot.answer_gate.AnswerGate",
            "bot.degree_reader.DegreeReader",
            "bot.sentence_featurizer.SentenceFeaturizer",
        }
    ),
    "policies": frozenset({"bot.safety_policy.SafetyPolicy"}),
}

ALLOWED = {section: RASA[section] | OURS[section] for section in SECTIONS}

# For measurements in the environment that has TensorFlow; never trained by `afterword train`, and
# never served.
NEEDS_TENSORFLOW = frozenset(
    {
        "ConveRTFeaturizer",
        "DIETClassifier",
        "LanguageModelFeaturizer",
        "ResponseSelector",
        "TEDPolicy",
        "UnexpecTEDIntentPolicy",
    }
)

RECIPE = "default.v1"
_IMPORTER = "RasaFileImporter"


def names(config: Mapping[str, Any], section: str) -> list[str]:
    """The components of a section, in order; an entry is a name or a mapping with a name."""
    entries = config.get(section)
    return [
        str(entry.get("name", "") if isinstance(entry, Mapping) else entry)
        for entry in (entries if isinstance(entries, list) else [])
    ]


def problems(
    config: Mapping[str, Any],
    sections: Iterable[str] = SECTIONS,
    also: frozenset[str] = frozenset(),
) -> list[str]:
    """What in a configuration is not allowed, a sentence each; `also` are further allowed names."""
    found = [
        f"{name or 'a component without a name'} is not an allowed component under {section}. "
        f"Allowed are: {', '.join(sorted(ALLOWED[section] | also))}. "
        "The list is ALLOWED in afterword/components.py."
        for section in sections
        for name in names(config, section)
        if name not in ALLOWED[section] | also
    ]
    if config.get("recipe", RECIPE) != RECIPE:
        found.append(f"The recipe must be {RECIPE}: another one names classes of its own.")
    found += [
        f"{name} is not an allowed importer. Take it out: only {_IMPORTER} is used."
        for name in names(config, "importers")
        if name != _IMPORTER
    ]
    return found


def unknown(components: Iterable[str]) -> list[str]:
    """Those of a model's components that may not be loaded, in order."""
    allowed = frozenset().union(*ALLOWED.values())
    return [name for name in components if name not in allowed]

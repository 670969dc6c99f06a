"""What the model reads of a message: the windows of its cleaned text, in words of the encoder."""

from dataclasses import dataclass

from afterword.screening.spanish import Glossary
from afterword.screening.windows import Window, windows
from afterword.screening.wordpiece import Vocabulary, cleaned


@dataclass(frozen=True)
class Reading:
    """A message in windows. `spanish` says which thresholds hold for it."""

    windows: tuple[Window, ...]
    spanish: bool


@dataclass(frozen=True)
class Reader:
    """Texts to windows of word pieces."""

    vocabulary: Vocabulary
    glossary: Glossary

    def read(self, text: str) -> Reading:
        """The windows of a message as it was typed."""
        plain = cleaned(text)
        spanish = self.glossary.is_spanish(plain)
        if not spanish:
            return Reading(tuple(windows(plain, self.vocabulary.pieces)), spanish)
        found = windows(plain, self._spanish_pieces)
        return Reading(tuple(Window(self._both(one.text), one.pieces) for one in found), spanish)

    def words(self, text: str) -> str:
        """What the linear model learns from: the words, Spanish ones in English too."""
        plain = cleaned(text)
        return self._both(plain) if self.glossary.is_spanish(plain) else plain

    def ids(self, window: Window) -> list[int]:
        """The word pieces between start and end, as the encoder takes them."""
        return [self.vocabulary.start, *window.pieces, self.vocabulary.end]

    def _both(self, plain: str) -> str:
        return f"{plain} {self.glossary.english(plain)}"

    def _spanish_pieces(self, text: str) -> list[int]:
        return self.vocabulary.pieces(self.glossary.english(text))

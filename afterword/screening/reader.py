"""What the model reads of a message: the windows of its cleaned text, in words of the encoder."""

from dataclasses import dataclass

from afterword.screening.spanish import Glossary
from afterword.screening.windows import Window, windows
from afterword.screening.wordpiece import Vocabulary, cleaned


@dataclass(frozen=True)
class Reading:
    """A message in windows, and the words of each as they are, without what the word list says of
    them. `spanish` says which bounds hold for it."""

    windows: tuple[Window, ...]
    plain: tuple[str, ...]
    spanish: bool

    @property
    def language(self) -> str:
        return "es" if self.spanish else "en"


@dataclass(frozen=True)
class Reader:
    """Texts to windows of word pieces."""

    vocabulary: Vocabulary
    glossary: Glossary

    def read(self, text: str) -> Reading:
        """The windows of a message as it was typed."""
        plain = cleaned(text)
        spanish = self.glossary.is_spanish(plain)
        found = windows(plain, self._spanish_pieces if spanish else self.vocabulary.pieces)
        said = tuple(one.text for one in found)
        if spanish:
            found = [Window(self._both(one.text), one.pieces) for one in found]
        return Reading(tuple(found), said, spanish)

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

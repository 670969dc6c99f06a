"""What a thief does with a copy: looks for words in every byte of every file, packed ones too."""

import base64
import gzip
import io
import sqlite3
import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

# Of base64 that begins 0, 1 or 2 bytes before the words: signs that hold other bytes too.
_SHARED = (0, 2, 3)


def forms(secret: bytes) -> set[bytes]:
    """How it may stand in a file: as it is, in UTF-16, in hexadecimal, in base64 at any place."""
    written = {secret.hex().encode(), secret.hex().upper().encode(), *_base64(secret)}
    if secret.isascii():
        written |= {secret.decode().encode(f"utf-16-{end}") for end in ("le", "be")}
    return {secret, *written}


def found_in(folder: Path, secrets: Iterable[bytes]) -> set[str]:
    """The files, and the parts of packed ones, in which one of them stands."""
    wanted = {form for secret in secrets for form in forms(secret)}
    return {
        name
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        for name, content in _parts(path)
        if any(form in content for form in wanted)
    }


def _parts(path: Path) -> Iterator[tuple[str, bytes]]:
    content = path.read_bytes()
    yield from _unpacked(path.name, content)
    if content.startswith(b"SQLite format 3"):
        # A long value lies on several pages: in the file other bytes stand within it.
        yield f"{path.name}: rows", b"\n".join(_cells(path))


def _unpacked(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    """The bytes of a file, and those of what is packed in it."""
    yield name, content
    if content.startswith(b"\x1f\x8b"):
        yield from _unpacked(f"{name}: gunzipped", gzip.decompress(content))
    elif content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            for one in packed.namelist():
                yield from _unpacked(f"{name}: {one}", packed.read(one))
    elif content[257:262] == b"ustar":
        with tarfile.open(fileobj=io.BytesIO(content)) as packed:
            for member in packed.getmembers():
                if (file := packed.extractfile(member)) is not None:
                    yield from _unpacked(f"{name}: {member.name}", file.read())


def _cells(path: Path) -> Iterator[bytes]:
    """Every value of every table."""
    database = sqlite3.connect(path)
    tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    for (table,) in tables:
        for row in database.execute(f'SELECT * FROM "{table}"'):
            yield from (one if isinstance(one, bytes) else str(one).encode() for one in row)
    database.close()


def _base64(secret: bytes) -> Iterator[bytes]:
    for before, shared in enumerate(_SHARED):
        whole = (before + len(secret)) * 8 // 6
        padded = bytes(before) + secret
        for encoded in (base64.b64encode(padded), base64.urlsafe_b64encode(padded)):
            yield encoded[shared:whole]

"""Tables of how staff sign in: sessions, steps on the way, second factors, invitations."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from afterword.records.models import Base, Id


class StaffSession(Base):
    """Somebody who is signed in, or who was invited and has no second factor yet."""

    __tablename__ = "staff_session"
    __table_args__ = (Index(None, "staff_id"),)

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    # Stays when the token is made anew; names the session in the list of one's own.
    id: Mapped[str] = mapped_column(Id, unique=True)
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"))
    # "full", or "enrol": then nothing but the enrolment is reachable.
    stage: Mapped[str] = mapped_column(String(8))
    browser: Mapped[str] = mapped_column(String(40))
    # What a passkey has to sign next; taken away when it is looked at.
    challenge: Mapped[bytes | None]
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    # When the second factor was last given.
    fresh_at: Mapped[datetime | None]


class SignInStep(Base):
    """A sign-in that waits for its second factor. Unknown addresses leave the same row."""

    __tablename__ = "sign_in_step"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    # The keyed hash of the address that was typed, for the limits; empty for passkeys.
    account: Mapped[str] = mapped_column(String(64))
    # Only where the password fitted.
    staff_id: Mapped[str | None] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"))
    challenge: Mapped[bytes]
    tries: Mapped[int]
    expires_at: Mapped[datetime]


class Factor(Base):
    """An authenticator app (`totp`) or a passkey (`passkey`) of a member of staff."""

    __tablename__ = "factor"
    __table_args__ = (Index(None, "staff_id"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(8))
    sealed_secret: Mapped[bytes | None]
    # The last counter that was taken: a code works once.
    last_counter: Mapped[int | None] = mapped_column(BigInteger)
    credential: Mapped[bytes | None]
    credential_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    public_key: Mapped[bytes | None]
    sign_count: Mapped[int]
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class RecoveryCode(Base):
    """A code for who has lost the second factor, as a keyed hash. It works once."""

    __tablename__ = "recovery_code"
    __table_args__ = (Index(None, "staff_id"),)

    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"))
    used_at: Mapped[datetime | None]


class StaffInvitation(Base):
    """A link to set up an account, or to set up a new second factor for one."""

    __tablename__ = "staff_invitation"
    __table_args__ = (Index(None, "staff_id"),)

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"))
    # The present password is asked for instead of a new one being set.
    keeps_password: Mapped[bool]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

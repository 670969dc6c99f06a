"""Passkeys (WebAuthn): what the browser is asked to sign, and the check of what it has signed.

User verification is required throughout, so a passkey is two factors by itself.
"""

import ipaddress
import json
from collections.abc import Iterable
from urllib.parse import urlsplit

import webauthn
from webauthn.helpers import options_to_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from afterword.records.factors import Passkey
from afterword.settings import Settings

_PRODUCT = "Afterword"
_VERIFIED = UserVerificationRequirement.REQUIRED
# What the library and its parsers raise on what is no answer of an authenticator.
_BROKEN = (WebAuthnException, ValueError, TypeError, LookupError, AttributeError, OverflowError)


class PasskeyRefused(Exception):
    """What came from the browser does not fit. Carries nothing of it."""


def available(settings: Settings) -> bool:
    """Whether browsers offer passkeys at our address: not on bare numbers, not without https."""
    own = urlsplit(settings.base_url)
    host = own.hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return own.scheme == "https" or host == "localhost"
    return False


def creation_options(
    settings: Settings, staff_id: str, name: str, challenge: bytes, present: Iterable[Passkey]
) -> str:
    """JSON for `navigator.credentials.create`."""
    options = webauthn.generate_registration_options(
        rp_id=_host(settings),
        rp_name=_PRODUCT,
        user_id=staff_id.encode(),
        user_name=name,
        user_display_name=name,
        challenge=challenge,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            require_resident_key=True,
            user_verification=_VERIFIED,
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=one.credential) for one in present],
    )
    return options_to_json(options)


def request_options(settings: Settings, challenge: bytes, allowed: Iterable[Passkey] = ()) -> str:
    """JSON for `navigator.credentials.get`; without `allowed` any passkey of this site may sign."""
    options = webauthn.generate_authentication_options(
        rp_id=_host(settings),
        challenge=challenge,
        allow_credentials=[PublicKeyCredentialDescriptor(id=one.credential) for one in allowed],
        user_verification=_VERIFIED,
    )
    return options_to_json(options)


def check_new(settings: Settings, challenge: bytes, credential: str) -> tuple[bytes, bytes, int]:
    """Id, public key and counter of a passkey that was just made. Raises PasskeyRefused."""
    try:
        made = webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=_host(settings),
            expected_origin=_origin(settings),
            require_user_verification=True,
        )
    except _BROKEN:
        raise PasskeyRefused from None
    return made.credential_id, made.credential_public_key, made.sign_count


def check(settings: Settings, challenge: bytes, credential: str, passkey: Passkey) -> int:
    """The new counter of a passkey that has signed the challenge. Raises PasskeyRefused."""
    try:
        signed = webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=_host(settings),
            expected_origin=_origin(settings),
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    except _BROKEN:
        raise PasskeyRefused from None
    return signed.new_sign_count


def credential_id(credential: str) -> bytes:
    """Which passkey says that it has signed. Raises PasskeyRefused."""
    try:
        return webauthn.base64url_to_bytes(json.loads(credential)["rawId"])
    except _BROKEN:
        raise PasskeyRefused from None


def _host(settings: Settings) -> str:
    return urlsplit(settings.base_url).hostname or ""


def _origin(settings: Settings) -> str:
    own = urlsplit(settings.base_url)
    return f"{own.scheme}://{own.netloc}"

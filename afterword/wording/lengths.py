"""How long a text is where it is shown: on a phone, as a message, on a button.

Limits as their makers give them: SMS of 160 characters of the GSM alphabet or 70 of any other, 153
and 67 each where there are several (twilio.com/docs/glossary/what-sms-character-limit); what a
Telegram button sends back, 1 to 64 bytes (core.telegram.org/bots/api); the title of a WhatsApp
reply button, 20 characters.
"""

import re
import textwrap
import unicodedata

PHONE_LINE = 30
"""Characters in a line of the chat on a phone 360 pixels wide, about."""
PHONE_BUTTON = 32
SMS_SHORT = 2
"""So many messages for one line are still short."""
TELEGRAM_BYTES = 64
WHATSAPP_BUTTON = 20
_NAME = re.compile(r"\{\w+\}")
# A name of a person or a clinic, a phone number, a goal: about this long.
_FILLED = "Dr. Kim Lee"
_GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "ÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_DOUBLE = set("^{}\\[~]|€")


def filled(text: str) -> str:
    """The text as long as it will be with something in its braces."""
    return _NAME.sub(_FILLED, text)


def sms(text: str) -> tuple[int, int]:
    """How many messages it takes, and how many characters count."""
    whole = unicodedata.normalize("NFC", filled(text))
    if all(one in _GSM or one in _GSM_DOUBLE for one in whole):
        count, alone, each = sum(2 if one in _GSM_DOUBLE else 1 for one in whole), 160, 153
    else:
        count, alone, each = len(whole.encode("utf-16-le")) // 2, 70, 67
    return (1 if count <= alone else -(-count // each)), count


def phone_lines(text: str, width: int = PHONE_LINE) -> int:
    """How many lines it takes on a phone."""
    paragraphs = filled(text).splitlines() or [""]
    return sum(max(1, len(textwrap.wrap(one, width))) for one in paragraphs)

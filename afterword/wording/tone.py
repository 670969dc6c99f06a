"""What the assistant must not say, by pattern: it is a courier, and neither friend nor adviser."""

import re

PRAISE = re.compile(
    r"\b(great|awesome|amazing|wonderful|excellent|fantastic|brilliant|well done|good job|nice work"
    r"|proud of you|(thank you|thanks) for (sharing|opening|telling)"
    r"|genial|estupendo|fant[aá]stico|excelente|maravilloso|muy bien|bien hecho|buen trabajo"
    r"|enhorabuena|gracias por (compartir|contar\w*|abrirte))\b",
    re.IGNORECASE,
)
ACTS_A_PERSON = re.compile(
    r"I (understand|know) how you feel|\bI('m| am) (a|an) (person|human|therapist)|\bI feel\b"
    r"|I('m| am) sorry (to hear|that)|I care about"
    r"|(entiendo|s[eé]) c[oó]mo te sientes|soy (una? )?(persona|human[oa]|terapeuta)|lo siento"
    r"|me importas",
    re.IGNORECASE,
)
DIAGNOSIS = re.compile(
    r"depress|disorder|psychos|psychot|paranoi|bipolar|symptom|diagnos"
    r"|mental illness|depresi|trastorno|psicosis|s[ií]ntoma|enfermedad mental",
    re.IGNORECASE,
)
DANGER = re.compile(
    r"suicid|self.?harm|kill|\bdie\b|\bdeath|\bmatar|\bmorir|\bmuerte|autoles", re.IGNORECASE
)
SECRECY = re.compile(
    r"secret|confidential|between us|promise|\bsecreto|confidencial|entre nosotros|prometo",
    re.IGNORECASE,
)
PROMISE = re.compile(
    r"we will help|will be (safe|ok|fine|alright)"
    r"|someone will (call|contact|be there)|will call you|help is coming"
    r"|on (its|the) way|guarantee|te (llamar|ayudar)[aáeé]|estar[aá]s a salvo"
    r"|todo (ir[aá]|va a ir) bien|ayuda en camino",
    re.IGNORECASE,
)
THREAT = re.compile(
    r"will be reported|have to report|police will|hospitali|section(ed)?\b"
    r"|be taken away|tendr[eé] que (informar|llamar)|ingresad"
    r"|la polic[ií]a (ir|va)",
    re.IGNORECASE,
)
NUDGE = re.compile(
    r"almost done|only .* left|please (finish|complete|continue)|unfinished"
    r"|just .* more|casi has|solo (te )?(falta|queda)"
    r"|por favor (sigue|termina|contin)",
    re.IGNORECASE,
)
PRESSURE = re.compile(
    r"please (answer|share|tell|be honest|try)|you (must|have to|need to|ought to)\b"
    r"|(is|it's) (very )?important (that|to|for)|do(n't| not) forget|required|be honest"
    r"|por favor (responde|comparte|cuenta|s[eé] sincer)|tienes que|debes\b|hay que"
    r"|es (muy )?importante|no (te )?olvides|obligatori",
    re.IGNORECASE,
)
ADVICE = re.compile(
    r"\byou should\b|\btry (to|and|not)\b|\bmake sure\b|\bremember to\b"
    r"|\bwe (recommend|suggest|advise)|\bit helps to\b|\bhow about\b|\bwhy not\b"
    r"|\bbreathe\b|\brelax\b|calm down|go for a walk"
    r"|\bdeber[ií]as\b|\bintenta\b|\bprocura\b|\brecuerda\b|\bte (recomend|sugerimos|aconsej)"
    r"|\brespira\b|\brel[aá]jate\b|\bc[aá]lmate\b",
    re.IGNORECASE,
)
TELLING = re.compile(
    r"\b(patient|client|danger|risk|crisis|harm|di(e|ed|es|ing)\b|dead|session|therap|suicid|alert"
    r"|emergenc|reflection|concern|paciente|peligro|riesgo|da[ñn]o|muer|sesi[oó]n|terap|alerta"
    r"|urgencia|reflexi[oó]n|queja)\w*",
    re.IGNORECASE,
)
"""What a notice by mail must not hold: it says that there is something, and never what."""
SHOUT = re.compile(r"[!¡]|\b[A-ZÁÉÍÓÚÑ]{4,}\b")

UNWANTED = {
    "praise": (PRAISE,),
    "person": (ACTS_A_PERSON,),
    "diagnosis": (DIAGNOSIS,),
    "danger": (DANGER,),
    "promise": (PROMISE, SECRECY),
    "threat": (THREAT,),
    "pressure": (NUDGE, PRESSURE),
    "advice": (ADVICE,),
    "shout": (SHOUT,),
}
"""Each kind of thing that is not said, with how it is known."""


def unwanted(text: str, shipped: str = "") -> list[tuple[str, str]]:
    """Each kind that a text has, with the words it was known by.

    What the shipped line says itself may stay: it was read by people.
    """
    plain = re.sub(r"\{\w+\}", " ", text)
    found = []
    for kind, patterns in UNWANTED.items():
        for pattern in patterns:
            before = {one[0].casefold() for one in pattern.finditer(shipped)}
            hit = next(
                (one[0] for one in pattern.finditer(plain) if one[0].casefold() not in before), None
            )
            if hit is not None:
                found.append((kind, hit))
                break
    return found

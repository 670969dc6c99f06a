"""Words after which a name or a place comes, in English and Spanish; folded."""


def _each(*phrases: str) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(phrase.split()) for line in phrases for phrase in line.split(","))


TITLES = _each(
    "dr,dra,doctor,doctora,doc,mr,mrs,ms,mx,miss,sir,prof,professor,profesor,profesora,nurse",
    "sr,sra,srta,senor,senora,senorita,don,dona,lic,licenciado,licenciada,enfermera,sister,father",
)
ABBREVIATED = _each("dr,dra,mr,mrs,ms,mx,prof,sr,sra,srta")
"""What comes next is a name, whatever word it is."""
SAYING = _each(
    "my name is,my name,my names,name is,i am called,i'm called,is called,was called,known as,aka",
    "me llamo,mi nombre es,se llama,se llamaba,firmado,regards,atentamente,my names is",
)
"""What comes next is a name, unless it is a common word."""
NEVER = {
    "en": frozenset({"will", "may"}),
    # "Mi terapeuta lee esto" has no Lee in it.
    "es": frozenset({"lee", "sale", "para", "mira", "dan", "ven"}),
}
"""Names that are verbs here; only the clinic's own list and a title make names of them."""
NAMED = _each(
    "named,call me,this is,signed,it's me,it's,its,llamado,llamada,soy,i'm,i am,im",
    "llamame,habla,speaking to",
)
NEAR = _each(
    "my brother,my sister,my mum,my mom,my mother,my dad,my father,my son,my daughter,my wife",
    "my husband,my partner,my boyfriend,my girlfriend,my friend,my mate,my ex,my boss,my cousin",
    "my uncle,my aunt,my auntie,my nan,my gran,my grandma,my therapist,my counsellor,my counselor",
    "my psychologist,my doctor,my clinician,my gp,my nurse,my manager,my teacher,my neighbour",
    "my colleague,my kid,my baby,my dog,my cat,therapist,counsellor,counselor,psychologist",
    "mi hermano,mi hermana,mi madre,mi padre,mi mama,mi papa,mi hijo,mi hija,mi mujer,mi marido",
    "mi esposo,mi esposa,mi pareja,mi novio,mi novia,mi amigo,mi amiga,mi ex,mi jefe,mi jefa",
    "mi primo,mi prima,mi tio,mi tia,mi abuelo,mi abuela,mi terapeuta,mi psicologo,mi psicologa",
    "mi medico,mi medica,mi doctor,mi doctora,mi vecino,mi vecina,mi companero,mi companera",
    "mi perro,mi gato,terapeuta,psicologo,psicologa",
)
WITH = _each(
    "with,without,from,to,tell,ask,asked,told,see,saw,seeing,meet,met,call,called,email,contact",
    "about,for,by,and,hi,hello,hey,dear,thanks,bye,cheers",
    "con,sin,a,de,para,por,dile,digale,dígale,avisa,avisa a,pregunta,ver a,hola,querida,querido",
    "gracias,adios,y,llama a,habla con,digan a",
)
AT = _each(
    "in,at,from,near,to,around,outside,visit,visiting,left,en,desde,hacia,hasta,cerca de,a,de,por",
    "in the,at the,from the,near the,to the,en el,en la,por el,por la",
)
LIVING = _each(
    "live in,lives in,living in,lived in,i'm from,i am from,im from,born in,moved to,move to",
    "work at,work in,works at,grew up in,come from,based in,house in,stuck in,back in,flat in",
    "flew to,trip to,going to,staying in,office in,branch in,here in,over in,out in,down in,up in",
    "vivo en,vive en,viviendo en,soy de,naci en,nacido en,nacida en,trabajo en,mudado a,mude a",
    "vengo de,estoy en,casa en,crecio en,creci en,viaje a,voy a,oficina en,sede de,aqui en",
)
KINDS_BEFORE = frozenset(
    [
        "calle",
        "c",
        "avenida",
        "avda",
        "av",
        "plaza",
        "paseo",
        "barrio",
        "colonia",
        "carretera",
        "ronda",
        "camino",
        "hospital",
        "clinica",
        "colegio",
        "instituto",
        "universidad",
        "parque",
        "iglesia",
        "estacion",
        "pueblo",
        "centro",
        "residencia",
        "ambulatorio",
        "university",
        "lake",
        "mount",
        "fort",
        "parroquia",
        "urbanizacion",
    ]
)
"""Spanish has the kind of place before its name: "calle Mayor"."""
KINDS_AFTER = frozenset(
    [
        "street",
        "st",
        "road",
        "rd",
        "avenue",
        "ave",
        "lane",
        "ln",
        "drive",
        "close",
        "court",
        "square",
        "crescent",
        "terrace",
        "way",
        "hospital",
        "clinic",
        "surgery",
        "school",
        "college",
        "university",
        "church",
        "park",
        "station",
        "house",
        "infirmary",
        "primary",
        "academy",
        "practice",
        "library",
        "pharmacy",
        "bridge",
        "hill",
        "hall",
        "ward",
        "centre",
        "center",
        "village",
        "building",
        "gardens",
    ]
)
"""English has it after: "Elm Street"."""
SMALL = frozenset(["and", "for", "in", "at", "y", "the", "of"])
JOINTS = frozenset(
    [
        "de",
        "del",
        "la",
        "el",
        "los",
        "las",
        "san",
        "santa",
        "santo",
        "saint",
        "st",
        "y",
        "of",
        "the",
    ]
)
"""What stands between a kind of place and its name, or within it."""

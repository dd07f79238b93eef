"""The words that people text, and what each asks for: those of all languages count in every market.

Capitals without accents, as ``flows.spelling`` gives them. ``flows.understanding`` puts them together.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, TypeVar

from flows.frozen import dataclass


class Intent(StrEnum):
    """What a person asks for.

    ALMOST: what is nearly a yes, and buys nothing. CODE: a digit from 2 up, which only the text before gives a meaning.
    """

    ACCEPT = "accept"
    DECLINE = "decline"
    ALMOST = "almost"
    CODE = "code"
    MORE = "more"
    STOP = "stop"
    START = "start"
    HELP = "help"
    WHO = "who"
    BALANCE = "balance"
    MENU = "menu"
    LANGUAGE = "language"
    ASK_LANGUAGE = "ask_language"
    UNKNOWN = "unknown"


class Topic(StrEnum):
    """What a person opts out of or into."""

    OFFERS = "offers"
    ALERTS = "alerts"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Meaning:
    """An intent. language: asked for by LANGUAGE. topic: of STOP and START. code: the digit of CODE."""

    intent: Intent
    language: str = ""
    topic: Topic = Topic.OFFERS
    code: int = 0


_Value = TypeVar("_Value")


def _each(words: str, value: _Value) -> dict[str, _Value]:
    return dict.fromkeys(words.split(), value)


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


def _phrases(text: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(phrase.split()) for phrase in text.split(","))


YES: Final = _each("1 SI SIM YES UNO UM ONE", Meaning(Intent.ACCEPT))
"""What buys: nothing but these, each the whole of a text."""
NEARLY_YES: Final = _set("OK OKAY OKEY S Y YEP YEAH DALE CLARO QUIERO QUERO ACEPTO ACEITO COMPRO COMPRAR BUY VALE")
"""What sounds like a yes and is asked about once more."""
_NUMBERS = ("DOS DOIS TWO", "TRES THREE", "CUATRO QUATRO FOUR", "CINCO FIVE", "SEIS SIX", "SIETE SETE SEVEN")
CODES: Final = {
    **{str(code): Meaning(Intent.CODE, code=code) for code in range(2, 10)},
    **{
        word: Meaning(Intent.CODE, code=code)
        for code, numbers in enumerate((*_NUMBERS, "OCHO OITO EIGHT", "NUEVE NOVE NINE"), 2)
        for word in numbers.split()
    },
}
NO: Final = _each("NO NAO", Meaning(Intent.DECLINE))

STOPPING: Final = _set(
    "STOP STOPALL UNSUBSCRIBE SAIR BAJA PARAR PARE PAREN PAREM CANCELAR CANCELA CANCEL SALIR ALTO BASTA"
)
"""Whoever begins a text with one of these, or sends it among few words, wants out."""
STOPPING_ALONE: Final = _set("PARA END QUIT CHEGA STP DESUSCRIBIR DESCADASTRAR REMOVER REMOVE")
"""These mean so only by themselves, or with what to stop: ``para`` is also *for*."""
STOPPING_PHRASES: Final = _phrases(
    "NO MAS, NO MORE, NAO MAIS, NO QUIERO MAS, NO QUIERO RECIBIR, NO DESEO MAS, NO DESEO RECIBIR,"
    "NAO QUERO MAIS, NAO QUERO RECEBER, NO ENVIEN, NO ME ENVIEN, NO MANDEN, NO ME MANDEN, NAO ENVIE, NAO ME ENVIE,"
    "NAO MANDE, NAO ME MANDE, PARA DE"
)
"""Begin a text, or stand in a short one."""
PLEAS: Final = _phrases(
    "BORREN MI NUMERO, QUITEN MI NUMERO, SAQUEN MI NUMERO, REMOVE MY NUMBER, DELETE MY NUMBER, TIREM MEU NUMERO, "
    "DEJAR DE RECIBIR, PARAR DE RECEBER, DEIXAR DE RECEBER, DA DE BAJA, NO QUISIERA RECIBIR, "
    "DARME DE BAJA, DAR DE BAJA, DARNOS DE BAJA, DOY DE BAJA, DEN DE BAJA, DENME DE BAJA, DEME DE BAJA, "
    "DAME DE BAJA, NO QUIERO RECIBIR, NO DESEO RECIBIR, NO ME ENVIEN, NO ME ENVIES, NO ME MANDEN, NO ME MANDES, "
    "NO ME ESCRIBAN, NO ME ESCRIBAS, NO ME MOLESTEN, NO ME MOLESTES, NO MOLESTEN, NO ME CONTACTEN, NO ENVIEN MAS, "
    "NO MANDEN MAS, NO QUIERO QUE ME MANDEN, NO QUIERO QUE ME ENVIEN, NO QUIERO QUE ME ESCRIBAN, "
    "NO QUIERO QUE ME MOLESTEN, DEJENME EN PAZ, DEJEME EN PAZ, DEJAME EN PAZ, NAO QUERO QUE ME MANDEM, "
    "NAO QUERO QUE ME ENVIEM, NAO QUERO RECEBER, NAO ME ENVIE, NAO ME ENVIEM, NAO ME MANDE, NAO ME MANDEM, "
    "NAO ME MANDA, NAO ENVIEM MAIS, NAO MANDEM MAIS, NAO ME ESCREVA, NAO ME ESCREVAM, NAO ME PERTURBE, "
    "NAO ME PERTURBEM, ME DEIXE EM PAZ, ME DEIXEM EM PAZ, ME DEIXA EM PAZ, DEIXEM ME EM PAZ, LEAVE ME ALONE, "
    "STOP SENDING, STOP TEXTING, STOP MESSAGING, STOP BOTHERING, STOP CONTACTING, DO NOT TEXT, DO NOT SEND, "
    "DO NOT CONTACT, DON T TEXT, DON T SEND, DON T CONTACT, DONT TEXT, DONT SEND, DONT CONTACT"
)
"""Cannot be mistaken, wherever they stand."""
PLEAS_OF_OURS: Final = _phrases(
    "NAO AGUENTO MAIS, NO AGUANTO MAS, DEJEN YA DE, "
    "NO QUIERO, NO DESEO, NO MAS, NAO QUERO, NAO DESEJO, NAO MAIS, CHEGA DE, BASTA DE, NO MORE, DON T WANT, "
    "DONT WANT, DO NOT WANT, DEJEN DE, DEJE DE, DEJA DE, PAREN DE, PAREM DE, PARE DE, DEIXEM DE, NO SIGAN, "
    "NO ENVIEN, NO MANDEN, NAO ENVIEM, NAO MANDEM"
)
"""Say so if what we send comes next."""
PLEAS_BY_THEMSELVES: Final = _phrases(
    "YA NO QUIERO, JA NAO QUERO, QUITENME, QUITEME, QUITAME, SAQUENME, SAQUEME, SACAME, BORRENME, BORREME, BORRAME, "
    "ELIMINENME, ELIMINEME, ELIMINAME, ME QUITEN, ME SAQUEN, ME BORREN, ME ELIMINEN, ME TIREM, ME TIRA, ME TIRE, "
    "ME REMOVA, ME REMOVAM, ME RETIREM, REMOVE ME, TAKE ME OFF, GET ME OFF, DELETE ME, UNSUBSCRIBE ME"
)
"""Say so if that or nothing comes next."""
WISHES: Final = _set(
    "QUIERO QUISIERA QUEREMOS DESEO NECESITO SOLICITO PIDO QUERO QUERIA GOSTARIA DESEJO PRECISO WANT WANNA NEED LIKE "
    "PUEDEN PUEDES PODEM CAN COULD HOW"
)
"""What makes a stop word a wish."""
NOT: Final = _set("NO NAO NOT NEVER NUNCA DONT T")
OURS: Final = _set(
    "MENSAJE MENSAJES MENSAGEM MENSAGENS MESSAGE MESSAGES SMS TEXTS TEXTOS TEXTO SPAM PUBLICIDAD PUBLICIDADE "
    "PROPAGANDA PROPAGANDAS NOTIFICACIONES NOTIFICACOES LISTA LIST SUSCRIPCION INSCRICAO MANDAR MANDARME MANDANDO "
    "MANDANDOME ENVIAR ENVIARME ENVIANDO ENVIANDOME ESCRIBIR ESCRIBIRME ESCREVER MOLESTAR MOLESTARME MOLESTANDO "
    "FASTIDIAR PERTURBAR ENCHER INCOMODAR SENDING TEXTING"
)
"""What we send, and what we do when we do."""
FILLERS: Final = _set(
    "QUE ME SE ESTO ESTE ESTA ESTOS ESTAS ESO ESE ESA ESOS ESAS ISSO ISTO ESSE ESSA ESSES ESSAS DISSO DISTO DESSA "
    "DESSE DESTA DESTE DESSAS DESSES AQUI DAQUI YA JA AHORA AGORA NOW MISMO MESMO POR FAVOR PLEASE GRACIAS "
    "OBRIGADO OBRIGADA THANKS FROM THIS THESE THAT YOU YOUR I DO MAS MAIS MORE ANY SU SUA TU TUS UNA UN DAR SOLO "
    "JUST TANTO TANTOS TANTAS"
)
"""Say nothing by themselves where somebody wants out."""
TOPICS: Final = {
    **_each("ALERTA ALERTAS ALERT ALERTS AVISO AVISOS", Topic.ALERTS),
    **_each("TODO TODOS TODA TODAS TUDO ALL EVERYTHING", Topic.ALL),
    **_each("OFERTA OFERTAS OFFER OFFERS PROMO PROMOS PROMOCIONES PROMOCOES", Topic.OFFERS),
}
SMALL_WORDS: Final = _set(
    "DE DEL DA DO DAS DOS LA LAS EL LOS A AS O OS THE MY MIS MIN MINHAS MEUS SUS SUAS CON COM TO FOR Y E AND NI NEM OR"
)
"""May stand between a stop word and what is to stop."""
STARTING: Final = _set("START ALTA VOLTAR")
"""A yes to marketing is a consent: these are never guessed from a slip."""

LANGUAGES: Final = {
    **_each("ES ESPANOL ESPANHOL SPANISH CASTELLANO", "es"),
    **_each("PT PORTUGUES PORTUGUESE", "pt_BR"),
    **_each("EN ENGLISH INGLES", "en"),
}
ASKING_LANGUAGE: Final = _set("IDIOMA IDIOMAS LENGUAJE LINGUA LANGUAGE")
ASKING: Final = {
    **_each("HELP AYUDA AJUDA INFO", Meaning(Intent.HELP)),
    **_each("MAS MAIS MORE", Meaning(Intent.MORE)),
    **_each("SALDO BALANCE", Meaning(Intent.BALANCE)),
    **_each("MENU USSD", Meaning(Intent.MENU)),
    **_each("QUIEN QUEM WHO", Meaning(Intent.WHO)),
    **dict.fromkeys(ASKING_LANGUAGE, Meaning(Intent.ASK_LANGUAGE)),
    **{word: Meaning(Intent.LANGUAGE, language=language) for word, language in LANGUAGES.items()},
}
"""What costs nothing and changes no consent."""
_WHO = "QUIEN ES, QUIEN ERES, QUIENES SON, QUEM E, QUEM E VOCE, WHO IS THIS, WHO ARE YOU"
ASKING_PHRASES: Final = {
    **dict.fromkeys(_phrases(_WHO), Meaning(Intent.WHO)),
    **dict.fromkeys(_phrases("MI SALDO, MEU SALDO, MY BALANCE"), Meaning(Intent.BALANCE)),
    **dict.fromkeys(_phrases("MAS OFERTAS, MAIS OFERTAS, MORE OFFERS, VER MAS, VER MAIS"), Meaning(Intent.MORE)),
}
COURTESIES: Final = _phrases(
    "POR FAVOR, PORFAVOR, PORFA, PLEASE, PLS, MUCHAS GRACIAS, GRACIAS, OBRIGADO, OBRIGADA, THANKS, THANK YOU"
)
"""What says nothing, before or behind a word."""

ACCEPT_WORD = "1"
"""The word that every offer asks for: the shortest on a feature phone."""
YES_WORDS = {"es": "SI", "pt_BR": "SIM", "en": "YES"}
"""The yes that is asked for where somebody has answered with a digit before."""
STOP_WORDS = {"es": "BAJA", "pt_BR": "SAIR", "en": "STOP"}
"""The opt-out word that texts of a language name."""
START_WORDS = {"es": "ALTA", "pt_BR": "VOLTAR", "en": "START"}
TOPIC_WORDS = {
    "es": {Topic.OFFERS: "", Topic.ALERTS: "ALERTAS", Topic.ALL: "TODO"},
    "pt_BR": {Topic.OFFERS: "", Topic.ALERTS: "ALERTAS", Topic.ALL: "TUDO"},
    "en": {Topic.OFFERS: "", Topic.ALERTS: "ALERTS", Topic.ALL: "ALL"},
}
"""What stands behind the two, for what is opted out of or into."""
MORE_WORDS = {"es": "MAS", "pt_BR": "MAIS", "en": "MORE"}
BALANCE_WORDS = {"es": "SALDO", "pt_BR": "SALDO", "en": "BALANCE"}
WHO_WORDS = {"es": "QUIEN", "pt_BR": "QUEM", "en": "WHO"}
LANGUAGE_WORDS = {"es": "IDIOMA", "pt_BR": "IDIOMA", "en": "LANGUAGE"}

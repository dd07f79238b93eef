"""Words mean the same in every market, however they are typed; what buys must be typed out exactly."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows import keywords
from flows.keywords import ACCEPT_WORD, START_WORDS, STOP_WORDS, TOPIC_WORDS, YES_WORDS, Intent, Meaning, Topic
from flows.spelling import one_slip_apart, undrawn, words
from flows.understanding import understand

YES, NO, STOP, START = (Meaning(intent) for intent in (Intent.ACCEPT, Intent.DECLINE, Intent.STOP, Intent.START))
ALMOST, UNKNOWN, HELP, MORE, WHO, BALANCE, MENU, ASK = (
    Meaning(intent)
    for intent in (
        Intent.ALMOST,
        Intent.UNKNOWN,
        Intent.HELP,
        Intent.MORE,
        Intent.WHO,
        Intent.BALANCE,
        Intent.MENU,
        Intent.ASK_LANGUAGE,
    )
)
STOP_ALERTS, STOP_ALL = (Meaning(Intent.STOP, topic=topic) for topic in (Topic.ALERTS, Topic.ALL))
START_ALERTS, START_ALL = (Meaning(Intent.START, topic=topic) for topic in (Topic.ALERTS, Topic.ALL))
MARKET = frozenset({"BAJA", "SALIR", "CANCELAR", "PARAR", "ALTO", "STOP"})


def code(number: int) -> Meaning:
    """A digit that only the text before gives a meaning."""
    return Meaning(Intent.CODE, code=number)


def language(name: str) -> Meaning:
    """A language that is asked for."""
    return Meaning(Intent.LANGUAGE, language=name)


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("1", YES),
        (" 1 ", YES),
        ("1.", YES),
        ("1)", YES),
        ("(1)", YES),
        ("\n1\r\n", YES),
        ("SI", YES),
        ("sí", YES),
        ("Sí.", YES),
        ("SI\u0301", YES),
        (" si ! ", YES),
        ("¡SÍ!", YES),
        ("“SI”", YES),
        ("Sim", YES),
        ("yes", YES),
        ("YES...", YES),
        ("\u00a0yes\u00a0", YES),
        ("１", YES),  # a full-width digit
        ("①", YES),
        ("❶", YES),
        ("1\ufe0f\u20e3", YES),  # the digit on a key
        ("\u0661", YES),  # an Arabic one
        ("👉 1 👈", YES),
        ("\u200bsi\u200f", YES),
        ("uno", YES),
        ("um", YES),
        ("one", YES),
        ("1 por favor", YES),
        ("yes please", YES),
        ("SIIII", YES),
        ("yesss", YES),
        ("no", NO),
        ("Não", NO),
        ("nooo", NO),
        ("no gracias", NO),
        ("não obrigado", NO),
        ("no quiero", NO),
        ("2", code(2)),
        ("2 por favor", code(2)),
        ("❷", code(2)),
        ("dos", code(2)),
        ("três", code(3)),
        ("9", code(9)),
    ],
)
def test_an_answer_is_the_whole_text(text: str, meaning: Meaning) -> None:
    """Case, accents, blanks, punctuation, emoji and courtesies around a word do not matter."""
    assert understand(text, MARKET) == meaning


@pytest.mark.parametrize(
    "text",
    ["SII", "S1", "S", "sl", "sin", "yess", "yed", "SMI", "si quiero", "1 1", "1 2", "si 2", "ok", "dale", "quiero"],
)
def test_what_is_nearly_a_yes_buys_nothing(text: str) -> None:
    """A slip costs no money: it is asked about."""
    assert understand(text, MARKET) == ALMOST


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("stop", STOP),
        ("STOP.", STOP),
        ("Sair", STOP),
        ("baja", STOP),
        ("PARAR", STOP),
        ("para", STOP),
        ("pare", STOP),
        ("para ya", STOP),
        ("STOPP", STOP),
        ("STOPPP", STOP),
        ("SOTP", STOP),
        ("stp", STOP),
        ("BJAA", STOP),
        ("baja por favor", STOP),
        ("por favor baja", STOP),
        ("STOP sending me these texts every day", STOP),
        ("la baja ya", STOP),
        ("1 stop", STOP),  # whoever says both wants out, and buys nothing
        ("no quiero más", STOP),
        ("no mas", STOP),
        ("não quero mais", STOP),
        ("quiero darme de baja", STOP),
        ("unsubscribe", STOP),
        ("BAJA OFERTAS", STOP),
        ("BAJA ALERTAS", STOP_ALERTS),
        ("Baja de todas las alertas ya mismo", STOP_ALERTS),
        ("BAJA por favor, las alertas si me sirven", STOP),
        ("BAJA, las ofertas no me gustan, las alertas las quiero", STOP),
        ("BAJA gracias por todo, muy buen servicio", STOP),
        ("no mas ofertas por todo el mes, gracias", STOP),
        ("no mas por este mes que ya tengo bastante de eso", STOP),
        ("stop alerts", STOP_ALERTS),
        ("Sair alertas.", STOP_ALERTS),
        ("BAJJA ALERTAS", STOP_ALERTS),
        ("BAJA TODO", STOP_ALL),
        ("STOP ALL", STOP_ALL),
        ("sair de tudo", STOP_ALL),
        ("baja alertas y ofertas", STOP_ALL),
        ("STOPALL", STOP_ALL),
        ("quiero que por favor me den de baja ya mismo", STOP),
        ("cómo me doy de baja de todas las alertas", STOP_ALERTS),
        ("ya no quiero", STOP),
        ("ya no quiero ofertas", STOP),
        ("ya no quiero más alertas por favor", STOP_ALERTS),
        ("por favor ya no quiero que me manden más mensajes", STOP),
        ("no quiero ofertas", STOP),
        ("no quiero ofertas ni alertas", STOP_ALL),
        ("hola buenos días, no quiero más publicidad de ustedes", STOP),
        ("quítenme de la lista", STOP),
        ("por favor les pido que me saquen de esta lista", STOP),
        ("dejen de molestar", STOP),
        ("ya les dije que dejen de mandarme mensajes", STOP),
        ("déjenme en paz", STOP),
        ("quiero salir de esto por favor", STOP),
        ("quisiera cancelar estos mensajes", STOP),
        ("quiero que ya paren de mandar", STOP),
        ("não me mandem mais mensagens", STOP),
        ("já não quero ofertas", STOP),
        ("quero sair disso por favor agora", STOP),
        ("gostaria de sair dessa lista", STOP),
        ("me tirem dessa lista por favor", STOP),
        ("chega de mensagens", STOP),
        ("eu quero que parem de enviar propaganda", STOP),
        ("I want to unsubscribe from this", STOP),
        ("I would like you to please stop", STOP),
        ("can you please stop this", STOP),
        ("how do I stop these messages", STOP),
        ("leave me alone", STOP),
        ("please don't text me", STOP),
        ("I don't want any more messages", STOP),
        ("take me off your list", STOP),
        ("please stop sending", STOP),
        ("no more texts please", STOP),
        ("quiten mi número de su lista por favor", STOP),
        ("quiero dejar de recibir mensajes", STOP),
        ("dejen ya de escribirme por favor", STOP),
        ("me tira da lista", STOP),
        ("não aguento mais essas mensagens", STOP),
    ],
)
def test_who_wants_out_gets_out(text: str, meaning: Meaning) -> None:
    """A stop word begins the text or stands among few, and one slip in it is forgiven; or it is a plea."""
    assert understand(text, MARKET) == meaning


@pytest.mark.parametrize(
    "text",
    [
        "quiero saber mi saldo por favor",
        "no quiero perder mis datos",
        "no quiero perder las ofertas",
        "quiero comprar más datos por favor",
        "quiero recibir más ofertas",
        "la señal está muy baja por favor",
        "quiero una tarifa más baja por favor",
        "tengo internet de baja calidad",
        "quiero salir de viaje y necesito datos",
        "quiero cancelar mi plan por favor",
        "no quiero cancelar las ofertas",
        "no quiero que me quiten las ofertas",
        "sáquenme de una duda por favor",
        "me quiten el cobro de ayer por favor",
        "no me llegó el paquete que compré ayer",
        "por favor no me corten el servicio",
        "no me dejen sin internet por favor",
        "ya no tengo saldo por favor ayuda",
        "ya no quiero hablar con la máquina",
        "mi internet deja de funcionar en la noche",
        "quiero para mi hijo un giga",
        "la verdad es que ya compré, no mas por hoy",
        "hola amiga te cuento que ayer mi mamá me dijo no me manden más plata",
        "por qué no me mandan lo que compré",
        "quero sair de casa com internet",
        "não quero ficar sem internet",
        "quero mais ofertas por favor",
        "me tirem uma dúvida por favor",
        "I want more data please",
        "how do I buy more data",
        "can you tell me my balance",
        "I don't want to lose my data",
        "I do not want to stop the alerts",
    ],
)
def test_ordinary_sentences_are_no_opt_outs(text: str) -> None:
    """Also where they hold a stop word, or a wish, or a no."""
    assert understand(text, MARKET).intent is not Intent.STOP


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("start", START),
        ("alta", START),
        ("voltar", START),
        ("ALTA ALERTAS", START_ALERTS),
        ("start all", START_ALL),
        ("voltar tudo", START_ALL),
        ("falta", UNKNOWN),  # nearly "alta", which would be a consent
        ("star", UNKNOWN),
        ("alta tensión", UNKNOWN),
    ],
)
def test_who_wants_in_says_so_exactly(text: str, meaning: Meaning) -> None:
    """A consent is never guessed."""
    assert understand(text, MARKET) == meaning


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("help", HELP),
        ("Ayuda?", HELP),
        ("ajdua", HELP),
        ("info", HELP),
        ("MÁS", MORE),
        ("mais", MORE),
        ("more", MORE),
        ("ver más", MORE),
        ("¿Quién?", WHO),
        ("quién eres", WHO),
        ("quem é", WHO),
        ("who are you?", WHO),
        ("saldo", BALANCE),
        ("SLADO", BALANCE),
        ("mi saldo", BALANCE),
        ("balanse", BALANCE),
        ("menú", MENU),
        ("ussd", MENU),
        ("idioma", ASK),
        ("language?", ASK),
        ("es", language("es")),
        ("Español", language("es")),
        ("PT", language("pt_BR")),
        ("português", language("pt_BR")),
        ("English", language("en")),
        ("inglés", language("en")),
        ("idioma pt", language("pt_BR")),
        ("salto", UNKNOWN),  # nearly "saldo" and nearly "alto"
        ("cinca", UNKNOWN),  # nearly "cinco", which would buy
        ("sald", BALANCE),
        ("es que no entiendo", UNKNOWN),
        ("más tarde", UNKNOWN),
        ("", UNKNOWN),
        ("...", UNKNOWN),
        ("👍", UNKNOWN),
        ("11", UNKNOWN),
        ("01", UNKNOWN),
        ("1234", UNKNOWN),
        ("siempre", UNKNOWN),
        ("para qué es", UNKNOWN),
        ("no tengo más saldo", UNKNOWN),
        ("hola", UNKNOWN),
        ("gracias", UNKNOWN),
    ],
)
def test_a_question_is_a_word_of_its_own(text: str, meaning: Meaning) -> None:
    """One slip is forgiven in a long word that leaves one meaning; anything else is not understood."""
    assert understand(text, MARKET) == meaning


def test_a_market_adds_its_own_words_to_those_of_all() -> None:
    """A stop word of the law counts even where it means something else, and takes nothing away."""
    own = frozenset({"ARRET", "NO"})
    assert understand("arrêt", own) == STOP
    assert understand("no", own) == STOP
    assert understand("stop", own) == STOP
    assert understand("arrêt") == UNKNOWN


@pytest.mark.parametrize("word", [ACCEPT_WORD, *STOP_WORDS.values(), *START_WORDS.values(), *YES_WORDS.values()])
def test_every_word_that_texts_ask_for_is_understood(word: str) -> None:
    """Nobody is asked for a word that is then not understood."""
    assert understand(word).intent in (Intent.ACCEPT, Intent.STOP, Intent.START)


@pytest.mark.parametrize("name", STOP_WORDS)
@pytest.mark.parametrize("topic", list(Topic))
def test_every_pair_of_words_that_texts_ask_for_is_understood(name: str, topic: Topic) -> None:
    """Also those that say what is to end or to begin again."""
    behind = TOPIC_WORDS[name][topic]
    assert understand(f"{STOP_WORDS[name]} {behind}") == Meaning(Intent.STOP, topic=topic)
    assert understand(f"{START_WORDS[name]} {behind}") == Meaning(Intent.START, topic=topic)


@pytest.mark.parametrize(
    ("named", "intent"),
    [
        (keywords.MORE_WORDS, Intent.MORE),
        (keywords.BALANCE_WORDS, Intent.BALANCE),
        (keywords.WHO_WORDS, Intent.WHO),
        (keywords.LANGUAGE_WORDS, Intent.ASK_LANGUAGE),
    ],
)
def test_the_words_that_help_names_are_understood(named: dict[str, str], intent: Intent) -> None:
    """In every language."""
    assert {understand(word).intent for word in named.values()} == {intent}


@given(st.text())
def test_no_text_breaks_it(text: str) -> None:
    """Whatever a phone can send has a meaning, and blanks and dots around it change nothing."""
    assert understand(f" . {text} . ") == understand(text)


@given(st.lists(st.sampled_from(["1", "si", "SIII", "yes", "sii", "s", "ok", "2", "no", "x", "gracias", "please"])))
def test_nothing_buys_but_a_yes_typed_out(typed: list[str]) -> None:
    """What is understood as a yes is one word that says so, courtesies and a drawn-out end aside."""
    if understand(" ".join(typed)).intent is Intent.ACCEPT:
        (word,) = [undrawn(word) for word in words(" ".join(typed)) if (word,) not in keywords.COURTESIES]
        assert word in keywords.YES


@given(
    st.sampled_from(sorted({*keywords.YES, *keywords.CODES, *keywords.STOPPING, *keywords.ASKING})),
    st.integers(0, 20),
    st.integers(0, 1),
    st.sampled_from(["", *"ABCDEFGHIJKLMNOPQRSTUVWXYZ"]),
)
def test_a_slip_never_makes_a_purchase(word: str, at: int, gone: int, letter: str) -> None:
    """Unless it makes another word that buys: of that nobody can know."""
    slipped = word[: at % len(word)] + letter + word[at % len(word) + gone :]
    if undrawn(slipped) not in keywords.YES and slipped not in keywords.CODES:
        assert understand(slipped).intent not in (Intent.ACCEPT, Intent.CODE)


# ── spelling ──


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        ("BAJA", "BAJA", False),
        ("BAJA", "BAJAS", True),
        ("BAJA", "ABAJA", True),
        ("BAJA", "BJA", True),
        ("BAJA", "BAGA", True),
        ("BAJA", "BJAA", True),
        ("BAJA", "BAAJ", True),
        ("BAJA", "ABJA", True),
        ("BAJA", "AJAB", False),
        ("BAJA", "BAJASS", False),
        ("BAJA", "ABAJ", False),
        ("", "A", True),
    ],
)
def test_one_slip_is_one_letter(one: str, other: str, apart: bool) -> None:
    """Left out, added, replaced, or exchanged with its neighbour."""
    assert one_slip_apart(one, other) is apart


@given(st.text("ABC", max_size=6), st.text("ABC", max_size=6))
def test_slips_go_both_ways(one: str, other: str) -> None:
    """And are those that can be made."""
    made = {one[:at] + one[at + 1 :] for at in range(len(one))}
    made |= {one[:at] + letter + one[at + 1 :] for at in range(len(one)) for letter in "ABC"}
    made |= {one[:at] + letter + one[at:] for at in range(len(one) + 1) for letter in "ABC"}
    made |= {one[:at] + one[at + 1] + one[at] + one[at + 2 :] for at in range(len(one) - 1)}
    assert one_slip_apart(one, other) == one_slip_apart(other, one) == (other in made - {one})


@given(st.text())
def test_words_are_letters_and_digits_without_accents(text: str) -> None:
    """Nothing else is left of a text."""
    for word in words(text):
        assert word.isalnum()
        assert not any(unicodedata.combining(char) for char in word)

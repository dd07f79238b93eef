"""Every text that leaves, in the person's language.

Each is written to fit one SMS after transliteration where alert and offer stand together. Answers to what a person
texts are in ``flows.reply_texts``.
"""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo

from flows.frozen import dataclass
from flows.keywords import ACCEPT_WORD, STOP_WORDS
from flows.values import Money, Msisdn, Unit
from locales import formats
from locales.catalogues import N_, Catalogues

_BUNDLE_WORDS = {Unit.BYTE: N_("data bundle"), Unit.SECOND: N_("voice bundle"), Unit.MESSAGE: N_("SMS bundle")}
_DIGITS_TOLD = 4
"""Of the number of somebody who gives a bundle."""


@dataclass(frozen=True, slots=True)
class Voice:
    """Speaks one language."""

    catalogues: Catalogues
    language: str

    def say(self, message: str, **values: str) -> str:
        """A text marked with ``N_``, in the person's language."""
        return self.catalogues.text(self.language, message, **values)

    def money(self, price: Money) -> str:
        """A price as the subscriber reads it."""
        return formats.money(price.amount, price.currency, self.language)

    def bundle_word(self, unit: Unit) -> str:
        """What a bundle of this unit is called when its name is not known."""
        return self.say(_BUNDLE_WORDS[unit])

    # ── alerts ──

    def runs_out(self, bundle: str, unit: Unit, remaining: int, ends_in: timedelta | None) -> str:
        """The bundle will be used up. ends_in: the forecast, or None when there is none to stand by."""
        left = self.left(unit, remaining)
        if ends_in is None:
            return self.say(N_("Your {bundle} is nearly used up: {left}."), bundle=bundle, left=left)
        return self.say(
            N_("Your {bundle} runs out in about {time} ({left})."),
            bundle=bundle,
            time=formats.duration(ends_in, self.language),
            left=left,
        )

    def expires(self, bundle: str, unit: Unit, remaining: int, expires_in: timedelta) -> str:
        """The bundle will end by the clock."""
        return self.say(
            N_("Your {bundle} expires in {time} ({left})."),
            bundle=bundle,
            time=formats.duration(expires_in, self.language),
            left=self.left(unit, remaining),
        )

    def has_run_out(self, bundle: str) -> str:
        """The bundle is used up."""
        return self.say(N_("Your {bundle} has run out."), bundle=bundle)

    def has_expired(self, bundle: str) -> str:
        """The bundle ended by the clock."""
        return self.say(N_("Your {bundle} has expired."), bundle=bundle)

    def nearly_used_up(self, bundle: str) -> str:
        """Little is left; how much is not known well enough to be told."""
        return self.say(N_("Your {bundle} is nearly used up."), bundle=bundle)

    def nearly_used_up_of(self, bundle: str, left: str, total: str, ends_in: timedelta | None) -> str:
        """Little is left of it, more of others. ends_in: the forecast of the end of them all, None for none."""
        if ends_in is None:
            return self.say(
                N_("Your {bundle} is nearly used up: {left}. In all you have {total} now."),
                bundle=bundle,
                left=left,
                total=total,
            )
        return self.say(
            N_("Your {bundle} is nearly used up: {left}. In all you have {total}, for about {time}."),
            bundle=bundle,
            left=left,
            total=total,
            time=formats.duration(ends_in, self.language),
        )

    def nearly_used_up_and_renews(self, bundle: str, left: str, renews_in: timedelta) -> str:
        """Little is left, and there is more of it soon by itself."""
        return self.say(
            N_("Your {bundle} is nearly used up: {left}. It renews in {time}."),
            bundle=bundle,
            left=left,
            time=formats.duration(renews_in, self.language),
        )

    def has_run_out_but(self, bundle: str, total: str) -> str:
        """It is used up; others are not."""
        return self.say(N_("Your {bundle} has run out. You still have {total} now."), bundle=bundle, total=total)

    def has_run_out_and_renews(self, bundle: str, renews_in: timedelta) -> str:
        """It is used up, and there is more of it soon by itself."""
        return self.say(
            N_("Your {bundle} has run out. It renews in {time}."),
            bundle=bundle,
            time=formats.duration(renews_in, self.language),
        )

    def goes_on_slower(self, bundle: str) -> str:
        """It is used up, and use goes on all the same."""
        return self.say(N_("Your {bundle} is used up: you go on at a lower speed."), bundle=bundle)

    def has_expired_but(self, bundle: str, total: str) -> str:
        """The clock has ended it; others run."""
        return self.say(N_("Your {bundle} has expired. You still have {total} now."), bundle=bundle, total=total)

    def expires_in(self, bundle: str, expires_in: timedelta) -> str:
        """The bundle will end by the clock; how much is left is not known well enough to be told."""
        return self.say(
            N_("Your {bundle} expires in {time}."), bundle=bundle, time=formats.duration(expires_in, self.language)
        )

    def renews(self, bundle: str, renews_in: timedelta, price: Money) -> str:
        """It is bought anew by itself, and the money is there."""
        return self.say(
            N_("Your {bundle} renews in {time} for {price}."),
            bundle=bundle,
            time=formats.duration(renews_in, self.language),
            price=self.money(price),
        )

    def will_not_renew(self, bundle: str, ends_in: timedelta, price: Money) -> str:
        """It would be bought anew by itself, but the money is not there."""
        return self.say(
            N_("Your {bundle} ends in {time}. Renewing it costs {price}, which your balance does not cover."),
            bundle=bundle,
            time=formats.duration(ends_in, self.language),
            price=self.money(price),
        )

    def up_for_renewal(self, bundle: str, renews_in: timedelta) -> str:
        """It would be bought anew by itself; whether the money is there is not known."""
        return self.say(
            N_("Your {bundle} is up for renewal in {time}."),
            bundle=bundle,
            time=formats.duration(renews_in, self.language),
        )

    def is_left(self, bundle: str, unit: Unit, remaining: int) -> str:
        """What is left, and nothing else."""
        return self.say(N_("Your {bundle}: {left}."), bundle=bundle, left=self.left(unit, remaining))

    def look_in_menu(self, bundle: str) -> str:
        """There is something to know about it, and nothing that is sure enough to be told."""
        return self.say(N_("See in your menu what is left of your {bundle}."), bundle=bundle)

    # ── offers ──

    def offer(self, name: str, price: Money) -> str:
        """What to answer, and what it costs."""
        return self.say(
            N_("{name} for {price}: reply {keyword}. {optout} to stop offers."),
            name=name,
            price=self.money(price),
            keyword=ACCEPT_WORD,
            optout=STOP_WORDS.get(self.language, "STOP"),
        )

    def balance_too_low(self, balance: Money) -> str:
        """Nothing on sale can be paid."""
        return self.say(
            N_("No bundle fits your balance of {balance}. Top up to stay connected."), balance=self.money(balance)
        )

    def balance_fits_nothing(self, balance: Money) -> str:
        """Nothing on sale can be paid, and use goes on all the same."""
        return self.say(N_("No bundle fits your balance of {balance}."), balance=self.money(balance))

    def balance_fits_nothing_after(self, balance: Money, debt: Money) -> str:
        """Nothing on sale can be paid once what was advanced is taken back."""
        return self.say(
            N_("After your advance of {debt} no bundle fits your balance of {balance}."),
            debt=self.money(debt),
            balance=self.money(balance),
        )

    def held(self, balance: Money, debt: Money | None) -> str:
        """A balance, and what of what comes in next is owed."""
        if debt is None or debt.amount <= 0:
            return self.money(balance)
        return self.say(N_("{balance} (you owe {debt})"), balance=self.money(balance), debt=self.money(debt))

    # ── purchases ──

    def confirmation(self, name: str, price: Money, balance: Money | None) -> str:
        """Charged and active; the balance only when the charging system has told it."""
        if balance is None:
            return self.say(N_("Done: {name} is active. Charged {price}."), name=name, price=self.money(price))
        return self.say(
            N_("Done: {name} is active. Charged {price}. Balance {balance}."),
            name=name,
            price=self.money(price),
            balance=self.money(balance),
        )

    def gift_confirmation(self, name: str, to: Msisdn, price: Money, balance: Money | None) -> str:
        """Charged, and active for somebody else; the balance only when the charging system has told it."""
        if balance is None:
            return self.say(
                N_("Done: {name} is active for +{to}. Charged {price}."), name=name, to=to, price=self.money(price)
            )
        return self.say(
            N_("Done: {name} is active for +{to}. Charged {price}. Balance {balance}."),
            name=name,
            to=to,
            price=self.money(price),
            balance=self.money(balance),
        )

    def gift(self, name: str, giver: Msisdn) -> str:
        """To the beneficiary of somebody else's purchase. Of the giver's number the last digits must do."""
        return self.say(
            N_("You have received {name} as a gift from the number ending in {digits}."),
            name=name,
            digits=giver[-_DIGITS_TOLD:],
        )

    def declined(self, name: str, price: Money, reason: str) -> str:
        """Not bought, and nothing charged."""
        if reason == "insufficient_funds":
            return self.say(
                N_("Not bought: your balance does not cover {name} ({price}). Nothing was charged."),
                name=name,
                price=self.money(price),
            )
        return self.say(N_("{name} could not be activated. Nothing was charged."), name=name)

    def being_checked(self, name: str) -> str:
        """The outcome is not known yet."""
        return self.say(
            N_("We are checking your purchase of {name}. You will get a text; do not buy again."), name=name
        )

    def refunded(self, name: str, price: Money) -> str:
        """The price is back."""
        return self.say(N_("We have given you back {price} for {name}."), name=name, price=self.money(price))

    # ── menus ──

    def amount(self, unit: Unit, remaining: int) -> str:
        """How much is left."""
        return formats.amount(unit, remaining, self.language)

    def left(self, unit: Unit, remaining: int) -> str:
        """How much is left, with its verb: exactly one of something is left in another way than much of it."""
        amount = self.amount(unit, remaining)
        return self.say(N_("{amount} is left") if amount.startswith("1 ") else N_("{amount} left"), amount=amount)

    def on_or_off(self, *, on: bool) -> str:
        """The state of a switch, as it stands behind a colon."""
        return self.say(N_("on")) if on else self.say(N_("off"))

    def changing_to(self, now: str, *, on: bool) -> str:
        """The state of a switch that is being changed."""
        return self.say(N_("{now} (changing to {soon})"), now=now, soon=self.on_or_off(on=on))

    def own_name(self) -> str:
        """What the language calls itself."""
        return formats.language_name(self.language)

    def day(self, instant: datetime, zone: tzinfo) -> str:
        """The local day."""
        return formats.day(instant, zone, self.language)

    def no_service(self) -> str:
        """A code was dialled that leads nowhere."""
        return self.say(N_("This service is not available."))

    def try_again(self) -> str:
        """Something went wrong that is not the person's fault."""
        return self.say(N_("Sorry, that did not work. Please dial again."))

    def resume(self) -> tuple[str, str, str]:
        """To somebody who dials again after a session was broken off: the question, and two answers."""
        return (
            self.say(N_("Go on where you left?")),
            self.say(N_("Yes, go on")),
            self.say(N_("No, start again")),
        )

    def purchase_unclear(self) -> str:
        """To somebody who has just bought, while nobody can say how far that is."""
        return self.say(N_("We are working on your purchase and will text you. Do not buy again."))

    def session_over(self) -> str:
        """An answer came to a session that is over."""
        return self.say(N_("This session is over. Please dial again."))

    def state_of_order(self, state: str, *, given: bool, credited: bool = False) -> str:
        """How far an order is. given: to somebody else; credited: it is money that came in."""
        if state == "confirmed" and credited:
            return self.say(N_("received"))
        if state == "confirmed":
            return self.say(N_("gift")) if given else self.say(N_("paid"))
        return self.say(N_("not charged")) if state == "declined" else self.say(N_("in progress"))

    # ── care ──

    def report_noted(self, reference: str) -> str:
        """To whoever reported a problem."""
        return self.say(
            N_("We have noted your problem. Its reference is {reference}: keep it for customer care."),
            reference=reference,
        )

    def call_asked(self, caller: Msisdn) -> str:
        """To whoever is asked to call."""
        return self.say(N_("+{caller} asks you to call them back."), caller=caller)

    # ── replies ──

    def offer_expired(self) -> str:
        """The answer came too late."""
        return self.say(N_("This offer has expired. Nothing was charged."))

    def no_offer(self) -> str:
        """There is nothing to accept."""
        return self.say(N_("There is no offer open for you now."))

    def offer_in_menu(self, name: str, price: Money) -> str:
        """A yes by text to an offer that was made on a screen."""
        return self.say(N_("{name} for {price} is in your menu, under My offer."), name=name, price=self.money(price))

    def already_bought(self, name: str) -> str:
        """The same offer accepted again."""
        return self.say(N_("You have already bought {name}."), name=name)

    def in_progress(self, name: str) -> str:
        """The same offer accepted again while it is being charged."""
        return self.say(N_("Your purchase of {name} is in progress."), name=name)

    def not_bought(self) -> str:
        """The offer was declined."""
        return self.say(N_("All right, no purchase was made."))

    def language_set(self) -> str:
        """In the new language."""
        return self.say(N_("We now write to you in English."))

"""The pages of a hand-over on which somebody writes: things, how the child is, signatures, not receiving, calling off."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from portal.access.fresh_codes import FreshCodeForm
from portal.access.opens import WRITE, opens_list
from portal.casework.editing import saved
from referrals import hand_overs
from referrals.hand_over_forms import GivenForm, HowForm, ItemForm, ReceivedForm, WhyForm
from referrals.hand_over_steps import HandOverState
from referrals.models import HandOver, HandOverItem
from referrals.views.handovers import Shown, asked, item_of, page_of, seen


def back_to(one: HandOver, place: str = "") -> str:
    """Return the page of the list."""
    return reverse("referrals:hand_over", args=[one.pk]) + place


def over(request: HttpRequest, one: HandOver) -> Shown:
    """Lead from a step that is not possible any more to the page that says where the hand-over stands."""
    messages.info(request, hand_overs.stands_at(one))
    return redirect("referrals:hand_over", one.pk), []


@opens_list("view hand-over", methods=WRITE)
def add_thing(request: HttpRequest, hand_over_id: uuid.UUID) -> Shown:
    """Put another thing on the list, or say what stays behind."""
    one = asked(request, hand_over_id)
    hand_overs.demand_side(hand_overs.gives(one, request.user), one)  # type: ignore[arg-type]
    if one.state != HandOverState.STARTED:
        return over(request, one)
    form = ItemForm(request.POST or None)

    def added() -> str:
        data = form.cleaned_data
        hand_overs.add_item(hand_over=one, kind=data["kind"], words=data["words"], by=request.user, reason="")  # type: ignore[arg-type]
        return back_to(one)

    answer = saved(request, form, added)
    if answer is not None:
        return answer, []
    context = page_of(request, one, 2, form=form, form_title=_("Add to the list"))
    return TemplateResponse(request, "referrals/hand_over_form.html", context), seen(one)


@opens_list("view hand-over", methods=WRITE)
def thing(request: HttpRequest, hand_over_id: uuid.UUID, item_id: uuid.UUID) -> Shown:
    """Say how many of a thing were given, and what exactly; or how many were received, and why that differs."""
    one, person = asked(request, hand_over_id), request.user
    item = item_of(one, item_id)
    receiving = hand_overs.receives(one, person)  # type: ignore[arg-type]
    if not one.is_open or not (receiving or one.state == HandOverState.STARTED):
        return over(request, one)
    form = thing_form(request, item, receiving)
    answer = saved(request, form, lambda: counted(form, one, item, receiving, person))
    if answer is not None:
        return answer, []
    context = page_of(request, one, 2, form=form, item=item)
    context["form_title"] = next(row["kind"] for row in context["rows"] if row["item"] == item)
    return TemplateResponse(request, "referrals/hand_over_form.html", context), seen(one)


def thing_form(request: HttpRequest, item: HandOverItem, receiving: bool) -> GivenForm:
    """Return the form of the side that asks, with what is known."""
    if receiving:
        known = {"count": item.given if item.received is None else item.received, "difference": item.difference}
        return ReceivedForm(request.POST or None, item=item, initial=known)
    return GivenForm(request.POST or None, initial={"words": item.words, "count": item.given})


def counted(form: GivenForm, one: HandOver, item: HandOverItem, receiving: bool, person: Any) -> str:
    """Keep the count of one side and return to the thing on the list."""
    data = form.cleaned_data
    side = {"side": "received", "difference": data["difference"]} if receiving else {"words": data["words"]}
    hand_overs.tick(item=item, count=data["count"], by=person, reason="", **side)
    return back_to(one, f"#thing-{item.pk}")


@opens_list("view hand-over", methods=WRITE)
def how(request: HttpRequest, hand_over_id: uuid.UUID) -> Shown:
    """Ask whoever gives how the child is now; whoever receives reads it."""
    one = asked(request, hand_over_id)
    writes = hand_overs.gives(one, request.user) and one.state == HandOverState.STARTED  # type: ignore[arg-type]
    if not one.is_open:
        return over(request, one)
    form = HowForm(request.POST or None, initial={"how": one.how})

    def told() -> str:
        hand_overs.tell_how(hand_over=one, how=form.cleaned_data["how"], by=request.user, reason="")  # type: ignore[arg-type]
        return reverse("referrals:hand_over_sign", args=[one.pk])

    answer = saved(request, form, told)
    if answer is not None:
        return answer, []
    context = page_of(request, one, 3, form=form if writes else None)
    return TemplateResponse(request, "referrals/hand_over_how.html", context), seen(one)


@opens_list("view hand-over", methods=WRITE)
def sign(request: HttpRequest, hand_over_id: uuid.UUID) -> Shown:
    """Ask for the signature of the side whose turn it is: own sign-in and a fresh code."""
    one, person = asked(request, hand_over_id), request.user
    if not one.is_open:
        return over(request, one)
    gives, receives = hand_overs.gives(one, person), hand_overs.receives(one, person)  # type: ignore[arg-type]
    act = hand_overs.sign_given if gives and one.state == HandOverState.STARTED else hand_overs.sign_received
    context = page_of(request, one, 4)
    is_first = gives and context["is_started"] and not context["left_to_give"] and one.how
    is_second = receives and context["is_given"] and not context["left_to_receive"]
    form = FreshCodeForm(request.POST or None, request=request) if is_first or is_second else None

    def signed() -> str:
        act(hand_over=one, proof=form.proof(), by=person, reason="signed")  # type: ignore[arg-type,union-attr]
        return back_to(one)

    answer = saved(request, form, signed) if form else None
    if answer is not None:
        return answer, []
    context |= {"form": form, "is_second": is_second}
    return TemplateResponse(request, "referrals/hand_over_sign.html", context), seen(one)


@opens_list("view hand-over", methods=WRITE)
def refuse(request: HttpRequest, hand_over_id: uuid.UUID) -> Shown:
    """Ask why the child is not received."""
    there = reverse("desk:home")  # whoever refuses it reads it no more
    template = "referrals/refuse_hand_over.html"
    return stopped(request, hand_over_id, hand_overs.receives, hand_overs.refuse, template, there)


@opens_list("view hand-over", methods=WRITE)
def cancel(request: HttpRequest, hand_over_id: uuid.UUID) -> Shown:
    """Ask why the hand-over is called off."""
    return stopped(request, hand_over_id, hand_overs.gives, hand_overs.cancel, "referrals/cancel_hand_over.html")


def stopped(
    request: HttpRequest, hand_over_id: uuid.UUID, side: Any, act: Any, template: str, there: str = ""
) -> Shown:
    """Ask why a hand-over ends without the child changing hands, and end it."""
    one = asked(request, hand_over_id)
    hand_overs.demand_side(side(one, request.user), one)
    if not one.is_open:
        return over(request, one)
    form = WhyForm(request.POST or None)

    def ended() -> str:
        act(hand_over=one, by=request.user, reason=form.cleaned_data["reason"])
        return there or back_to(one)

    answer = saved(request, form, ended)
    if answer is not None:
        return answer, []
    return TemplateResponse(request, template, page_of(request, one, 2, form=form)), seen(one)

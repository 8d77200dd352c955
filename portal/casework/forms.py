"""Forms that know which version they were made from, carry a one-time key, and ask for words where a choice needs them."""

import secrets
from functools import partial
from typing import Any

from django import forms
from django.forms.renderers import TemplatesSetting
from django.utils.translation import gettext_lazy as _

from portal.casework.models import Lookup


class PortalRenderer(TemplatesSetting):
    """Draws every form with the portal's own components."""

    form_template_name = "components/form.html"
    field_template_name = "components/field.html"


class OnceForm(forms.Form):
    """A form whose second press is answered with the first result."""

    once = forms.CharField(widget=forms.HiddenInput, max_length=40, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["once"].initial = secrets.token_urlsafe(16)


class RecordForm(OnceForm, forms.ModelForm):
    """A form of one record: its version, and why it changes."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    reason = forms.CharField(label=_("Why this changes"), max_length=300, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding:
            del self.fields["reason"]
        else:
            self.fields["version"].initial = self.instance.version
            self.fields["reason"].error_messages["required"] = _("Say why this changes.")
            self.fields["reason"].required = True
        self.order_fields([name for name in self.fields if name != "reason"])

    def values(self) -> dict[str, Any]:
        """Return the cleaned values of the record's own fields."""
        return {name: self.cleaned_data[name] for name in self._meta.fields}


def words_field(
    label: Any, *, missing: Any = None, most: int = 300, rows: int = 3, help_text: Any = ""
) -> forms.CharField:
    """Return a field for some lines of words; missing: the error where they have to be there and are not."""
    return forms.CharField(
        label=label,
        max_length=most,
        widget=forms.Textarea(attrs={"rows": rows}),
        help_text=help_text,
        required=missing is not None,
        error_messages=None if missing is None else {"required": missing},
    )


class LookupField(forms.ChoiceField):
    """A choice from a vocabulary that administrators extend."""

    def __init__(self, vocabulary: str, **kwargs: Any) -> None:
        self.vocabulary = vocabulary
        super().__init__(choices=self.words, **kwargs)

    def words(self) -> list[tuple[str, str]]:
        """Return the words in use, in the reader's language, after an empty one."""
        return [("", ""), *words_in_use(self.vocabulary)]


class LookupsField(forms.MultipleChoiceField):
    """Several choices from a vocabulary that administrators extend."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, vocabulary: str, **kwargs: Any) -> None:
        super().__init__(choices=partial(words_in_use, vocabulary), **kwargs)


def words_in_use(vocabulary: str) -> list[tuple[str, str]]:
    """Return the words of a vocabulary that are in use, in the reader's language."""
    known = Lookup.objects.filter(vocabulary=vocabulary, is_active=True)
    return [(word.code, str(word)) for word in known]

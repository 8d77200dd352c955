"""Fields that are closed before they reach the database and opened only where they are read."""

import datetime
from typing import Any

from django import forms
from django.db import models

from portal.casework import keys


class Sealed:
    """A stored ciphertext, and its text once somebody has read it."""

    __slots__ = ("data", "text")

    def __init__(self, data: bytes, text: str | None = None) -> None:
        self.data = data
        self.text = text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sealed) and other.data == self.data

    def __hash__(self) -> int:
        return hash(self.data)

    def __repr__(self) -> str:
        return "<sealed>"


class Opener:
    """Opens a sealed value when the attribute is read; keeps the ciphertext, so that history stores the same bytes."""

    def __init__(self, field: "SealedTextField") -> None:
        self.field = field

    def __get__(self, instance: models.Model | None, owner: type) -> Any:
        if instance is None:
            return self
        value = instance.__dict__[self.field.attname]
        if not isinstance(value, Sealed):
            return self.field.to_value(value)
        if value.text is None:
            value.text = self.field.opened(instance, value.data)
        return self.field.to_value(value.text)

    def __set__(self, instance: models.Model, value: Any) -> None:
        before = instance.__dict__.get(self.field.attname)
        known = isinstance(before, Sealed) and before.text is not None and not isinstance(value, Sealed)
        if known and self.field.to_text(value) == before.text:  # type: ignore[union-attr]
            return  # the same words again keep their ciphertext
        instance.__dict__[self.field.attname] = value if isinstance(value, Sealed) else self.field.to_text(value)


class SealedTextField(models.Field):
    """Text sealed under the key of the record's child and section. The model has child_id and a section number."""

    def __init__(self, *args: Any, long: bool = False, **kwargs: Any) -> None:
        self.long = long  # a text of several lines, in forms
        super().__init__(*args, **kwargs)

    def db_type(self, connection: Any) -> str:
        return "bytea"

    def contribute_to_class(self, cls: type[models.Model], name: str, private_only: bool = False) -> None:
        super().contribute_to_class(cls, name, private_only)
        setattr(cls, self.attname, Opener(self))

    def place(self, instance: models.Model) -> str:
        """Return what the value is bound to; history rows share the live record's place."""
        model = getattr(type(instance), "instance_type", type(instance))
        return f"{model._meta.label_lower}:{instance.__dict__['id']}:{self.name}"

    def section_of(self, instance: models.Model) -> int:
        """Return the section of a record or of one of its history rows: its own column, or its model's."""
        model: Any = getattr(type(instance), "instance_type", type(instance))
        return int(instance.__dict__.get("section", model.section))

    def closed(self, instance: models.Model, text: str) -> bytes:
        """Return the text sealed under the key of the child's section; the first one makes the key."""
        key = keys.section_key(instance.child_id, self.section_of(instance), make=True)  # type: ignore[attr-defined]
        return keys.seal(key, text.encode(), self.place(instance))

    def opened(self, instance: models.Model, data: bytes) -> str:
        """Return the text of a sealed value; of one that was erased, nothing."""
        if not data:
            return ""
        key = keys.section_key(instance.child_id, self.section_of(instance))  # type: ignore[attr-defined]
        return keys.unseal(key, data, self.place(instance)).decode()

    def pre_save(self, model_instance: models.Model, add: bool) -> bytes | None:
        value = model_instance.__dict__[self.attname]
        if value is not None and not isinstance(value, Sealed):
            value = Sealed(self.closed(model_instance, value), value)
            model_instance.__dict__[self.attname] = value
        return value and value.data

    def get_prep_value(self, value: Any) -> bytes | None:
        return value.data if isinstance(value, Sealed) else value

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Sealed | None:
        return None if value is None else Sealed(bytes(value))

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name != "isnull":
            raise TypeError(f"{self.name} is sealed: it cannot be searched in the database.")
        return super().get_lookup(lookup_name)

    def to_text(self, value: Any) -> str | None:
        return value or ("" if not self.null else None)

    def to_value(self, text: str | None) -> Any:
        return text

    def value_from_object(self, obj: models.Model) -> Any:
        return getattr(obj, self.attname)

    def formfield(self, **kwargs: Any) -> Any:
        widget = forms.Textarea(attrs={"rows": 4}) if self.long else forms.TextInput()
        return super().formfield(**{"form_class": forms.CharField, "widget": widget, **kwargs})


class SealedDateField(SealedTextField):
    """A date sealed like text."""

    def to_text(self, value: Any) -> str | None:
        return value.isoformat() if isinstance(value, datetime.date) else value or None

    def to_value(self, text: str | None) -> datetime.date | None:
        return datetime.date.fromisoformat(text) if text else None

    def formfield(self, **kwargs: Any) -> Any:
        return models.Field.formfield(self, **{"form_class": forms.DateField, **kwargs})


class RingSealedTextField(SealedTextField):
    """Text of a record that belongs to no child, sealed under the key ring itself and bound to the record."""

    def closed(self, instance: models.Model, text: str) -> bytes:
        return keys.seal_by_ring(text.encode(), self.place(instance))

    def opened(self, instance: models.Model, data: bytes) -> str:
        if not data:
            return ""
        return keys.unseal_by_ring(data, self.place(instance)).decode()

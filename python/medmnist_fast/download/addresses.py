"""Where files come from."""

import os
import string

from medmnist_fast.official import OfficialFile

VARIABLE = "MEDMNIST_MIRROR"

_FIELDS = ("flag", "size", "filename")


def address(file: OfficialFile, url_template: str | None = None) -> str:
    """The address of a file: by the template, else by ``MEDMNIST_MIRROR``, else that of the MedMNIST authors.

    Args:
        file: which one.
        url_template: such as ``https://example.org/medmnist/{filename}``; the fields are ``{flag}``, ``{size}`` (such
            as 28) and ``{filename}`` (such as ``pathmnist_64.npz``).

    Raises:
        ValueError: the template has other fields or none, or is no http address.
    """
    name, template = "url_template", url_template
    if template is None:
        name, template = VARIABLE, os.environ.get(VARIABLE)
    if not template:
        return file.url
    allowed = f"{name} {template!r}; allowed: an http or https address with {{filename}}, or with {{flag}} and {{size}}"
    try:
        fields = {field for _, field, _, _ in string.Formatter().parse(template) if field is not None}
        url = template.format(flag=file.flag, size=file.size, filename=file.name)
    except (ValueError, LookupError, AttributeError) as error:
        raise ValueError(allowed) from error
    is_unique = "filename" in fields or {"flag", "size"} <= fields
    if not is_unique or not fields <= set(_FIELDS) or not url.startswith(("http://", "https://")):
        raise ValueError(allowed)
    return url

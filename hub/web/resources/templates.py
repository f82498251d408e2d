"""Templates: texts that an account keeps under a name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from flask import Response

from hub.compliance.model import Purpose
from hub.messages.preview import preview
from hub.sms.merge import fields_in
from hub.templates.model import Wording
from hub.web.frame import PREFIX, Frame, Resource, account, answer, tagged, unless_changed
from hub.web.resources import templates_values as values
from hub.web.resources.templates_values import (  # noqa: TC001 - flask-openapi3 reads the hints
    PreviewBody,
    TemplateBody,
    TemplateChanges,
    TemplatePath,
    TemplatesQuery,
)

if TYPE_CHECKING:
    from flask_openapi3.blueprint import APIBlueprint

    from hub.templates.model import Template

_MAY_BE_NULL = frozenset({"purpose", "sender"})


@dataclass(frozen=True, slots=True)
class TemplateCalls:
    """Make, look, change, take away, preview."""

    frame: Frame

    def routes(self) -> APIBlueprint:
        """The calls, each at its address."""
        calls = Resource(self.frame, "templates", "Templates", "Texts under a name, to be sent again.")
        calls.get("/templates", self.list_templates, values.LIST)
        calls.post("/templates", self.create_template, values.CREATE)
        calls.get("/templates/<template_id>", self.get_template, values.GET)
        calls.patch("/templates/<template_id>", self.patch_template, values.PATCH)
        calls.delete("/templates/<template_id>", self.delete_template, values.DELETE)
        calls.post("/templates/<template_id>/preview", self.preview_template, values.PREVIEW_CALL)
        return calls.routes

    def list_templates(self, query: TemplatesQuery) -> Response:
        """List the account's templates, page by page."""
        found = self.frame.core.templates.page(account().id, after=query.cursor or "", limit=query.limit + 1)
        page = found[: query.limit]
        more = page[-1].id if len(found) > len(page) else None
        return answer(values.TemplatePage(items=[_shown(one) for one in page], next=more))

    def create_template(self, body: TemplateBody) -> Response:
        """Keep a text under a name."""
        wording = Wording(body.name, body.text, body.purpose, body.sender)
        made = self.frame.core.templates.create(account().id, wording)
        return answer(_shown(made), 201, {"Location": f"{PREFIX}/templates/{made.id}"})

    def get_template(self, path: TemplatePath) -> Response:
        """Look at a template."""
        return tagged(_shown(self.frame.core.templates.get(account().id, path.template_id)))

    def patch_template(self, path: TemplatePath, body: TemplateChanges) -> Response:
        """Change a template."""

        def change(before: Template) -> Wording:
            unless_changed(_shown(before))
            named = {name: getattr(body, name) for name in body.model_fields_set}
            said = {name: value for name, value in named.items() if value is not None or name in _MAY_BE_NULL}
            return replace(before.wording, **said)

        return tagged(_shown(self.frame.core.templates.change(account().id, path.template_id, change)))

    def delete_template(self, path: TemplatePath) -> Response:
        """Take a template away."""
        self.frame.core.templates.remove(account().id, path.template_id, lambda before: unless_changed(_shown(before)))
        return Response(status=204)

    def preview_template(self, path: TemplatePath, body: PreviewBody) -> Response:
        """Show a template with its fields filled."""
        core, mine = self.frame.core, account()
        wording = core.templates.get(mine.id, path.template_id).wording
        purpose = wording.purpose or Purpose(core.settings.messages.default_purpose)
        return answer(values.TemplatePreview.model_validate(preview(core.intake, mine, wording, purpose, body.fields)))


def _shown(one: Template) -> values.Template:
    said = one.wording
    return values.Template(
        id=one.id,
        name=said.name,
        text=said.text,
        purpose=said.purpose,
        sender=said.sender,
        fields=list(fields_in(said.text)),
        created_at=one.created_at,
        changed_at=one.changed_at,
    )

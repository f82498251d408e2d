"""The web application: the REST API, plugins' routes, health and metrics, on one hub."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import structlog
from flask import Flask
from flask_openapi3.openapi import OpenAPI
from werkzeug.middleware.proxy_fix import ProxyFix

from hub.plugin_guard import REGISTRATION_S, call_within
from hub.queue import RqDoorbell
from hub.web import document, problems, publishing
from hub.web.answers import Problem
from hub.web.door import install_door
from hub.web.frame import PREFIX, Frame
from hub.web.health import Health
from hub.web.limiter import Limiter
from hub.web.links import CodeConverter, LinkPages
from hub.web.metrics import Metrics
from hub.web.reference import Reference
from hub.web.requests import watch
from hub.web.resources import resources_of
from hub.web.validation import refuse
from hub.web.windows import Windows

if TYPE_CHECKING:
    from hub.bootstrap import Core

log = structlog.get_logger(__name__)


def create_app(core: Core) -> Flask:
    """The WSGI application of a hub. Plugins' routes that cannot be made are logged, reported and left out."""
    web = core.settings.web
    app = OpenAPI(
        __name__,
        static_folder=None,
        doc_ui=False,
        info=document.ABOUT,
        security_schemes=document.SECURITY,
        validation_error_model=Problem,
        validation_error_callback=refuse,
    )
    app.config["MAX_CONTENT_LENGTH"] = web.max_body_kb * 1024
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=web.proxies, x_proto=0)  # type: ignore[method-assign]  # Flask's own advice
    metrics = Metrics(core)
    watch(app, core.clock, metrics, over_tls=core.settings.hub.public_url.startswith("https:"))
    problems.install(app)
    limiter = _limiter(core)
    for routes in resources_of(Frame(core, limiter)):
        app.register_api(routes)
    install_door(app, core, limiter)
    app.register_blueprint(Reference(publishing.publish(app, f"{PREFIX}/openapi.json")).blueprint())
    left_out = mount(app, core)
    app.url_map.converters["code"] = CodeConverter
    app.register_blueprint(LinkPages(core, limiter.windows).blueprint())
    app.register_blueprint(Health(core, left_out).blueprint())
    app.add_url_rule("/metrics", "hub_metrics", metrics.show)
    return app


def _limiter(core: Core) -> Limiter:
    """What counts the requests of this process, in the same Redis as every other one's where there is one."""
    bell, web = core.doorbell, core.settings.web
    windows = Windows(bell.url if isinstance(bell, RqDoorbell) else None)
    return Limiter(windows, core.tokens.caller, web.requests_per_minute, web.wrong_tokens_per_minute)


def mount(app: Flask, core: Core) -> tuple[str, ...]:
    """Add the routes that plugins bring; a sentence for each that could not be made."""
    left_out = []
    for build in core.plugins.registry.blueprints:
        name = ".".join(getattr(build, part, "?") for part in ("__module__", "__qualname__"))
        try:
            blueprint = call_within(REGISTRATION_S, name, partial(build, core))
            Flask(__name__, static_folder=None).register_blueprint(blueprint)  # a faulty one fails here, half-way
            app.register_blueprint(blueprint)
        except Exception:
            log.exception("blueprint_left_out", blueprint=name)
            left_out.append(f"The routes of {name} are left out, for they could not be made; the log says why.")
    return tuple(left_out)

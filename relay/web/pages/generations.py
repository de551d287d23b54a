"""The address of a generation for links from outside: it leads to its job, or to its last delivery."""

from flask import Blueprint, abort, redirect
from werkzeug.wrappers import Response

from relay.web.any_id import AnyId
from relay.web.auth import Guard
from relay.web.context import AppContext
from relay.web.pages.base import pages


def blueprint(ctx: AppContext, guard: Guard) -> Blueprint:
    routes = pages("generations", guard)

    @routes.get(f"/generations/<{AnyId.name}:generation_id>", merge_slashes=False)
    def one(generation_id: str) -> Response:
        generation = ctx.store.generation(generation_id) or abort(404)
        if generation.job_id:
            return redirect(f"/jobs/{generation.job_id}", 303)
        deliveries = ctx.store.deliveries(limit=1, generation_id=generation.id)
        return redirect(f"/deliveries/{deliveries[0].id}" if deliveries else "/deliveries/incoming", 303)

    return routes

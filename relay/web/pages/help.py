"""Help: what the relay does, what each state means and what to do. Needs no password."""

from flask import Blueprint, render_template

from relay.web.pages import status_labels
from relay.web.pages.base import pages


def blueprint() -> Blueprint:
    routes = pages("help", lambda: None)

    @routes.get("/help")
    def page() -> str:
        return render_template(
            "help.html", jobs=status_labels.JOB.values(), deliveries=status_labels.DELIVERY.values()
        )

    return routes

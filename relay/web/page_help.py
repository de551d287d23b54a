"""Help: what the relay does, its words, and what to do in each state. Open to everybody."""

from flask import Blueprint, render_template

from relay.web import words
from relay.web.page import pages


def blueprint() -> Blueprint:
    routes = pages("help", lambda: None)

    @routes.get("/help")
    def page() -> str:
        return render_template("help.html", jobs=words.JOB.values(), deliveries=words.DELIVERY.values())

    return routes

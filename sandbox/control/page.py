"""The sandbox's page, GET /sandbox: a button per misfortune, and what was asked for and sent so far."""

from flask import render_template_string

from sandbox.creativeai.faults import MISFORTUNES, OF_REQUESTS
from sandbox.creativeai.service import Vendor
from sandbox.creativeai.webhooks import Webhooks

SHOWN = 30

PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>CreativeAI on this machine</title>
<h1>CreativeAI on this machine</h1>
<p>{{ credits }} credits left. <a href="/sandbox/jobs">Account book</a>,
<a href="/sandbox/webhooks">webhooks</a>, <a href="/sandbox/inbox">inboxes</a>.</p>
<h2>What goes wrong with the next job</h2>
<p>{% if ordered %}Ordered: {% for each in ordered %}{{ each|join(" and ") }}{% if not loop.last %}, then
{% endif %}{% endfor %}.{% else %}Nothing is ordered: the next job goes well.{% endif %}</p>
{% for name, meaning in misfortunes.items() %}
<form method="post" action="/sandbox/misfortunes">
<button name="next" value="{{ name }}">{{ name }}</button> {{ meaning.sentence }}
{% if name in of_requests %}<button name="lookups" value="{{ name }}">{{ name }}, next look-up</button>
{% endif %}</form>
{% endfor %}
<h2>Jobs</h2>
<table><tr><th>Id<th>Status<th>Charged<th>Refunded<th>Asked for</tr>
{% for job in jobs %}<tr><td>{{ job.id }}<td>{{ job.status }}<td>{{ job.charged }}<td>{{ job.refunded }}
<td>{{ job.request.prompt or job.request.text or job.kind }}</tr>
{% endfor %}</table>
<h2>Webhooks</h2>
<table><tr><th>Id<th>Event<th>Attempt<th>Answer<th>To</tr>
{% for sent in attempts %}<tr><td>{{ sent.delivery_id }}<td>{{ sent.event }}<td>{{ sent.number }}
<td>{{ sent.status or "none" }}<td>{{ sent.url }}</tr>
{% endfor %}</table>
</html>
"""


def shown(vendor: Vendor, webhooks: Webhooks) -> str:
    return render_template_string(
        PAGE,
        credits=vendor.account.credits,
        ordered=vendor.orders.waiting(),
        misfortunes=MISFORTUNES,
        of_requests=OF_REQUESTS,
        jobs=vendor.jobs[: -SHOWN - 1 : -1],
        attempts=webhooks.attempts()[: -SHOWN - 1 : -1],
    )

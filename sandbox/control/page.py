"""The sandbox's page, GET /sandbox: a button per fault, and the jobs and webhooks so far."""

from flask import render_template_string

from sandbox.creativeai.faults import FAULTS, REQUEST_FAULTS
from sandbox.creativeai.vendor import Vendor
from sandbox.creativeai.webhooks import Webhooks

SHOWN = 30

PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>CreativeAI on this machine</title>
<h1>CreativeAI on this machine</h1>
<p>{{ credits }} credits left. <a href="/sandbox/jobs">Ledger</a>,
<a href="/sandbox/webhooks">webhooks</a>, <a href="/sandbox/inbox">inboxes</a>.</p>
<h2>Failure scenarios for the next job</h2>
<p>{% if pending %}Pending: {% for each in pending %}{{ each|join(" and ") }}{% if not loop.last %}, then
{% endif %}{% endfor %}.{% else %}None pending: the next job succeeds.{% endif %}</p>
{% for name, described in faults.items() %}
<form method="post" action="/sandbox/faults">
<button name="next" value="{{ name }}">{{ name }}</button> {{ described.summary }}
{% if name in request_faults %}
<button name="lookups" value="{{ name }}">{{ name }}, next status request</button>
{% endif %}</form>
{% endfor %}
<h2>Jobs</h2>
<table><tr><th>ID<th>Status<th>Charged<th>Refunded<th>Request</tr>
{% for job in jobs %}<tr><td>{{ job.id }}<td>{{ job.status }}<td>{{ job.charged }}<td>{{ job.refunded }}
<td>{{ job.request.prompt or job.request.text or job.kind }}</tr>
{% endfor %}</table>
<h2>Webhooks</h2>
<table><tr><th>ID<th>Event<th>Attempt<th>Response<th>To</tr>
{% for sent in attempts %}<tr><td>{{ sent.delivery_id }}<td>{{ sent.event }}<td>{{ sent.number }}
<td>{{ sent.status or "none" }}<td>{{ sent.url }}</tr>
{% endfor %}</table>
</html>
"""


def shown(vendor: Vendor, webhooks: Webhooks) -> str:
    return render_template_string(
        PAGE,
        credits=vendor.account.credits,
        pending=vendor.faults.pending(),
        faults=FAULTS,
        request_faults=REQUEST_FAULTS,
        jobs=vendor.jobs[: -SHOWN - 1 : -1],
        attempts=webhooks.attempts()[: -SHOWN - 1 : -1],
    )

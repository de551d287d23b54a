"""The page of a template: what it does, who it is for, how to set it up."""

from n8n.source import nodes
from n8n.source.template import Template


def readme(template: Template) -> str:
    steps = "\n".join(f"{number}. {step}" for number, step in enumerate(template.steps, 1))
    needs = "\n".join(f"- {each}" for each in template.needs)
    more = "\n".join(f"- {each}" for each in (*template.more, *template.common))
    return f"""# {template.flow.title}

{template.summary}

**For** {template.audience}

[![The workflow with its nodes and notes](picture.svg)](picture.svg)

## What it needs

- n8n 2.x at a public address.
{needs}

## Set it up

{steps}

## Good to know

{more}

Tested with n8n {nodes.TESTED}.
"""

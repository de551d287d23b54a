"""The page of a template, with the sections that n8n's gallery asks for."""

from n8n.source.template import Template, numbered, sentence


def readme(template: Template) -> str:
    needs = "\n".join(f"- {each}" for each in template.needs)
    more = "\n".join(f"- {each}" for each in template.more)
    listens = "\n".join(f"- *{name}*: `{path}`" for name, path in template.listens)
    return f"""# {template.flow.title}

{template.summary}

[![The workflow with its nodes and notes](picture.svg)](picture.svg)

## Who's it for

{sentence(template.audience)}

## How it works

{template.how}

## How to set up

{numbered(list(template.steps))}

Behind the address of your n8n, these nodes listen at:

{listens}

## Requirements

- n8n 2.x at a public address.
{needs}

## How to customize the workflow

{template.customize}

## What it cannot promise

{template.cannot}

## Good to know

{more}

Tags: {", ".join(template.tags)}.
"""

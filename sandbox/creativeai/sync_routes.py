"""The vendor's routes whose result is in the response: images, edits, chat and text completions."""

from flask import Blueprint, g, request
from flask.typing import ResponseReturnValue

from sandbox.creativeai import chat, image, image_edit
from sandbox.creativeai.jobs import JobRequest
from sandbox.creativeai.request_parsing import json_body, respond
from sandbox.creativeai.vendor import Vendor


def sync_routes(api: Blueprint, vendor: Vendor) -> None:
    @api.post("/v1/images/generations")
    def create_image() -> ResponseReturnValue:
        return picture(image.parse(json_body()))

    @api.post("/v1/images/edits")
    def edit_image() -> ResponseReturnValue:
        files = {name: file.read() for name, file in request.files.items()}
        return picture(image_edit.parse(request.form, files))

    @api.post("/v1/chat/completions")
    def complete_chat() -> ResponseReturnValue:
        return words(chat.parse_chat(json_body()), "messages")

    @api.post("/v1/completions")
    def complete_text() -> ResponseReturnValue:
        return words(chat.parse_text(json_body()), "prompt")

    def picture(submit: JobRequest) -> ResponseReturnValue:
        vendor.moderate(submit.request["prompt"])
        job = vendor.complete_now(g.key, submit)
        return respond(job, image.answer(job), 200)

    def words(submit: JobRequest, param: str) -> ResponseReturnValue:
        for text in chat.texts(dict(submit.request)):
            vendor.moderate(text, param)
        job = vendor.complete_now(g.key, submit)
        return respond(job, chat.answer(job), 200, chat.headers(job))

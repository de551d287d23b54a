"""The vendor's routes whose result is the answer itself: images, edits, chat and text completions."""

from flask import Blueprint, g, request
from flask.typing import ResponseReturnValue

from sandbox.creativeai import chat, image, image_edit
from sandbox.creativeai.jobs import JobRequest
from sandbox.creativeai.request_parsing import answered, json_body
from sandbox.creativeai.service import Vendor


def answer_images_and_words(api: Blueprint, vendor: Vendor) -> None:
    @api.post("/v1/images/generations")
    def create_image() -> ResponseReturnValue:
        return picture(image.wished(json_body()))

    @api.post("/v1/images/edits")
    def edit_image() -> ResponseReturnValue:
        files = {name: file.read() for name, file in request.files.items()}
        return picture(image_edit.wished(request.form, files))

    @api.post("/v1/chat/completions")
    def complete_chat() -> ResponseReturnValue:
        return words(chat.chat_wished(json_body()), "messages")

    @api.post("/v1/completions")
    def complete_text() -> ResponseReturnValue:
        return words(chat.text_wished(json_body()), "prompt")

    def picture(wish: JobRequest) -> ResponseReturnValue:
        vendor.moderate(wish.request["prompt"])
        job = vendor.do_now(g.key, wish)
        return answered(job, image.answer(job), 200)

    def words(wish: JobRequest, param: str) -> ResponseReturnValue:
        for text in chat.texts(dict(wish.request)):
            vendor.moderate(text, param)
        job = vendor.do_now(g.key, wish)
        return answered(job, chat.answer(job), 200, chat.headers(job))

"""Asks python-dotenv what it makes of each text.

Input: a JSON list of {text: base64, env: {NAME: value}}. Output: a JSON list of answers
by way of calling it: {vars} or {refused: true}.
"""
import base64
import io
import json
import logging
import os
import sys

import dotenv

logging.disable(logging.CRITICAL)


def stream(data):
    return io.TextIOWrapper(io.BytesIO(data), encoding="utf-8")  # as open() reads a file


def guarded(call, env):
    os.environ.clear()
    os.environ.update(env)
    try:
        return {"vars": {k: v for k, v in call().items() if v is not None}}
    except (UnicodeDecodeError, ValueError):
        return {"refused": True}


def loaded(data, override):
    dotenv.load_dotenv(stream=stream(data), override=override)
    return dict(os.environ)


answers = []
for case in json.load(sys.stdin):
    data, env = base64.b64decode(case["text"]), case["env"] or {}
    answers.append({
        "python": guarded(lambda: dotenv.dotenv_values(stream=stream(data)), env),
        "python loaded": guarded(lambda: loaded(data, False), env),
        "python loaded over": guarded(lambda: loaded(data, True), env),
        "python merged": guarded(lambda: {**dotenv.dotenv_values(stream=stream(data)), **os.environ}, env),
    })
json.dump(answers, sys.stdout)

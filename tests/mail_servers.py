"""Backends of mail that stand for servers."""

from smtplib import SMTPDataError

from django.core.mail.backends.base import BaseEmailBackend


class Refusing(BaseEmailBackend):
    """A server that takes a connection and then no mail."""

    def send_messages(self, _messages):
        raise SMTPDataError(451, b"not now")

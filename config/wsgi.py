"""The WSGI application that gunicorn serves."""

from django.core.wsgi import get_wsgi_application

from config.production import exit_if_weak

exit_if_weak(code=4)
application = get_wsgi_application()

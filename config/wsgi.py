"""The WSGI application that the web server loads."""

from django.core.wsgi import get_wsgi_application

from config.production import exit_if_weak
from config.web_database import limit_statements

exit_if_weak(code=4)
limit_statements()
application = get_wsgi_application()

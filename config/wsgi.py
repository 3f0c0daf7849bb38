"""The WSGI application that the web server loads."""

from django.core.wsgi import get_wsgi_application

from config.env import DATA_DIR
from config.production import exit_if_weak, exit_on_error
from config.web_database import limit_statements

exit_if_weak(code=4)
with exit_on_error(code=4):
    DATA_DIR.make()  # no other process has, where files are in a bucket and the key in the environment
limit_statements()
application = get_wsgi_application()

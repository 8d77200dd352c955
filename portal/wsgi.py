"""The web entry point for gunicorn."""

import os

from django.core.wsgi import get_wsgi_application

from portal.access.checks import demand_safe_start

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
application = get_wsgi_application()
demand_safe_start()

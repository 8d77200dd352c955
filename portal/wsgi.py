"""The web entry point for gunicorn."""

import os
import threading

from django.core.wsgi import get_wsgi_application
from langcodes import Language

from portal.access.checks import demand_safe_start

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
application = get_wsgi_application()
demand_safe_start()
# The names of languages take two seconds to load: they are not to be those of whoever opens the first file.
threading.Thread(target=Language.get("en").display_name, daemon=True).start()

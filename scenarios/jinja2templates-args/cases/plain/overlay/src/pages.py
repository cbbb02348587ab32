from fastapi.templating import Jinja2Templates

templates = Jinja2Templates()

from bookings.routes.health import router as health
from bookings.routes.rooms import router as rooms

routers = [health, rooms]

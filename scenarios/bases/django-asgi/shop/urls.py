from django.urls import path

from catalogue.views import health, products

urlpatterns = [path("health/", health), path("products/", products)]

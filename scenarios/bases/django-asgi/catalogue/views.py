from django.db import connection
from django.http import HttpRequest, JsonResponse

from catalogue.models import Product


def health(request: HttpRequest) -> JsonResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})


def products(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"products": [name for name in Product.objects.values_list("name", flat=True)]})

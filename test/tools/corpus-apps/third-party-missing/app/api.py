from fastapi import APIRouter
import slowapi

router = APIRouter()

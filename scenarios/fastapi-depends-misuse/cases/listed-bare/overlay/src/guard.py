from fastapi import Header


async def note_language(accept_language: str = Header(default="en")) -> None:
    print(accept_language)

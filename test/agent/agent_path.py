"""Makes the agent's modules importable, as `agent.py` does, and gives tests an event loop that reaps like the agent."""
import asyncio
import os
import sys

AGENT = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "agent")
sys.path.insert(0, AGENT)
sys.dont_write_bytecode = True


def run(coroutine, seconds=30):
    async def limited():
        return await asyncio.wait_for(coroutine, seconds)

    return asyncio.run(limited())

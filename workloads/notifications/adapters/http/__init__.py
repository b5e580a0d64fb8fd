"""REST, the demo page and the management port on aiohttp."""

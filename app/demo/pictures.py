"""Pictures of demo dishes, drawn here: a bowl on a table, in colours of its own for each dish."""

from hashlib import sha256
from io import BytesIO

from PIL import Image, ImageDraw

WIDTH, HEIGHT = 960, 720
LINEN, WOOD, RIM = "#efe6d8", "#8a5a3b", "#f7f5f0"
BROTHS = ("#b5432a", "#c98a3d", "#e6d3a3", "#7c8f4e", "#8c4a2f", "#d9c7b0", "#a83f4b", "#5f4636")
TOPPINGS = ("#f4f1e4", "#3f7d3a", "#d8412f", "#f2c14e", "#2f5d34", "#fffaf0")
BITS = 14


def draw_dish(name: str) -> bytes:
    """A PNG of the dish; the same name is always drawn the same."""
    seed = sha256(name.encode()).digest()
    image = Image.new("RGB", (WIDTH, HEIGHT), LINEN)
    draw = ImageDraw.Draw(image)
    for stripe in range(0, WIDTH, 160):
        draw.rectangle((stripe, 0, stripe + 8, HEIGHT), fill="#e3d7c4")
    _disc(draw, (WIDTH // 2 + 14, HEIGHT // 2 + 22), 292, "#cbbca6")
    _disc(draw, (WIDTH // 2, HEIGHT // 2), 290, WOOD)
    _disc(draw, (WIDTH // 2, HEIGHT // 2), 262, RIM)
    _disc(draw, (WIDTH // 2, HEIGHT // 2), 226, BROTHS[seed[0] % len(BROTHS)])
    for bit in range(BITS):
        across, down, size = seed[bit + 1], seed[31 - bit], seed[bit + 9]
        place = (WIDTH // 2 + (across - 128) * 9 // 8, HEIGHT // 2 + (down - 128) * 9 // 8)
        _disc(draw, place, 14 + size % 26, TOPPINGS[(across + size) % len(TOPPINGS)])
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def _disc(draw: ImageDraw.ImageDraw, centre: tuple[int, int], radius: int, colour: str) -> None:
    x, y = centre
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)

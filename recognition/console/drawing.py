"""A picture with its faces boxed and named."""

import io

from PIL import Image, ImageDraw, ImageFont

from recognition import images
from recognition.types import Face, Recognition

KNOWN, UNKNOWN, LEFT_OUT = "#22c55e", "#f59e0b", "#94a3b8"


def draw(content: bytes, seen: Recognition) -> bytes:
    """The encoded picture as PNG, with boxes, landmarks and names. Raises PictureError."""
    pixels, _ = images.decode(content, images.PictureLimits())
    picture = Image.fromarray(pixels)
    canvas = ImageDraw.Draw(picture)
    width = max(round(max(picture.size) / 400), 2)
    font = ImageFont.load_default(max(max(picture.size) / 55, 10))
    for face in seen.faces:
        _draw_face(canvas, face, width, font)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def _draw_face(
    canvas: ImageDraw.ImageDraw,
    face: Face,
    width: int,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
) -> None:
    box = face.detected.box
    colour = LEFT_OUT if face.left_out else (KNOWN if face.identity else UNKNOWN)
    canvas.rectangle((box.left, box.top, box.right, box.bottom), outline=colour, width=width)
    for x, y in face.detected.landmarks:
        canvas.ellipse((x - width, y - width, x + width, y + width), fill=colour)
    label = _label(face)
    left, top, right, bottom = canvas.textbbox((box.left, box.top), label, font=font, anchor="ls")
    down = max(-top, 0) + width if top < 0 else -width
    canvas.rectangle((left - 2, top + down - 2, right + 2, bottom + down + 2), fill=colour)
    canvas.text((box.left, box.top + down), label, fill="black", font=font, anchor="ls")


def _label(face: Face) -> str:
    if face.left_out:
        return "left out"
    if face.identity is None:
        return f"unknown {face.detected.probability:.2f}"
    return face.identity if face.similarity is None else f"{face.identity} {face.similarity:.2f}"

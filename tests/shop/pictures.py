"""Pictures of the demo shop: one small drawing a style and colour."""

from __future__ import annotations

from tests.shop.products import Product, vocabulary

GROUNDS = ("#eef2f5", "#f5f0e8", "#eaf3ec", "#f6ecee", "#efeef7")


def drawing(product: Product) -> str:
    """The product as SVG: its shape, in its colour, on a quiet ground."""
    words = vocabulary()
    colour = words["colours"][product.colour][2]
    ground = GROUNDS[product.style.number % len(GROUNDS)]
    shape = words["shapes"][product.style.kind["shape"]].replace("currentColor", colour)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="-10 -10 120 120" width="240"'
        f' height="240"><path d="M-10-10h120v120h-120z" fill="{ground}"/>'
        f'<g fill="{colour}" stroke="#00000022">{shape}</g></svg>\n'
    )

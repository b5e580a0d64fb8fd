"""What can go wrong, as one tree.

ImageError              the reason in one line, for a person
├── NoEngine            nothing on this machine can build images
├── NoBase              there is no image to build on
└── BuildFailed         an image could not be built or written
"""


class ImageError(Exception):
    """The images could not be made; the message is one line for a person."""


class NoEngine(ImageError):
    """Nothing on this machine can build images; the message says what to install."""


class NoBase(ImageError):
    """There is no image to build on; the message says which and why."""


class BuildFailed(ImageError):
    """An image could not be built or written; the message has the last words of what failed."""

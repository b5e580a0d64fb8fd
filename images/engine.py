"""What can build an image here: docker, podman or buildah, whichever answers first."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from .command import Words, run, succeeds
from .errors import NoEngine

# How one learns that an engine is there and can do what it is asked.
QUESTIONS: Final = {"docker": "info", "podman": "info", "buildah": "images"}
CERTIFICATES: Final = Path("/etc/ssl/certs")

Program = Literal["docker", "podman", "buildah"]


@dataclass(frozen=True, slots=True)
class Engine:
    """A builder of images, which keeps what it built."""

    program: Program

    def build(self, dockerfile: Path, context: Path, reference: str, base: str | None = None) -> None:
        """Build an image, on `base` if its Dockerfile asks for one; raise BuildFailed when that does not work."""
        argument = ("--build-arg", f"BASE_IMAGE={base}") if base else ()
        flags = ("--file", dockerfile, "--tag", reference, *argument, *self._trust())
        run([self.program, "build", *flags, context])

    def save(self, reference: str, archive: Path) -> None:
        """Write an image as a docker archive that has its reference in it."""
        if self.program == "buildah":
            run(["buildah", "push", reference, f"docker-archive:{archive}:{reference}"])
        else:
            form = ("--format", "docker-archive") if self.program == "podman" else ()
            run([self.program, "save", *form, "--output", archive, reference])

    def has(self, reference: str) -> bool:
        """Whether the image is here already."""
        words: Words = ("inspect", "--type", "image", reference)
        return succeeds([self.program, *words])

    def pull(self, reference: str) -> None:
        """Fetch an image from its registry; raise BuildFailed when it cannot be had."""
        run([self.program, "pull", reference], within=300)

    def _trust(self) -> Words:
        """Let the build trust whom this machine trusts, where the engine can, and run without an engine's daemon."""
        if self.program == "docker":
            return ()
        shared = ("--volume", f"{CERTIFICATES}:{CERTIFICATES}:ro") if CERTIFICATES.is_dir() else ()
        # In a chroot nothing is asked of the kernel that a container on a machine of another would not get.
        alone = ("--isolation", "chroot") if self.program == "buildah" else ()
        return ("--layers", "--network", "host", *shared, *alone)


def find_engine() -> Engine:
    """Return the engine that answers; raise NoEngine when none does."""
    programs: tuple[Program, ...] = ("docker", "podman", "buildah")
    for program in programs:
        if succeeds([program, QUESTIONS[program]]):
            return Engine(program)
    raise NoEngine("neither docker nor podman nor buildah answers: start one, or on Debian, apt-get install buildah")

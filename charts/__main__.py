"""python -m charts: write every manifest that is generated, the CustomResourceDefinition and install.yaml."""

import sys

from notification_operator import crd

from .installation import CHART, INSTALL, ROOT, RenderingFailed, find_helm, render_install


def main() -> int:
    """Write the files, and return the exit code: 0 fine, 2 without Helm, 1 when it refuses the chart."""
    definition = crd.write()
    for folder in (ROOT / "crds", CHART / "files"):
        (folder / "notificationclusters.yaml").write_text(definition)
    helm = find_helm()
    if helm is None:
        return complain("Helm was not found: put it on PATH, or build it by `python -m tests.cluster build`", 2)
    try:
        INSTALL.write_text(render_install(helm))
    except RenderingFailed as error:
        return complain(str(error), 1)
    return 0


def complain(text: str, code: int) -> int:
    """Say what went wrong, in one line, and return the exit code."""
    print(f"charts: {text}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())

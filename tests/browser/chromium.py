"""Where the Chromium of the system is, and how it is started."""

import os
import shutil

WITHOUT = (
    # What Playwright leaves out too, as one such list replaces another: upgrades to https, lists of other machines.
    "AimEnabled", "AvoidCorsURLLoaderRestartOnRedirect", "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose", "HttpsFirstBalancedModeAutoEnable", "HttpsUpgrades", "LensOverlay", "MediaRouter",
    "NetworkTimeServiceQuerying", "OptimizationHints", "PaintHolding", "PreconnectToSearch",
    "ThirdPartyStoragePartitioning",
    # A new frame for each page of the same site, which took a fifth of the processor time of opening one.
    "RenderDocument",
    # Pages of the address bar, which each context would load beside ours: a third of a second.
    "PreloadTopChromeWebUI", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup", "WebUIOmniboxPopup",
)  # fmt: skip
"Features of Chromium that no test needs."
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", f"--disable-features={','.join(WITHOUT)}",
    # Pages of one context share a process: to start one for each took a twentieth of the time.
    "--process-per-site", "--renderer-process-limit=1",
]  # fmt: skip
NAMES = (
    "chromium-headless-shell",  # the same engine without windows, which takes a sixth less of the processor
    "chromium",
    "chromium-browser",
    "google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)


def find_chromium() -> str | None:
    """Return the path of a Chromium, or None."""
    return next(
        (path for name in (os.environ.get("CHROMIUM_PATH"), *NAMES) if name and (path := shutil.which(name))),
        None,
    )

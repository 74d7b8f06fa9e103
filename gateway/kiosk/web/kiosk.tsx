import { render } from "preact";
import { markPresses } from "./design/press-marks.ts";
import { createKioskSession } from "./journey/kiosk-session.ts";
import { KioskPage } from "./journey/kiosk-page.tsx";
import { createApiClient } from "./live/api-client.ts";
import { openLive } from "./live/live-client.ts";

const place = document.querySelector("#page");
if (place !== null) {
  const session = createKioskSession(createApiClient(), openLive);
  markPresses(document);
  place.replaceChildren();
  render(<KioskPage session={session} />, place);
  // A page that a browser keeps to show it again on "back" would keep a person on it.
  globalThis.addEventListener("pagehide", () => render(null, place));
  globalThis.addEventListener("pageshow", ({ persisted }) => {
    if (persisted) location.reload();
  });
}

import { render } from "preact";
import { markPresses } from "./design/press-marks.ts";
import { openHubClient } from "./hub/hub-client.ts";
import { HubPage } from "./hub/hub-page.tsx";

const place = document.querySelector("#page");
if (place !== null) {
  const client = openHubClient();
  markPresses(document);
  render(<HubPage client={client} />, place);
  // A page that the browser keeps for "back" keeps what was on it: so there is nothing on it.
  addEventListener("pagehide", () => {
    client.close();
    render(null, place);
  });
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted) location.reload();
  });
}

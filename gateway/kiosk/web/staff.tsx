import { render } from "preact";
import { markPresses } from "./design/press-marks.ts";
import { openStaffClient } from "./staff/staff-client.ts";
import { StaffPage } from "./staff/staff-page.tsx";

const place = document.querySelector("#page");
if (place !== null) {
  const client = openStaffClient();
  markPresses(document);
  render(<StaffPage client={client} />, place);
  // A page that the browser keeps for "back" keeps what was on it: so there is nothing on it.
  addEventListener("pagehide", () => {
    client.close();
    render(null, place);
  });
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted) location.reload();
  });
}

import { visitDeskContract } from "../../../contracts/visit-desk.ts";
import { visitRig } from "./visit-rig.ts";

visitDeskContract({
  name: "kiosk desk",
  make: async () => {
    const { desk, run, site } = await visitRig();
    return { desk, run, wait: (durationMs) => site.clock.advance(durationMs) };
  },
});

import { connectionErrors } from "../../../../cloud-sync/mqtt/connection-error.ts";
import { staffDeskContract } from "../../../contracts/staff-desk.ts";
import { consentOf, deviceRow, giveConsent, holdReadings, staffRig } from "./staff-rig.ts";

staffDeskContract({
  name: "the desk beside a gateway",
  make: async () => {
    const deviceId = "device-1";
    const away = connectionErrors.make("broker-unreachable", "nobody is there");
    const rig = await staffRig({
      gateway: {
        // What is decided is not delivered, and stays to be looked at.
        connector: { connect: () => Promise.reject(away) },
        prepare: (store) => store.saveDevice(deviceRow(deviceId)),
      },
    });
    return {
      ...rig,
      deviceId,
      hold: (count) => holdReadings(rig.store, count),
      agree: async (person) => {
        await rig.run(giveConsent(rig.store, consentOf(person)));
      },
    };
  },
});

import { createVirtualAir } from "../../../simulators/air/virtual-air.ts";
import { realClock } from "../../../simulators/clock/real-clock.ts";
import { gattLinkContract } from "../../contracts/gatt-link.ts";
import type { GattAdapter } from "../../contracts/gatt-stage.ts";
import { gattSubscriptionContract } from "../../contracts/gatt-subscription.ts";
import { radioContract } from "../../contracts/radio.ts";

const adapter: GattAdapter = {
  name: "virtual air",
  make: async () => {
    const air = createVirtualAir({ clock: realClock, seed: 1, advertisingIntervalMs: 1 });
    return { air, radio: air.radio, stop: async () => {} };
  },
};

gattLinkContract(adapter);
gattSubscriptionContract(adapter);
radioContract(adapter);

import type { Radio } from "../../../device-drivers/ports/gatt.ts";
import { gattLinkContract } from "../../contracts/gatt-link.ts";
import type { GattAdapter } from "../../contracts/gatt-stage.ts";
import { gattSubscriptionContract } from "../../contracts/gatt-subscription.ts";
import { radioContract } from "../../contracts/radio.ts";
import { scriptedDialogue } from "../../contracts/scripted-dialogue.ts";
import type { RadioStage } from "../../scenarios/radio/radio-stage.ts";
import { realStack } from "./real-stage.ts";

const adapter: GattAdapter = {
  name: realStack.name,
  make: async () => {
    const stage = await realStack.make();
    return { air: stage.air, radio: pairingRadio(stage), stop: () => stage.stop() };
  },
};

gattLinkContract(adapter);
gattSubscriptionContract(adapter);
radioContract(adapter);

/** The contract's devices have a bond from the start; over a real stack that takes a pairing before the first link. */
function pairingRadio({ air, radio }: RadioStage): Radio {
  const paired = new Set<string>();
  return {
    advertisements: (signal) => radio.advertisements(signal),
    connect: async (address, signal) => {
      if (!paired.has(address) && air.isReachable(address)) {
        paired.add(address);
        await radio.pair({ address, io: "no-input-no-output" }, scriptedDialogue(), signal);
      }
      return await radio.connect(address, signal);
    },
  };
}

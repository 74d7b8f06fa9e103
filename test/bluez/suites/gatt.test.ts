import type { Radio } from "../../../device-drivers/ports/gatt.ts";
import { gattLinkContract } from "../../contracts/gatt-link.ts";
import type { GattAdapter } from "../../contracts/gatt-stage.ts";
import { gattSubscriptionContract } from "../../contracts/gatt-subscription.ts";
import { radioContract } from "../../contracts/radio.ts";
import { scriptedDialogue } from "../../contracts/scripted-dialogue.ts";
import type { RadioStage } from "../../scenarios/radio/radio-stage.ts";
import { realStack, startRealStage } from "./real-stage.ts";

const atOnce = "bluetoothd confirms an indication before it tells of it";

const adapter: GattAdapter = {
  name: realStack.name,
  make: async () => {
    // The contract waits for five seconds at most.
    const stage = await startRealStage({ findTimeoutMs: 1_500, connectTimeoutMs: 3_000, scanPeriodMs: 250 });
    return { air: stage.air, radio: pairingRadio(stage), stop: () => stage.stop() };
  },
  breaks: {
    "a refusal and a time-out are told apart, and the next attempt is free":
      "bluetoothd gives one reason for every connection that does not come about",
    "without an adapter nothing connects, and every link is lost":
      "an adapter that is plugged in takes its time until it is powered",
    "a device that has forgotten the bond refuses with Insufficient Authentication":
      "the key is kept on this side as well, so the connection itself fails",
    "an indication is confirmed when the value after it is asked for, and not before": atOnce,
    "a value that nobody took is never confirmed": atOnce,
    "closing confirms nothing: what was taken last may not be durable": atOnce,
  },
};

gattLinkContract(adapter);
gattSubscriptionContract(adapter);
radioContract(adapter);

/** The contract's devices have a bond from the start; over a real stack that takes a pairing before the first link. */
function pairingRadio({ air, radio }: RadioStage): Radio {
  const paired = new Set<string>();
  let pairing: Promise<unknown> = Promise.resolve();
  const pair = async (address: string, signal: AbortSignal): Promise<void> => {
    if (paired.has(address) || !air.isReachable(address)) return;
    await radio.pair({ address, io: "no-input-no-output" }, scriptedDialogue(), signal);
    paired.add(address);
  };
  return {
    advertisements: (signal) => radio.advertisements(signal),
    connect: async (address, signal) => {
      // A radio pairs with one device at a time.
      const turn = pairing.then(() => pair(address, signal));
      pairing = turn.catch(() => undefined);
      await turn;
      return await radio.connect(address, signal);
    },
  };
}

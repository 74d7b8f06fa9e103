import { gattLinkContract } from "../../../contracts/gatt-link.ts";
import { gattSubscriptionContract } from "../../../contracts/gatt-subscription.ts";
import { radioContract } from "../../../contracts/radio.ts";
import type { GattAdapter, GattHarness } from "../../../contracts/gatt-stage.ts";
import type { VirtualAir } from "../../../../simulators/air/virtual-air.ts";
import { type NobleRig, startNobleRig } from "./noble-rig.ts";

const atOnce = "noble confirms an indication as soon as it has arrived";

const noble: GattAdapter = {
  name: "noble",
  make: stage,
  breaks: {
    "says whom it is connected to and that there is a bond": "noble keeps no bonds",
    "a refusal and a time-out are told apart, and the next attempt is free":
      "on the air, the air's time-out is a device that lets go",
    "an indication is confirmed when the value after it is asked for, and not before": atOnce,
    "a value that nobody took is never confirmed": atOnce,
    "closing confirms nothing: what was taken last may not be durable": atOnce,
  },
};

radioContract(noble);
gattLinkContract(noble);
gattSubscriptionContract(noble);

/** noble keeps no bonds, so a device of the contract wants one only after it has forgotten what noble never had. */
async function stage(): Promise<GattHarness> {
  // Faster, a device on the air would say much between falling asleep and its firmware's noticing.
  const rig = await startNobleRig({ speed: 1 });
  const forgetful = new Set<string>();
  let isAdded = true;
  const { air } = rig;
  const [add, command] = [air.add.bind(air), air.command.bind(air)];
  air.add = (peripheral, faults) => {
    const isAdvertising = peripheral.isAdvertising.bind(peripheral);
    Object.defineProperty(peripheral, "requiresBond", { get: () => forgetful.has(peripheral.address) });
    // A device that a test puts to sleep as soon as it is there has not spoken before.
    Object.assign(peripheral, { isAdvertising: () => isAdded && isAdvertising() });
    isAdded = false;
    add(peripheral, faults);
    isAdded = true;
  };
  air.command = (told) => {
    if (told.type === "forget-bond" && isAdded) forgetful.add(told.address);
    return command(told);
  };
  followAdapter(air, rig);
  return rig;
}

/** The air's adapter is the one that noble uses. */
function followAdapter(air: VirtualAir, rig: NobleRig): void {
  const setAdapter = air.setAdapter.bind(air);
  air.setAdapter = (isPresent) => {
    setAdapter(isPresent);
    void rig.setAdapter(isPresent);
  };
}

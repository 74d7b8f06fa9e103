import { createVirtualAir } from "../../../simulators/air/virtual-air.ts";
import { type BluetoothFrontEvent, serveOverHci } from "../../../simulators/bluetooth/bluetooth-front.ts";
import { createMedium } from "../../../simulators/bluetooth/medium/medium.ts";
import { attachVhci } from "../../../simulators/bluetooth/transport/vhci.ts";
import { realClock } from "../../../simulators/clock/real-clock.ts";
import { BloodPressureCuff, plainCuff } from "../../../simulators/peripherals/blood-pressure-cuff.ts";
import { GlucoseMeter, plainGlucoseMeter } from "../../../simulators/peripherals/glucose-meter.ts";
import { justWorks } from "../../../simulators/peripherals/pairing-traits.ts";
import { identityOf } from "../../scenarios/site-devices.ts";

const clock = realClock;
const seed = 7;
const awake = { afterUseMs: 1_200_000, periodic: null };
const unwatched = { clock, observe: (): void => undefined };

/** A room with an adapter, somebody's cuff and meter, and the meter of a neighbour. */
export class SetUpRoom {
  /** It shows new digits for each pairing. */
  readonly cuff = new BloodPressureCuff(unwatched, {
    ...plainCuff,
    identity: identityOf("C0:00:00:00:00:02", "Cuff"),
    wakefulness: awake,
    pairing: { ...justWorks, io: "display-only", mitm: true },
  });
  /** It shows digits to be compared. */
  readonly meter = new GlucoseMeter(unwatched, {
    ...plainGlucoseMeter,
    identity: identityOf("C0:00:00:00:00:01", "Meter"),
    wakefulness: awake,
    pairing: { ...justWorks, io: "display-yes-no", mitm: true },
  });
  /** It proves nothing, and forgets its key when the connection ends. */
  readonly neighbours = new GlucoseMeter(unwatched, {
    ...plainGlucoseMeter,
    identity: identityOf("C0:00:00:00:00:09", "Neighbour"),
    wakefulness: awake,
    pairing: { ...justWorks, forgetsKeys: true },
  });
  readonly #told: BluetoothFrontEvent[] = [];
  readonly #air = createVirtualAir({ clock, seed });
  readonly #medium = createMedium({ clock, seed });
  readonly #front = serveOverHci(this.#air, this.#medium, { clock, seed, tell: (event) => this.#told.push(event) });
  readonly #plugged = new AbortController();

  /** Plugs the dongle in, and switches the devices on. */
  async open(): Promise<void> {
    for (const device of [this.cuff, this.meter, this.neighbours]) {
      this.#air.add(device);
      device.wake();
    }
    await attachVhci(this.#medium.controller({ address: "02:00:5E:10:00:77" }), this.#plugged.signal);
  }

  /** The six digits on a device's display, as they were shown last. */
  display({ address }: { readonly address: string }): string {
    const shown = this.#told.findLast(
      (event) => event.address === address && (event.type === "passkey-shown" || event.type === "digits-shown"),
    );
    if (shown?.type === "passkey-shown") return String(shown.passkey).padStart(6, "0");
    if (shown?.type === "digits-shown") return String(shown.digits).padStart(6, "0");
    throw new RangeError("the display is dark");
  }

  /** How often somebody has connected to a device. */
  visits({ address }: { readonly address: string }): number {
    return this.#told.filter((event) => event.address === address && event.type === "connected").length;
  }

  close(): void {
    this.#front.close();
    this.#plugged.abort();
    this.#medium.close();
  }
}

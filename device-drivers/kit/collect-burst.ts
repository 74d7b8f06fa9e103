import type { RawFrame } from "../measurement/measurement.ts";
import { gattErrors } from "../ports/gatt-error.ts";
import type { GattCharacteristic } from "../ports/gatt.ts";
import { driverErrors } from "./driver-error.ts";
import type { DriverSession } from "./driver.ts";
import { openInbox } from "./inbox.ts";

/** Cuffs that send their memory on being subscribed to hold some hundreds of records. */
const framesMax = 2_048;

/**
 * Subscribes, and yields every frame that the device sends of its own accord, as cuffs dump their memory on being
 * subscribed to. There is no word for the end in these profiles: it is silence, or that the device hangs up once it
 * has sent something.
 *
 * The device is paced by confirmations: where the frames are indications, a frame is confirmed when the one after it is
 * asked for, and so never before the consumer has made it durable. If the consumer gives up instead, the last frame stays
 * unconfirmed, and the device shows it again. A device that waits 30 seconds for a confirmation hangs up (Core Vol 3
 * Part F 3.3.3): a consumer that takes longer over one frame loses the link, and no frame.
 *
 * Throws what the link says if it ends before anything came, and the signal's reason if cancelled; a frame that had
 * arrived by then is yielded first.
 */
export async function* collectBurst(
  session: DriverSession,
  characteristic: GattCharacteristic,
): AsyncGenerator<RawFrame, void> {
  const inbox = await openInbox(session, [{ characteristic, mayBeRefused: false }]);
  try {
    for (let frames = 0; frames < framesMax; frames += 1) {
      const item = await inbox.take(frames === 0 ? session.quirks.firstFrameMs : session.quirks.burstSilenceMs);
      if (item.type === "silence") return;
      if (item.type === "ended" && frames > 0 && gattErrors.is(item.error, "link-lost")) return;
      if (item.type === "ended") throw item.error;
      yield { characteristic: characteristic.uuid, bytes: item.bytes };
    }
    throw driverErrors.make("device-floods", "the device does not stop sending", { context: { framesMax } });
  } finally {
    await inbox.close();
  }
}

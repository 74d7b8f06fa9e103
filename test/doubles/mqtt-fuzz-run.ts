import type { Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import type { FuzzSession } from "./mqtt-fuzz.ts";
import { packetTypes, pingPacket } from "./mqtt-peer.ts";

const answerTurns = 200;

/**
 * Half a packet gets no answer. A broker in this process has had its chance to give one after so many turns of the event
 * loop, whatever else the machine has to do.
 */
export async function turnsForAnAnswer(): Promise<void> {
  for (let turn = 0; turn < answerTurns; turn += 1) await setImmediate();
}

/**
 * Plays a session on a socket. Waits for answers where there are any: a broker drops what is left of a connection that
 * has ended. `unanswered` resolves when there will be none.
 */
export async function playFuzzSession(
  socket: Socket,
  { opening, rest }: FuzzSession,
  unanswered: () => Promise<unknown>,
): Promise<void> {
  socket.on("error", () => undefined);
  const closed = new Promise((resolve) => socket.once("close", resolve));
  const answered = async (packetType: number): Promise<void> => {
    const heard = new Promise<void>((resolve) => {
      socket.on("data", (bytes) => bytes.includes(packetType << 4) && resolve());
    });
    await Promise.race([heard, closed, unanswered()]);
  };
  for (const piece of opening) socket.write(piece);
  await answered(packetTypes.connack);
  for (const piece of [...rest, pingPacket()]) socket.write(piece);
  await answered(packetTypes.pingresp);
  socket.destroySoon();
  await closed;
}

import type { Socket } from "node:net";
import { setTimeout } from "node:timers/promises";
import type { FuzzSession } from "./mqtt-fuzz.ts";
import { packetTypes, pingPacket } from "./mqtt-peer.ts";

/** Half a packet gets no answer, so after this time the session goes on without one. */
const answerMs = 250;

/** Plays a session on a socket. Waits for answers where there are any: a broker drops what is left of a connection that has ended. */
export async function playFuzzSession(socket: Socket, { opening, rest }: FuzzSession): Promise<void> {
  socket.on("error", () => undefined);
  const closed = new Promise((resolve) => socket.once("close", resolve));
  const answered = async (packetType: number): Promise<void> => {
    const heard = new Promise<void>((resolve) => {
      socket.on("data", (bytes) => bytes.includes(packetType << 4) && resolve());
    });
    await Promise.race([heard, closed, setTimeout(answerMs)]);
  };
  for (const piece of opening) socket.write(piece);
  await answered(packetTypes.connack);
  for (const piece of [...rest, pingPacket()]) socket.write(piece);
  await answered(packetTypes.pingresp);
  socket.destroySoon();
  await closed;
}

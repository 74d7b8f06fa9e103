import { ByteReader } from "../../../device-drivers/kit/byte-reader.ts";
import type { ControllerParts } from "./controller-parts.ts";
import { hciErrors } from "./hci-error.ts";

/** One HCI command (Core Vol 4 Part E 5.4.1 and 7): one row of the controller's table. */
export interface Command {
  readonly opcode: number;
  /** As the specification names it, without the prefix HCI. */
  readonly name: string;
  /** Its octet and bit in Supported Commands (6.27). */
  readonly supported: readonly [octet: number, bit: number];
  execute(parts: ControllerParts, parameters: Uint8Array): Reply;
}

/** Command Complete with return parameters, or Command Status. What follows from the command comes after its answer. */
export type Reply =
  | { readonly event: "complete"; readonly returned: readonly number[]; readonly after?: () => void }
  | { readonly event: "status"; readonly status: number; readonly after?: () => void };

export interface CommandRow<Parameters> {
  readonly opcode: number;
  readonly name: string;
  readonly supported: readonly [octet: number, bit: number];
  /** How many octets of parameters it has. */
  readonly octets: number;
  /** Their layout. */
  readonly read: (reader: ByteReader) => Parameters;
  readonly run: (parts: ControllerParts, parameters: Parameters) => Reply;
}

/** A command whose parameters do not have their length is refused with Invalid HCI Command Parameters. */
export function command<Parameters>({ octets, read, run, ...row }: CommandRow<Parameters>): Command {
  return {
    ...row,
    execute: (parts, parameters) => {
      if (parameters.length !== octets) return status(hciErrors.invalidParameters);
      return run(parts, read(new ByteReader(parameters)));
    },
  };
}

/** A command without parameters. */
export const bareCommand = (row: Omit<CommandRow<null>, "octets" | "read">): Command =>
  command({ ...row, octets: 0, read: () => null });

/** A command that is accepted and changes nothing that anybody in the room could tell. */
export const ignoredCommand = (row: Omit<CommandRow<null>, "read" | "run">): Command =>
  command({ ...row, read: () => null, run: () => complete(hciErrors.success) });

export const complete = (code: number, ...returned: readonly number[]): Reply => ({
  event: "complete",
  returned: [code, ...returned],
});

export const completeThen = (after: () => void): Reply => ({
  event: "complete",
  returned: [hciErrors.success],
  after,
});

export const status = (code: number): Reply => ({ event: "status", status: code });

export const statusThen = (after: () => void): Reply => ({ event: "status", status: hciErrors.success, after });

export function uint64(reader: ByteReader): bigint {
  const low = BigInt(reader.uint32());
  return (BigInt(reader.uint32()) << 32n) | low;
}

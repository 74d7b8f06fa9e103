import { type Command, bareCommand, complete } from "./command.ts";
import { basebandCommands } from "./commands/baseband.ts";
import { informationalCommands } from "./commands/informational.ts";
import { leAdvertisingCommands } from "./commands/le-advertising.ts";
import { leConnectionCommands } from "./commands/le-connection.ts";
import { lePrivacyCommands } from "./commands/le-privacy.ts";
import { leScanningCommands } from "./commands/le-scanning.ts";
import { leSecurityCommands } from "./commands/le-security.ts";
import { leSetupCommands } from "./commands/le-setup.ts";
import { linkControlCommands } from "./commands/link-control.ts";
import { hciErrors } from "./hci-error.ts";

const supportedCommandsOctets = 64;

/** 7.4.2. What it answers is the table itself. */
const readSupportedCommands = bareCommand({
  opcode: 0x1002,
  name: "Read Local Supported Commands",
  supported: [14, 4],
  run: () => complete(hciErrors.success, ...supportedCommands()),
});

const commands: readonly Command[] = [
  ...linkControlCommands,
  ...basebandCommands,
  ...informationalCommands,
  readSupportedCommands,
  ...leSetupCommands,
  ...leAdvertisingCommands,
  ...leScanningCommands,
  ...leConnectionCommands,
  ...leSecurityCommands,
  ...lePrivacyCommands,
];

/** Every command that a virtual controller knows, by opcode (Core Vol 4 Part E 7). */
export const commandTable: ReadonlyMap<number, Command> = new Map(commands.map((row) => [row.opcode, row]));

function supportedCommands(): Uint8Array {
  const octets = new Uint8Array(supportedCommandsOctets);
  for (const {
    supported: [octet, bit],
  } of commands) {
    octets[octet] = (octets[octet] ?? 0) | (1 << bit);
  }
  return octets;
}

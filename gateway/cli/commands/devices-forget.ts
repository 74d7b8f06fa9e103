import type { Command } from "commander";
import { gatewayIdArgument } from "../arguments.ts";
import { cliErrors } from "../cli-error.ts";
import { endHelp, newCommand } from "../command.ts";
import { configuredGateway } from "../configured-gateway.ts";
import type { Terminal } from "../terminal.ts";
import { addStoreOptions, type StoreOptions } from "../with-store.ts";

interface ForgetOptions extends StoreOptions {
  readonly gateway?: string;
  readonly json?: true;
}

/** `carepost devices forget`: the device, whose it is, and its key. */
export function forgetCommand(terminal: Terminal): Command {
  const forget = newCommand("forget", terminal)
    .summary("forget a device, its key and whose it is; its readings stay")
    .description(
      "Forgets a device, whose it is, how far it was read, and the key that it was paired with. Its readings stay. The cloud is told of an enrolment that ends with it. A gateway that runs is asked to do it.",
    )
    .argument("<id>", "its id, as `carepost devices list` shows it, or the address that it was paired under")
    .option("--gateway <id>", "the gateway's id (default: that of the configuration)", gatewayIdArgument)
    .option("--json", "a JSON object {wasKnown, key: removed | none | left}");
  addStoreOptions(forget).action(async (id: string, { gateway: named, json, ...options }: ForgetOptions) => {
    const { withPairing } = await import("../with-pairing.ts");
    const gateway = (): string =>
      named ??
      configuredGateway(options.config) ??
      forget.error("to tell the cloud of an enrolment that ends, it needs the gateway's id: --gateway, or --config");
    const forgotten = await withPairing(options, (office) => office.forget(id, gateway), "radio");
    if (!forgotten.wasKnown) throw cliErrors.make("unknown-device", "no device of that id is known");
    if (json === true) return await terminal.out(`${JSON.stringify(forgotten)}\n`);
    terminal.note(`${id} is forgotten${forgotten.key === "removed" ? ", and so is its key" : ""}.\n`);
    if (forgotten.key === "left") {
      terminal.note("Its key could not be removed: no radio answered. `bluetoothctl remove ADDRESS` does it.\n");
    }
  });
  return endHelp(forget, terminal, { examples: [["carepost devices forget ID", "when it leaves the house"]] });
}

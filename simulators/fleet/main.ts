import { CarepostError } from "../../device-drivers/kit/carepost-error.ts";
import { failureText, usageText } from "../failure-text.ts";
import { capacityPlan } from "./capacity.ts";
import { capacityText } from "./capacity-text.ts";
import type { Fleet } from "./fleet.ts";
import { fleetUsage, FleetUsageError, readFleetFlags, type FleetFlags } from "./fleet-flags.ts";
import { isWhole, reportText } from "./fleet-report.ts";
import { runFleet } from "./run-fleet.ts";

/** The process behind `carepost simulate fleet`. Ends with 1 if anything was lost or doubled, or nothing connected. */
const exitFailed = 1;
const exitUsage = 2;

async function main(): Promise<number> {
  const command = readFleetFlags(process.argv.slice(2));
  if (command.do === "run") return await run(command.flags);
  if (command.do === "help") process.stdout.write(fleetUsage);
  else {
    const plan = capacityPlan(command.gateways);
    process.stdout.write(command.json ? `${JSON.stringify(plan)}\n` : capacityText([plan]));
  }
  return 0;
}

async function run(flags: FleetFlags): Promise<number> {
  const stopping = new AbortController();
  const stop = (): void => stopping.abort();
  process.once("SIGTERM", stop).once("SIGINT", stop);
  process.stdout.on("error", stop);
  const line = progressLine();
  const report = await runFleet(flags, stopping.signal, (phase, fleet) => line.show(progressText(phase, fleet)));
  line.clear();
  process.stdout.write(flags.json ? `${JSON.stringify(report)}\n` : reportText(report));
  return isWhole(report) ? 0 : exitFailed;
}

function progressText(phase: string, { network, ledger }: Fleet): string {
  const { shown, open } = ledger;
  const numbers = [network.connected, shown, open].map((value) => value.toLocaleString("en-US"));
  return `${phase}: ${numbers[0]} connected, ${numbers[1]} readings shown, ${numbers[2]} without a receipt`;
}

/** One line that changes, on a terminal; elsewhere nothing. */
function progressLine(): { show(text: string): void; clear(): void } {
  const { stderr } = process;
  const write = (text: string): void => void (stderr.isTTY && stderr.write(`\r\u001B[K${text}`));
  return { show: write, clear: () => write("") };
}

try {
  process.exitCode = await main();
} catch (error) {
  if (error instanceof FleetUsageError) {
    process.stderr.write(usageText(error.message, "carepost simulate fleet"));
    process.exitCode = exitUsage;
  } else if (error instanceof CarepostError) {
    process.stderr.write(failureText(error));
    process.exitCode = exitFailed;
  } else throw error;
}

import type { Command } from "commander";
import { assignmentMade, stands } from "../../care/assignments.ts";
import { newAssignment } from "../new-assignment.ts";
import { ageText } from "../age-text.ts";
import { instantArgument, personArgument, wholeNumber } from "../arguments.ts";
import { cliErrors } from "../cli-error.ts";
import { endHelp, newCommand } from "../command.ts";
import { printListing } from "../listing.ts";
import { requireConsent } from "../require-consent.ts";
import { tableText } from "../table.ts";
import type { Terminal } from "../terminal.ts";
import type { Assignment, DeviceBond, KnownDevice, Store } from "../../store/store.ts";
import { addStoreOptions, withStore, withStoreReader } from "../with-store.ts";
import type { StoreOptions } from "../with-store.ts";
import { forgetCommand } from "./devices-forget.ts";
import { pairCommand } from "./devices-pair.ts";

interface DevicesOptions extends StoreOptions {
  readonly json?: true;
}

interface AssignOptions extends StoreOptions {
  readonly consent: string;
  readonly slot?: number;
  readonly from?: number;
  readonly until?: number;
}

/** A device, with what is known of its key, and those assignments that hold now. */
interface ListedDevice {
  readonly device: KnownDevice;
  readonly bond: Pick<DeviceBond, "state" | "since" | "method" | "forgetsKey"> | null;
  readonly assignments: readonly Assignment[];
}

export function command(terminal: Terminal): Command {
  const devices = newCommand("devices", terminal)
    .usage("<command> [options]")
    .description("The devices that the gateway knows, and whose they are.")
    .addCommand(listCommand(terminal))
    .addCommand(showCommand(terminal))
    .addCommand(pairCommand(terminal))
    .addCommand(assignCommand(terminal))
    .addCommand(forgetCommand(terminal));
  return endHelp(devices, terminal, {
    examples: [
      ["carepost devices list", "all of them, the latest first"],
      ["carepost devices assign ID p-7f3a --consent c-19", "its readings are this person's from now on"],
      ["carepost devices assign ID p-7f3a --slot 2 --consent c-19", "only those of its second user"],
      ["carepost devices forget ID", "when it leaves the house"],
    ],
  });
}

function listCommand(terminal: Terminal): Command {
  const list = newCommand("list", terminal)
    .summary("every device, the latest first")
    .description("Lists every device, the latest first.")
    .option("--json", "a JSON array of {device, bond, assignments}");
  addStoreOptions(list).action(async ({ json, ...options }: DevicesOptions) => {
    const now = Date.now();
    await printListing(terminal, {
      items: await withStoreReader(options, (store) => listed(store, now)),
      json: json === true,
      head: ["ID", "KIND", "MODEL", "BATTERY", "CLOCK", "KEY", "SEEN", "WHOSE"],
      row: ({ device, bond, assignments }) => [
        device.id,
        device.driver,
        device.model ?? device.name ?? "?",
        device.batteryPercent === null ? "?" : `${device.batteryPercent} %`,
        clockText(device.clockOffsetMs),
        keyText(bond),
        // Zero is "before the gateway knew the time".
        device.lastSeenAt === 0 ? "?" : `${ageText(now - device.lastSeenAt)} ago`,
        whoseText(assignments),
      ],
      whenEmpty:
        "No device is known yet. `carepost devices pair` pairs one; `carepost doctor` looks for what is in the way.",
    });
  });
  return endHelp(list, terminal, {
    examples: [
      ["carepost devices list", "all of them"],
      ["carepost devices list --json", "for a program"],
    ],
  });
}

function showCommand(terminal: Terminal): Command {
  const show = newCommand("show", terminal)
    .summary("one device, whole")
    .description("Shows all that is known of one device.")
    .argument("<id>", "its id, as `carepost devices list` shows it")
    .option("--json", "a JSON object {device, bond, assignments}");
  addStoreOptions(show).action(async (id: string, { json, ...options }: DevicesOptions) => {
    const found = await withStoreReader(options, async (store) => await findDevice(store, id));
    if (json === true) return await terminal.out(`${JSON.stringify(found)}\n`);
    const facts = Object.entries<string | number | null>({ ...found.device });
    const rows = facts.map(([name, value]) => [name, factText(name, value)] as const);
    const style = (text: string): string => terminal.paint("dim", text);
    const told = [...rows, ["key", keyText(found.bond)] as const, ["whose", whoseText(found.assignments)] as const];
    await terminal.out(tableText(told.map(([name, value]) => [{ text: name, style }, value])));
  });
  return endHelp(show, terminal, {
    examples: [["carepost devices show system-id:C05349FFFE4D0001", "all that is known of it"]],
  });
}

function assignCommand(terminal: Terminal): Command {
  const assign = newCommand("assign", terminal)
    .summary("say whose a device is")
    .description("Says whose a device, or one user slot of it, is. Readings from then on are this person's.")
    .argument("<id>", "the device's id; it need not have been seen yet")
    .argument("<person>", "a reference that `carepost people list` shows", personArgument)
    .requiredOption("--consent <reference>", "the consent under which it is done")
    .option("--slot <number>", "only this user slot of the device, 0 to 254", wholeNumber(0, 254))
    .option("--from <time>", "from when on, such as 2026-03-01; now if not given", instantArgument)
    .option("--until <time>", "until when; with no end if not given", instantArgument);
  addStoreOptions(assign).action(
    async (id: string, person: string, { slot, from, until, consent, ...options }: AssignOptions) => {
      const fromAt = from ?? Date.now();
      if (until !== undefined && until <= fromAt) assign.error("--until must be later than the beginning");
      await withStore(options, async (store) => {
        const known = (await store.people()).some(({ reference }) => reference === person);
        if (!known) throw cliErrors.make("unknown-person", "nobody of that reference is known");
        await requireConsent(store, person, consent);
        const seen = (await store.devices()).some((device) => device.id === id);
        if (!seen) terminal.note(`${id} has not been seen yet; the assignment waits for it.\n`);
        const assignment = newAssignment({
          deviceId: id,
          person,
          consent,
          userSlot: slot ?? null,
          source: "local",
          fromAt,
          untilAt: until ?? null,
        });
        await store.record(assignmentMade({ at: Date.now(), actor: "command-line" }, assignment));
        terminal.note(`${id} is ${person}'s${slot === undefined ? "" : ` in slot ${slot}`}.\n`);
      });
    },
  );
  return endHelp(assign, terminal, {
    examples: [
      ["carepost devices assign ID p-7f3a --consent c-19", "from now on"],
      ["carepost devices assign ID p-7f3a --consent c-19 --from 2026-03-01", "also what it holds since then"],
    ],
  });
}

async function listed(store: Store, now: number): Promise<readonly ListedDevice[]> {
  const [assignments, bonds] = await Promise.all([store.assignments(), store.bonds()]);
  const holds = (assignment: Assignment): boolean => assignment.fromAt <= now && stands(assignment, now);
  return (await store.devices())
    .toSorted((left, right) => right.lastSeenAt - left.lastSeenAt)
    .map((device) => ({
      device,
      bond: shownBond(bonds.find(({ deviceId }) => deviceId === device.id)),
      assignments: assignments.filter((one) => one.deviceId === device.id && holds(one)),
    }));
}

function shownBond(bond: DeviceBond | undefined): ListedDevice["bond"] {
  if (bond === undefined) return null;
  const { state, since, method, forgetsKey } = bond;
  return { state, since, method, forgetsKey };
}

function keyText(bond: ListedDevice["bond"]): string {
  if (bond === null) return "-";
  if (bond.state === "none") return "needed";
  if (bond.state === "lost") return "lost: pair it again";
  return bond.forgetsKey ? "new each time" : "paired";
}

async function findDevice(store: Store, id: string): Promise<ListedDevice> {
  const found = (await listed(store, Date.now())).find((candidate) => candidate.device.id === id);
  if (found === undefined) throw cliErrors.make("unknown-device", "no device of that id is known");
  return found;
}

function whoseText(assignments: readonly Assignment[]): string {
  if (assignments.length === 0) return "nobody's";
  return assignments
    .map(({ person, userSlot }) => (userSlot === null ? person : `${person} (slot ${userSlot})`))
    .join(", ");
}

function clockText(offsetMs: number | null): string {
  if (offsetMs === null) return "?";
  const off = Math.abs(offsetMs);
  return off < 60_000 ? "right" : `${ageText(off)} ${offsetMs > 0 ? "slow" : "fast"}`;
}

function factText(name: string, value: string | number | null): string {
  if (value === null) return "?";
  return name.endsWith("At") && typeof value === "number" ? new Date(value).toISOString() : String(value);
}

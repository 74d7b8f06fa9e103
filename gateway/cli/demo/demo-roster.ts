import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import type { DeviceInformation } from "../../../device-drivers/kit/driver.ts";
import { identifyDevice } from "../../collect/device-identity.ts";
import type { Assignment, Store } from "../../store/store.ts";
import { bareEnvironment, projectFolder } from "../child-process.ts";
import { cliErrors } from "../cli-error.ts";
import { newAssignment } from "../new-assignment.ts";

/** Whose the devices of a scenario are, as the simulators tell it. */
export type DemoRoster = z.infer<typeof demoRoster>;

const text = z.string().nullable();
const demoRoster = z.object({
  scenario: z.string(),
  people: z.array(z.string()).readonly(),
  devices: z
    .array(
      z.object({
        name: z.string(),
        advertisedName: text,
        kind: z.enum(["glucose-meter", "blood-pressure-cuff"]),
        unpaired: z.boolean(),
        address: z.string(),
        serial: text,
        systemId: text,
        manufacturer: text,
        model: text,
        person: text,
        userSlots: z.array(z.object({ slot: z.number(), person: z.string() })).readonly(),
      }),
    )
    .readonly(),
});

export async function askRoster(scenario: string, seed: string): Promise<DemoRoster> {
  const program = join(projectFolder, "simulators/main.ts");
  const args = [program, "--roster", "--json", "--scenario", scenario, "--seed", seed];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: bareEnvironment() }).catch(refused);
  return demoRoster.parse(JSON.parse(stdout));
}

/** The simulators say on standard error what is wrong with a scenario. */
function refused(cause: unknown): never {
  const { data } = z.looseObject({ stderr: z.string().min(1) }).safeParse(cause);
  if (data === undefined) throw cause;
  throw cliErrors.make("scenario-unusable", messageOf(data.stderr), { cause });
}

/** Its first line, without the sign before it and the code behind it. */
const messageOf = (stderr: string): string =>
  (stderr.split("\n")[0] ?? "").replace(/^✗ /, "").replace(/ \([a-z-]+\)$/, "");

/** Tells a store whose each device, and each user slot of it, is. */
export async function saveRoster(store: Store, roster: DemoRoster, nowMs = Date.now()): Promise<void> {
  for (const reference of roster.people) await store.savePerson({ reference, createdAt: nowMs });
  for (const assignment of assignmentsOf(roster, nowMs)) await store.saveAssignment(assignment);
}

/** Longer than the oldest record that a simulated device begins with. */
const ownedForMs = 2 * 365 * 86_400_000;

function assignmentsOf({ devices }: DemoRoster, nowMs: number): readonly Assignment[] {
  return devices.flatMap((device) => {
    if (device.unpaired) return [];
    const deviceId = deviceIdOf(device);
    const whole = device.person === null ? [] : [{ person: device.person, slot: null }];
    return [...whole, ...device.userSlots].map(({ person, slot }) =>
      newAssignment({
        deviceId,
        person,
        userSlot: slot,
        consent: "demo",
        fromAt: nowMs - ownedForMs,
        untilAt: null,
        source: "local",
      }),
    );
  });
}

/** The identity that the gateway will make of the device when it reads it. */
export function deviceIdOf({ address, serial, systemId, manufacturer, model }: DemoRoster["devices"][number]): string {
  const information: DeviceInformation = {
    serial,
    systemId,
    manufacturer,
    model,
    firmware: null,
    hardware: null,
    software: null,
    batteryPercent: null,
  };
  return identifyDevice({ information, address, addressKind: "public" }, []).id;
}

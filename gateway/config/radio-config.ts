import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { adapterList, commandLine, filePath, seconds } from "./config-values.ts";

/** The section `radio`: by what the gateway hears devices, and how it keeps that alive. */
export const radio = z.strictObject({
  kind: z
    .enum(["virtual", "bluez", "noble"])
    .default("virtual")
    .describe(
      "Which radio hears the devices: bluez on Linux; noble on macOS, Windows and bare HCI; virtual for the simulated devices of `carepost simulate`.",
    ),
  socket: filePath
    .default(join(tmpdir(), "carepost-air.sock"))
    .describe("For virtual: the socket of the virtual air, as `carepost simulate --socket` was given it."),
  adapters: adapterList
    .nullable()
    .default(null)
    .describe(
      "For bluez: the adapters by name or address, the one to use first, then those to fall back on: hci0,hci1. Null: the first that has power.",
    ),
  bus: z
    .string()
    .regex(/^[a-z]+:/, { error: "is not a D-Bus address such as unix:path=/run/dbus/system_bus_socket" })
    .nullable()
    .default(null)
    .describe("For bluez: the D-Bus address of BlueZ. Null: the system bus."),
  restartDaemon: z
    .boolean()
    .default(false)
    .describe("For bluez: may the gateway restart the Bluetooth daemon when nothing gentler helped? true or false."),
  restartCommand: commandLine
    .default("systemctl restart bluetooth")
    .describe("For bluez: the command by which it does, run without a shell by the user that Carepost runs as."),
  noblePackage: z
    .enum(["auto", "@stoprocent/noble", "@abandonware/noble"])
    .default("auto")
    .describe("For noble: the package to use. auto: whichever is installed, the maintained one first."),
  hciDevice: z
    .int()
    .min(0)
    .max(255)
    .nullable()
    .default(null)
    .describe("For noble on Linux: the number of the HCI device, 0 for hci0. Null: the first."),
  h4Socket: filePath
    .nullable()
    .default(null)
    .describe("For noble: a Unix socket of a Bluetooth controller that speaks H4, instead of a device. Null: none."),
  listenS: seconds(1, 3600)
    .default(10)
    .describe("How long it listens before it rests, in seconds, where restS is not 0."),
  restS: seconds(0, 3600)
    .default(0)
    .describe(
      "How long it then does not listen, in seconds. 0: it always listens, as it must where a device wakes for two seconds only.",
    ),
  silenceS: seconds(30, 86_400)
    .default(90)
    .describe("After how long without any advertisement the radio is taken for dead and repaired, in seconds."),
  silenceCheckS: seconds(1, 3600).default(30).describe("How often that is looked at, in seconds."),
  repairsPerHourMax: z
    .int()
    .min(0)
    .max(60)
    .default(12)
    .describe(
      "How many repairs are made in an hour at most: the scan restarted, the adapter off and on, the daemon restarted, another adapter used. 0: none.",
    ),
  repairPauseMaxS: seconds(60, 86_400)
    .default(21_600)
    .describe(
      "The longest wait between two rounds of repairs that brought nothing, in seconds: an empty home is silent, too.",
    ),
  returnS: seconds(10, 86_400)
    .default(600)
    .describe(
      "How long the second adapter is used before the first is tried again, in seconds; longer if it fails anew.",
    ),
});

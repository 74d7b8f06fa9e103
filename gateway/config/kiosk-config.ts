import { z } from "zod";
import { emergencyNumber } from "../kiosk/contract/kiosk-view.ts";
import { filePath, isLoopback, port, seconds } from "./config-values.ts";

/** The section `kiosk`: the pages that a gateway serves to people, in a store or in a home. */

const keys = z.strictObject({
  port: port
    .nullable()
    .default(null)
    .describe("The port of the pages for people, for example 8080. Null: there are none."),
  pages: z
    .enum(["kiosk", "hub"])
    .default("kiosk")
    .describe("Which: kiosk, where customers are led through a visit; or hub, how a home hub is."),
  host: z
    .union([z.ipv4(), z.ipv6()])
    .default("127.0.0.1")
    .describe(
      "The address that they are served on. Beyond loopback a kiosk needs certFile, keyFile and staffFile, and each visit staff who have signed in.",
    ),
  names: z
    .string()
    .regex(/^(?:[A-Za-z0-9.-]+(?:, ?[A-Za-z0-9.-]+)*)?$/, "is not a list of host names, parted by commas")
    .default("")
    .describe("Names by which they are reached beside the address, parted by commas: kiosk.store.example."),
  certFile: filePath.nullable().default(null).describe("The certificate of the pages, with its chain, in PEM."),
  keyFile: filePath.nullable().default(null).describe("Its key, readable by its owner alone."),
  staffFile: filePath
    .nullable()
    .default(null)
    .describe("Who may sign in, a file that `carepost kiosk pin` writes. Null: nobody, and the staff view is closed."),
  staffIdleS: seconds(30, 86_400)
    .default(600)
    .describe("How long staff stay signed in without changing anything, in seconds."),
  staffSessionS: seconds(60, 86_400)
    .default(28_800)
    .describe("The longest that they stay signed in in any case, in seconds."),
  languages: z
    .string()
    .regex(/^(?:en|es)(?:, ?(?:en|es))*$/, "is not a list of en and es, parted by commas")
    .default("en,es")
    .describe("The languages to choose from, parted by commas, the first one first: en, es."),
  glucoseUnit: z
    .enum(["mg/dL", "mmol/L"])
    .default("mg/dL")
    .describe("The unit in which glucose is shown: mg/dL or mmol/L."),
  emergencyNumber: emergencyNumber
    .default("911")
    .describe("Whom to call in an emergency, as the screen says it beside a critical result, for example 911 or 112."),
  consentFile: filePath
    .nullable()
    .default(null)
    .describe("The texts that customers agree to. Null: those of Carepost, which name no company."),
  rangesFile: filePath
    .nullable()
    .default(null)
    .describe("The tables by which results get a note. Null: those of ACC/AHA and ADA."),
  idleWarnS: seconds(10, 3_600)
    .default(60)
    .describe("After how long without a touch the screen asks whether somebody is there, in seconds."),
  idleEndS: seconds(5, 600).default(30).describe("How long after that the visit ends and is forgotten, in seconds."),
  demo: z.boolean().default(false).describe("Devices and people are simulated, and the pages say so: true or false."),
});

/** A home hub tells the network of a home how it is and no more; whatever else is told wants TLS and a sign-in. */
export const kiosk = keys.superRefine((section, context) => {
  const { port: isOn, pages, host, certFile, keyFile, staffFile } = section;
  const isRemote = isOn !== null && !isLoopback(host);
  const isGuarded = isRemote && (pages === "kiosk" || staffFile !== null);
  const needed = {
    certFile: keyFile !== null || isGuarded,
    keyFile: certFile !== null || isGuarded,
    staffFile: isGuarded,
  };
  for (const name of ["certFile", "keyFile", "staffFile"] as const) {
    if (needed[name] && section[name] === null)
      context.addIssue({ code: "custom", path: [name], message: "is missing" });
  }
  const words = section.languages.split(",").map((word) => word.trim());
  if (new Set(words).size !== words.length) {
    context.addIssue({ code: "custom", path: ["languages"], message: "names a language twice" });
  }
});

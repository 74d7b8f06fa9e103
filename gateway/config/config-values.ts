import { z } from "zod";

/** The kinds of value that a configuration holds beyond plain text and numbers. */

/** A path, relative to the file that it stands in, or to the current folder where the environment gives it. */
export const filePath = z.string().min(1).max(4096).meta({ format: pathFormat() });

/** Marks a path in the schema, so that the loader knows what to resolve. */
export function pathFormat(): "path" {
  return "path";
}

export const timeZone = z
  .string()
  .refine(isTimeZone, { error: "is not a time zone of the IANA database, such as Europe/London or UTC" });

/** Plain `mqtt://` is for this machine only, and no address holds a password: a configuration is not a secret. */
export const brokerUrl = z.string().superRefine((text, context) => {
  const fault = brokerUrlFault(text);
  if (fault !== null) context.addIssue({ code: "custom", message: fault });
});

/** A certificate and its key, with the authorities of the other end. */
export const tlsFileKeys = {
  caFile: filePath
    .nullable()
    .default(null)
    .describe("The certificates, in PEM, of the authorities that may sign the other end's certificate."),
  certFile: filePath
    .nullable()
    .default(null)
    .describe("The own certificate, in PEM, with those between it and the authority."),
  keyFile: filePath.nullable().default(null).describe("Its key, in PEM, readable by its owner alone."),
};
/** Where an authority is asked: always encrypted, and no address holds a password. */
export const httpsUrl = z.string().refine(isHttpsUrl, { error: "is not an address such as https://ca.example:8443" });

/** An ingestor's broker: any of MQTT, or the servers of a NATS cluster. */
export const ingestBrokerUrl = z.string().superRefine((text, context) => {
  const ofNats = /^(?:nats|tls):/.test(text);
  const fault = ofNats ? clusterUrlFault(text, { plain: "nats", encrypted: "tls" }) : brokerUrlFault(text);
  if (fault !== null) context.addIssue({ code: "custom", message: fault });
});

/** The MQTT listeners of a cluster. */
export const mqttListenersUrl = z.string().superRefine((text, context) => {
  const fault = clusterUrlFault(text, { plain: "mqtt", encrypted: "mqtts" });
  if (fault !== null) context.addIssue({ code: "custom", message: fault });
});

/** Where what needs no login may be served. */
export const loopbackHost = z.string().refine(isLoopback, {
  error: "is not a loopback address: what is served here needs no login, so it is on 127.0.0.1 or ::1 only",
});

export const seconds = (min: number, max: number): z.ZodInt => z.int().min(min).max(max);

/** Adapters of the machine, in the order in which they are to be used: names or addresses, parted by commas. */
export const adapterList = z.string().refine(isAdapterList, {
  error: "is not one adapter or several, such as hci0 or hci0,hci1 or 00:1A:7D:DA:71:13",
});

/** A program and its arguments, parted by spaces; no shell reads it. */
export const commandLine = z.string().refine((text) => /^\S/.test(text) && !/["'`$|&;<>\\]/.test(text), {
  error: "is not a plain command: a program and its arguments, parted by spaces, without quotes or shell signs",
});

/** Servers of PostgreSQL, in the order of preference: `host`, `host:port` or a socket's folder, parted by commas. */
export const postgresHosts = z.string().refine((text) => serversOf(text) !== null, {
  error: "is not one server or several, such as db1.example:5432,db2.example or /var/run/postgresql",
});

/** The servers that a list names; null if it is none. */
export function serversOf(text: string): readonly { readonly host: string; readonly port: number }[] | null {
  const servers = text.split(",").map((name) => serverOf(name.trim()));
  const valid = servers.filter((server) => server !== null);
  return valid.length === servers.length && valid.length <= serversMax ? valid : null;
}

/** Does everything stay on this machine? */
export const areLocal = (hosts: string): boolean =>
  (serversOf(hosts) ?? []).every(({ host }) => host.startsWith("/") || isLoopback(host));

/** A ShareName of MQTT 5 §4.8.2, without what an access rule might trip over; `auto` and `none` are words for it. */
export const shareGroup = z.string().refine((text) => /^[A-Za-z0-9_-]{1,32}$/.test(text), {
  error: "is not auto, none or a group: 1 to 32 characters of A-Z, a-z, 0-9, _ and -",
});

export const port = z.int().min(0).max(65_535);

export const logLevel = z.enum(["error", "warn", "info", "debug"]);

function isTimeZone(text: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: text }).resolvedOptions().timeZone !== "" && !/^[+-]/.test(text);
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function brokerUrlFault(text: string): string | null {
  const url = URL.parse(text);
  if (url === null || url.hostname === "") return "is not an address such as mqtt://127.0.0.1:1883";
  if (url.username !== "" || url.password !== "")
    return "holds a user name or a password, which a configuration may not";
  if (url.protocol === "mqtts:") return null;
  if (url.protocol !== "mqtt:") return `has the scheme ${url.protocol}// where mqtt:// or mqtts:// is meant`;
  return isLoopback(url.hostname) ? null : "sends readings over the network unencrypted: use mqtts://";
}

function isHttpsUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && url.protocol === "https:" && url.hostname !== "" && url.username === "" && url.password === "";
}

interface Schemes {
  readonly plain: string;
  readonly encrypted: string;
}

/** `scheme://host:port,host:port…`: one address for several servers. */
function clusterUrlFault(text: string, { plain, encrypted }: Schemes): string | null {
  const [, scheme, list = ""] = /^([a-z]+):\/\/([^/?#]*)$/.exec(text) ?? [];
  if (scheme !== plain && scheme !== encrypted) return `is not an address such as ${encrypted}://host1:4222,host2:4222`;
  if (list.includes("@")) return "holds a user name or a password, which a configuration may not";
  const servers = list.split(",").map((name) => URL.parse(`tcp://${name}`));
  const named = servers.every((server) => server !== null && server.hostname !== "");
  if (!named || servers.length > serversMax)
    return `is not one server or several, such as ${plain}://127.0.0.1,127.0.0.2`;
  const local = servers.every((server) => server !== null && isLoopback(server.hostname));
  return scheme === encrypted || local ? null : `sends readings over the network unencrypted: use ${encrypted}://`;
}

export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, "");
  return bare === "localhost" || bare === "::1" || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(bare);
}

function serverOf(name: string): { readonly host: string; readonly port: number } | null {
  const parts = /^(?:(\/[^,:]*)|\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9_.-]+))(?::(\d{1,5}))?$/.exec(name);
  const host = parts?.[1] ?? parts?.[2] ?? parts?.[3];
  const number = Number(parts?.[4] ?? 5432);
  return host === undefined || number < 1 || number > 65_535 ? null : { host, port: number };
}

const serversMax = 16;

function isAdapterList(text: string): boolean {
  const names = text.split(",").map((name) => name.trim());
  const areNames = names.every((name) => /^(?:hci\d{1,3}|[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5})$/.test(name));
  return areNames && names.length <= adaptersMax && new Set(names).size === names.length;
}

const adaptersMax = 4;

import { natsErrors } from "./nats-error.ts";

/** The servers of a cluster, by one address: `nats://` in plain, `tls://` encrypted. */
export interface NatsServers {
  readonly encrypted: boolean;
  /** Each `host:port`. */
  readonly servers: readonly string[];
}

const serversMax = 16;

/** Takes `nats://host:port,host2` apart. Throws `nats-url-invalid`. */
export function natsServers(url: string): NatsServers {
  const { scheme, hosts } = hostsOf(url);
  if (scheme !== "nats" && scheme !== "tls") throw invalid(url);
  return { encrypted: scheme === "tls", servers: hosts.map((host) => withPort(host, 4222)) };
}

/**
 * One address for each MQTT listener of the cluster. Where none is given they are taken to be the same hosts at MQTT's
 * own ports. Throws `nats-url-invalid`.
 */
export function mqttListeners(natsUrl: string, mqttUrl: string | null): readonly string[] {
  if (mqttUrl === null) {
    const { scheme, hosts } = hostsOf(natsUrl);
    return hosts.map((host) => (scheme === "tls" ? `mqtts://${nameOf(host)}:8883` : `mqtt://${nameOf(host)}:1883`));
  }
  const { scheme, hosts } = hostsOf(mqttUrl);
  if (scheme !== "mqtt" && scheme !== "mqtts") throw invalid(mqttUrl);
  return hosts.map((host) => `${scheme}://${withPort(host, scheme === "mqtt" ? 1883 : 8883)}`);
}

/** Is this an address of NATS? Another scheme is another kind of broker. */
export const isNatsUrl = (url: string): boolean => /^(?:nats|tls):/i.test(url);

function hostsOf(url: string): { readonly scheme: string; readonly hosts: readonly string[] } {
  const [, scheme, list] = /^([a-z]+):\/\/([^/@?#]+)$/i.exec(url) ?? [];
  const hosts = (list ?? "").split(",").map((host) => host.trim());
  const valid = hosts.every((host) => URL.canParse(`tcp://${host}`) && nameOf(host) !== "");
  if (scheme === undefined || !valid || hosts.length > serversMax) throw invalid(url);
  return { scheme: scheme.toLowerCase(), hosts };
}

const nameOf = (host: string): string => new URL(`tcp://${host}`).hostname;

const withPort = (host: string, port: number): string => {
  const own = new URL(`tcp://${host}`).port;
  return `${nameOf(host)}:${own === "" ? port : own}`;
};

const invalid = (url: string): Error => natsErrors.make("nats-url-invalid", `not addresses of NATS: ${url}`);

import { afterEach, expect, test } from "vitest";
import type { CarepostError } from "../../../device-drivers/kit/carepost-error.ts";
import { brokerLimits } from "../../../cloud-sync/ingest/broker-limits.ts";
import { startEmbeddedBroker } from "../../../cloud-sync/ingest/embedded-broker.ts";
import { connectionErrors } from "../../../cloud-sync/mqtt/connection-error.ts";
import type { BrokerConnection, TlsMaterial } from "../../../cloud-sync/mqtt/connection.ts";
import { mqttConnector } from "../../../cloud-sync/mqtt/mqttjs-connection.ts";
import { keptLog } from "../../doubles/kept-log.ts";
import { mosquittoPath } from "../../doubles/mosquitto.ts";
import { realClock } from "../../doubles/real-clock.ts";
import { startSecureMosquitto } from "../../doubles/secure-mosquitto.ts";
import { otherTestAuthority, testAuthority } from "../../doubles/test-authority.ts";
import { startTlsBroker, type TlsBrokerOptions } from "../../doubles/tls-broker.ts";

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

/** What an attempt to connect fails with. Every one may be tried again: a gateway never stops for a certificate. */
async function failure(url: string, tls: () => TlsMaterial): Promise<CarepostError> {
  const options = { url, clientId: "gw-1", protocol: "auto", keepAliveS: 30, connectTimeoutMs: 5000, tls } as const;
  const error: unknown = await mqttConnector()
    .connect(options, new AbortController().signal)
    .then(
      () => null,
      (reason: unknown) => reason,
    );
  if (!connectionErrors.is(error)) throw new Error("it did not fail as a connection does", { cause: error });
  expect(error.recovery).toBe("retry");
  return error;
}

async function embedded(options: TlsBrokerOptions = {}): Promise<string> {
  const { broker } = await startTlsBroker(options);
  stops.push(() => broker.close());
  return `mqtts://127.0.0.1:${broker.address.port}`;
}

test("a broker that cannot prove who it is gets no reading, and the error says why", async () => {
  const authority = await testAuthority();
  const gateway = await authority.gateway("gw-1");
  const expired = await authority.server({ fromDays: -60 });
  const future = await authority.server({ fromDays: 10 });
  const client = await authority.gateway("broker");
  const told = async (server: TlsMaterial, ca = gateway.ca): Promise<readonly [string, string]> => {
    const { code, message } = await failure(await embedded({ tls: { material: () => server } }), () => ({
      ...gateway,
      ca,
    }));
    return [code, message];
  };
  expect(await told(expired)).toEqual(["broker-certificate-untrusted", expect.stringContaining("has expired")]);
  expect(await told(future)).toEqual(["broker-certificate-untrusted", expect.stringContaining("not yet valid")]);
  expect(await told(client)).toEqual(["broker-certificate-untrusted", expect.stringContaining("another purpose")]);
  const { ca } = await otherTestAuthority();
  const stranger = await told(await authority.server(), ca);
  expect(stranger).toEqual(["broker-certificate-untrusted", expect.stringContaining("authority signed it")]);
});

test("a gateway that the embedded broker does not let in is told that it may not, not that the broker is away", async () => {
  const authority = await testAuthority();
  const url = await embedded();
  const expired = await authority.gateway("gw-1", { fromDays: -60 });
  const another = await authority.gateway("gw-2");
  const none = { ca: authority.ca, cert: null, key: null };
  for (const material of [expired, another, none]) {
    expect(await failure(url, () => material)).toMatchObject({ code: "not-authorized" });
  }
});

test("what is wrong with the own files is told, and tried again when they are mended", async () => {
  const authority = await testAuthority();
  const [one, other] = [await authority.gateway("gw-1"), await authority.gateway("gw-1")];
  const url = await embedded();
  const unreadable = (): TlsMaterial => {
    throw new Error("no such file");
  };
  expect(await failure(url, unreadable)).toMatchObject({ code: "own-certificate-unusable" });
  expect(await failure(url, () => ({ ...one, key: other.key }))).toMatchObject({ code: "own-certificate-unusable" });
  expect(await failure(url, () => ({ ...one, cert: "x" }))).toMatchObject({ code: "own-certificate-unusable" });
  let material = unreadable;
  const connector = mqttConnector();
  const options = { url, clientId: "gw-1", protocol: "auto", keepAliveS: 30, connectTimeoutMs: 5000 } as const;
  const attempt = (): Promise<BrokerConnection> =>
    connector.connect({ ...options, tls: () => material() }, new AbortController().signal);
  await expect(attempt()).rejects.toMatchObject({ code: "own-certificate-unusable" });
  material = () => one;
  await (await attempt()).close();
});

test("mqtts:// to a port that does not speak TLS is told as that", async () => {
  const { gateway } = await testAuthority();
  const ports = { clock: realClock, log: keptLog(), take: () => Promise.resolve() };
  const plain = await startEmbeddedBroker({ host: "127.0.0.1", port: 0 }, brokerLimits, ports);
  stops.push(() => plain.close());
  const material = await gateway("gw-1");
  const { code } = await failure(`mqtts://127.0.0.1:${plain.address.port}`, () => material);
  expect(["tls-handshake-failed", "broker-unreachable", "broker-refused"]).toContain(code);
});

test.runIf(mosquittoPath !== null)("mosquitto's alerts become errors with their reason", async () => {
  const authority = await testAuthority();
  const broker = await startSecureMosquitto(mosquittoPath ?? "");
  stops.push(() => broker.stop());
  const refused = async (material: TlsMaterial): Promise<string> => {
    const { code, message } = await failure(broker.url, () => material);
    expect(code).toBe("own-certificate-refused");
    return message;
  };
  expect(await refused(await authority.gateway("gw-1", { fromDays: -60 }))).toContain("has expired");
  expect(await refused({ ca: authority.ca, cert: null, key: null })).toContain("there is none");
  const stranger = await (await otherTestAuthority()).gateway("gw-1");
  expect(await refused({ ...stranger, ca: authority.ca })).toContain("does not know the authority");
  expect(await refused(await authority.server())).toContain("another purpose");
});

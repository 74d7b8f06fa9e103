import { afterAll, beforeAll, expect, test } from "vitest";
import type { CarepostError } from "../../../device-drivers/kit/carepost-error.ts";
import { gatewayTopics } from "../../../cloud-sync/contract/topics.ts";
import { mosquittoFiles } from "../../../cloud-sync/ingest/mosquitto-config.ts";
import type { BrokerConnection } from "../../../cloud-sync/mqtt/connection.ts";
import { mqttConnector } from "../../../cloud-sync/mqtt/mqttjs-connection.ts";
import { mosquittoPath } from "../../doubles/mosquitto.ts";
import { type SecureMosquitto, startSecureMosquitto } from "../../doubles/secure-mosquitto.ts";
import { testAuthority, type TestMaterial } from "../../doubles/test-authority.ts";

const plan = {
  port: 8883,
  host: null,
  caFile: "/etc/carepost/ca.pem",
  certFile: "/etc/carepost/broker.crt",
  keyFile: "/etc/carepost/broker.key",
  crlFile: null,
  aclFile: "/etc/carepost/acl",
  ingestors: ["a", "b"],
  denied: ["gw-lost"],
  connectionsMax: 1000,
};

test("every gateway has its own topics and no other, every ingestor the fleet's, and who is denied nothing", () => {
  const { accessList } = mosquittoFiles(plan);
  const rules = accessList.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  expect(rules.filter((rule) => rule.startsWith("pattern"))).toEqual([
    ...["readings", "events", "state", "results"].map((kind) => `pattern write carepost/v1/%u/${kind}`),
    ...["receipts", "commands"].map((kind) => `pattern read carepost/v1/%u/${kind}`),
  ]);
  expect(rules.filter((rule) => rule.startsWith("user"))).toEqual([
    "user ingestor-a",
    "user ingestor-b",
    "user gw-lost",
  ]);
  expect(rules.slice(-2)).toEqual(["user gw-lost", "topic deny #"]);
});

test("what would be read as another rule or another option is refused", () => {
  for (const name of ["", "a b", "a\ntopic readwrite #", "+", "#", "%u", "ü"]) {
    expect(() => mosquittoFiles({ ...plan, ingestors: [name] })).toThrow(RangeError);
    expect(() => mosquittoFiles({ ...plan, denied: [name] })).toThrow(RangeError);
  }
  for (const path of ["", "/a\nallow_anonymous true", "/a\r", " /a"]) {
    expect(() => mosquittoFiles({ ...plan, caFile: path })).toThrow(RangeError);
  }
});

let broker: SecureMosquitto;
const open: BrokerConnection[] = [];

beforeAll(async () => {
  if (mosquittoPath !== null) broker = await startSecureMosquitto(mosquittoPath);
});
afterAll(async () => {
  for (const connection of open) connection.destroy();
  if (mosquittoPath !== null) await broker.stop();
});

interface Client {
  readonly connection: BrokerConnection;
  /** `topic payload` of what came. */
  readonly heard: readonly string[];
}

async function join(tls: TestMaterial, clientId: string, protocol: "5" | "3.1.1" = "5"): Promise<Client> {
  const options = { url: broker.url, clientId, protocol, keepAliveS: 30, connectTimeoutMs: 5000, tls: () => tls };
  const connection = await mqttConnector().connect(options, new AbortController().signal);
  open.push(connection);
  const heard: string[] = [];
  connection.onMessage(({ topic, payload }) => heard.push(`${topic} ${Buffer.from(payload).toString()}`));
  return { connection, heard };
}

const say = ({ connection }: Client, topic: string, text: string): Promise<void> =>
  connection.publish({ topic, payload: Buffer.from(text), qos: 1, retain: false });

const ingestorOf = async (): Promise<Client> => {
  const ingestor = await join(await (await testAuthority()).ingestor("a"), "ingestor-a");
  for (const kind of ["readings", "events", "state", "results"]) {
    await ingestor.connection.subscribe(`carepost/v1/+/${kind}`, 1);
  }
  return ingestor;
};

test.runIf(mosquittoPath !== null)(
  "a gateway reaches the ingestor under its own name alone, and the ingestor reaches it",
  async () => {
    const authority = await testAuthority();
    const ingestor = await ingestorOf();
    const gateway = await join(await authority.gateway("gw-1"), "gw-1");
    await gateway.connection.subscribe(gatewayTopics("gw-1").receipts, 1);
    await say(gateway, gatewayTopics("gw-1").readings, "mine");
    await expect(say(gateway, gatewayTopics("gw-2").readings, "forged")).rejects.toMatchObject({
      code: "not-authorized",
    });
    await expect(say(gateway, gatewayTopics("gw-1").receipts, "forged")).rejects.toMatchObject({
      code: "not-authorized",
    });
    await say(ingestor, gatewayTopics("gw-1").receipts, "receipt");
    await expect.poll(() => gateway.heard).toEqual(["carepost/v1/gw-1/receipts receipt"]);
    await expect.poll(() => ingestor.heard).toEqual(["carepost/v1/gw-1/readings mine"]);
  },
);

test.runIf(mosquittoPath !== null)(
  "over 3.1.1 a forged publish is acknowledged and dropped: no receipt ever comes of it",
  async () => {
    const authority = await testAuthority();
    const ingestor = await ingestorOf();
    const gateway = await join(await authority.gateway("gw-1"), "gw-1", "3.1.1");
    await say(gateway, gatewayTopics("gw-2").readings, "forged");
    await say(gateway, gatewayTopics("gw-1").readings, "mine");
    // What was sent first would have come first.
    await expect.poll(() => ingestor.heard).toEqual(["carepost/v1/gw-1/readings mine"]);
  },
);

test.runIf(mosquittoPath !== null)("a wildcard is granted and delivers nothing of others", async () => {
  const authority = await testAuthority();
  const ingestor = await ingestorOf();
  const curious = await join(await authority.gateway("gw-1"), "gw-1");
  for (const filter of ["#", "$SYS/#", "+/+/+/+", "carepost/v1/+/receipts", gatewayTopics("gw-2").commands]) {
    await curious.connection.subscribe(filter, 1);
  }
  const other = await join(await authority.gateway("gw-2"), "gw-2");
  await say(other, gatewayTopics("gw-2").readings, "private");
  await say(ingestor, gatewayTopics("gw-2").commands, "private");
  await say(ingestor, gatewayTopics("gw-1").receipts, "for me");
  await expect.poll(() => curious.heard.length).toBeGreaterThan(0);
  expect(new Set(curious.heard)).toEqual(new Set(["carepost/v1/gw-1/receipts for me"]));
});

test.runIf(mosquittoPath !== null)("whatever client id it claims, a client is who its certificate says", async () => {
  const authority = await testAuthority();
  const victim = await join(await authority.gateway("gw-1"), "gw-1");
  const impostor = await join(await authority.gateway("gw-3"), "gw-1");
  await expect(say(impostor, gatewayTopics("gw-1").readings, "x")).rejects.toMatchObject({ code: "not-authorized" });
  await say(impostor, gatewayTopics("gw-3").readings, "x");
  // The victim was not thrown out by the claim.
  await say(victim, gatewayTopics("gw-1").readings, "x");
});

test.runIf(mosquittoPath !== null)("a message beyond the limit ends its connection, and others go on", async () => {
  const authority = await testAuthority();
  const good = await join(await authority.gateway("gw-2"), "gw-2");
  const greedy = await join(await authority.gateway("gw-1"), "gw-1", "3.1.1");
  const large = {
    topic: gatewayTopics("gw-1").readings,
    payload: Buffer.alloc(10_000_000),
    qos: 1,
    retain: false,
  } as const;
  await expect(greedy.connection.publish(large)).rejects.toMatchObject({ code: "connection-lost" });
  await say(good, gatewayTopics("gw-2").readings, "x");
});

test.runIf(mosquittoPath !== null)(
  "a revoked certificate: SIGHUP refuses the next handshake, and a new certificate of the name ends the connection",
  async () => {
    const authority = await testAuthority();
    const stolen = await authority.gateway("gw-4");
    const thief = await join(stolen, "gw-4");
    // An attempt before the list is read would be let in and end the thief's connection, so another name tries.
    const other = await authority.gateway("gw-6");
    broker.publishList(await authority.crl([stolen.cert, other.cert]));
    const attempt = (): Promise<string> =>
      join(other, "gw-6").then(
        () => "let in",
        ({ message }: Error) => message,
      );
    await expect.poll(attempt).toContain("revoked");
    // Until now the thief is connected as before: mosquitto looks at the list in handshakes only.
    await say(thief, gatewayTopics("gw-4").readings, "x");
    await join(await authority.gateway("gw-4", { days: 1 }), "gw-4");
    await thief.connection.closed;
    await expect(join(stolen, "gw-4")).rejects.toMatchObject({ code: "own-certificate-refused" });
  },
);

test.runIf(mosquittoPath !== null)(
  "a denied gateway says and hears nothing from the moment that the list is read, also while connected",
  async () => {
    const authority = await testAuthority();
    const [ingestor, gateway] = [await ingestorOf(), await join(await authority.gateway("gw-5"), "gw-5")];
    const { receipts } = gatewayTopics("gw-5");
    await gateway.connection.subscribe(receipts, 1);
    const attempt = (): Promise<string> =>
      say(gateway, gatewayTopics("gw-5").readings, "x").then(
        () => "taken",
        ({ code }: CarepostError) => code,
      );
    expect(await attempt()).toBe("taken");
    broker.deny(["gw-5"]);
    await expect.poll(attempt).toBe("not-authorized");
    await say(ingestor, receipts, "while denied");
    broker.deny([]);
    await expect.poll(attempt).toBe("taken");
    await say(ingestor, receipts, "later");
    await expect.poll(() => gateway.heard).toEqual([`${receipts} later`]);
  },
);

test.runIf(mosquittoPath !== null)("an overdue list lets nobody in, until there is a new one", async () => {
  const authority = await testAuthority();
  const gateway = await authority.gateway("gw-7");
  const attempt = (): Promise<string> =>
    join(gateway, "gw-7").then(
      () => "let in",
      ({ code }: CarepostError) => code,
    );
  // OpenSSL keeps the lists that it has read before, so the broker is a new one.
  const overdue = await authority.crl([], 2);
  const strict = await startSecureMosquitto(mosquittoPath ?? "", {}, overdue);
  const before = broker;
  broker = strict;
  expect(await attempt()).toBe("own-certificate-refused");
  strict.publishList(await authority.crl([]));
  await expect.poll(attempt).toBe("let in");
  broker = before;
  await strict.stop();
});

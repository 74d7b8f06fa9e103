import { connect } from "node:net";
import { expect, onTestFinished, test, vi } from "vitest";
import { type CertificatePair, PageTls } from "../../../cloud-sync/http/page-certificate.ts";
import { servingPart } from "../../../gateway/kiosk/http/serving-part.ts";
import { createVirtualClock } from "../../../simulators/clock/virtual-clock.ts";
import { keptLog } from "../../doubles/kept-log.ts";
import { serialOf, servedSerial } from "../../doubles/served-serial.ts";
import { simulatedIngest, simulatedOperator } from "../../doubles/simulated-operator.ts";
import { testAuthority } from "../../doubles/test-authority.ts";
import { passwordLine } from "../../../cloud-sync/ingest/operator/password-file.ts";
import { kioskRig } from "../../gateway/kiosk/http/kiosk-rig.ts";

/** Hashes, processes and sockets are slow where everything else runs as well. */
vi.setConfig({ testTimeout: 120_000 });

const patient = { timeout: 30_000 };
const half = (text: string): string => text.slice(0, text.length / 2);

interface Stage {
  readonly tls: PageTls;
  readonly url: string;
  /** Puts these into the files, and lets the server look. */
  readonly renew: (pair: CertificatePair) => Promise<void>;
  readonly events: () => readonly string[];
}

/** A kiosk over TLS whose time is ours, of the time of the certificates. */
async function stage(first: CertificatePair): Promise<Stage> {
  let current = first;
  const tls = new PageTls(() => current);
  const { parts } = await kioskRig();
  const [clock, log] = [createVirtualClock(Date.now()), keptLog()];
  const stopping = new AbortController();
  const { promise: listening, resolve: onListening } = Promise.withResolvers<string>();
  const place = { host: "127.0.0.1", port: 0, onListening };
  const running = servingPart({ ...parts, tls, clock, log }, place).run(stopping.signal);
  onTestFinished(async () => {
    stopping.abort();
    await running;
  });
  const renew = async (pair: CertificatePair): Promise<void> => {
    current = pair;
    await clock.advance(10_000);
  };
  return { tls, url: await listening, renew, events: () => log.lines.map(({ event }) => event) };
}

test("a page takes over a renewed certificate without a new start", async () => {
  const authority = await testAuthority();
  const [first, second] = [await authority.server(), await authority.server({ days: 60 })];
  const { tls, url, renew, events } = await stage(first);
  expect(await servedSerial(url)).toBe(serialOf(first.cert));
  const firstEnd = tls.expiresAt() ?? 0;
  await renew(second);
  expect(await servedSerial(url)).toBe(serialOf(second.cert));
  expect(tls.expiresAt()).toBeGreaterThan(firstEnd + 29 * 86_400_000);
  expect(events()).toEqual(["kiosk-listening", "kiosk-certificate-renewed"]);
});

test("a connection that never begins its handshake is ended as soon as a request that never ends would be", async () => {
  const { url } = await stage(await (await testAuthority()).server());
  const idle = connect({ host: "127.0.0.1", port: Number(new URL(url).port) });
  onTestFinished(() => void idle.destroy());
  let isEnded = false;
  idle.on("error", () => undefined).once("close", () => (isEnded = true));
  await expect.poll(() => isEnded, patient).toBe(true);
});

test("what is half-written, does not fit or has expired is told once and not served, and the old one stays", async () => {
  const authority = await testAuthority();
  const [first, second] = [await authority.server(), await authority.server()];
  const expired = await authority.server({ fromDays: -60 });
  const { url, renew, events } = await stage(first);
  const unfit: readonly CertificatePair[] = [
    { ...first, cert: second.cert },
    { ...second, key: half(second.key) },
    { ...second, cert: half(second.cert) },
    { cert: "", key: "" },
    expired,
  ];
  for (const pair of unfit) {
    await renew(pair);
    expect(await servedSerial(url)).toBe(serialOf(first.cert));
  }
  expect(events()).toEqual(["kiosk-listening", "kiosk-certificate-kept"]);
  await renew(second);
  expect(await servedSerial(url)).toBe(serialOf(second.cert));
});

test("a certificate that cannot be used at the start is told and tried again, and stops nothing", async () => {
  const pair = await (await testAuthority()).server();
  const { parts, clock, log } = await kioskRig();
  let current: CertificatePair = { cert: pair.cert, key: "" };
  const stopping = new AbortController();
  const urls: string[] = [];
  const place = { host: "127.0.0.1", port: 0, onListening: (url: string): void => void urls.push(url) };
  const running = servingPart({ ...parts, tls: new PageTls(() => current) }, place).run(stopping.signal);
  await expect
    .poll(() => log.lines, patient)
    .toMatchObject([{ event: "kiosk-not-listening", fields: { code: "page-certificate-unusable" } }]);
  current = pair;
  const served = async (): Promise<number> => {
    await clock.advance(10_000);
    return urls.length;
  };
  await expect.poll(served, patient).toBe(1);
  stopping.abort();
  await running;
});

test("the operator's page takes a renewed certificate over as well", async () => {
  const authority = await testAuthority();
  const [first, second] = [await authority.server(), await authority.server()];
  let current = first;
  const [clock, log] = [createVirtualClock(Date.now()), keptLog()];
  const operator = await simulatedOperator(simulatedIngest(), {
    tls: new PageTls(() => current),
    passwords: await passwordLine("ops", "correct horse battery"),
    clock,
    log,
  });
  onTestFinished(() => operator.stop());
  expect(await servedSerial(operator.url)).toBe(serialOf(first.cert));
  current = second;
  await clock.advance(10_000);
  expect(await servedSerial(operator.url)).toBe(serialOf(second.cert));
  expect(log.lines.map(({ event }) => event)).toContain("operator-certificate-renewed");
});

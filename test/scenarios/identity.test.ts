import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { gatewayState, type GatewayState } from "../../cloud-sync/contract/control.ts";
import { messageData } from "../../cloud-sync/contract/message-data.ts";
import { gatewayTopics } from "../../cloud-sync/contract/topics.ts";
import { certificateFacts } from "../../cloud-sync/identity/certificate-facts.ts";
import {
  issueGatewayCertificate,
  newIssuing,
  newRoot,
  publicKeyPemOf,
} from "../../cloud-sync/identity/certificates.ts";
import type { EnrolAnswer } from "../../cloud-sync/identity/enrolment-contract.ts";
import { identityErrors } from "../../cloud-sync/identity/identity-error.ts";
import { connectionErrors } from "../../cloud-sync/mqtt/connection-error.ts";
import type { Connector } from "../../cloud-sync/mqtt/connection.ts";
import { IdentityFolder } from "../../gateway/identity/identity-folder.ts";
import type { IdentityPorts } from "../../gateway/identity/identity-keeper.ts";
import { assigned, blood, placeMeter } from "./site-devices.ts";
import { openSite, siteStart, type Site } from "./virtual-site.ts";

const gateway = "gw-0001";
const minuteMs = 60_000;
/** Certificates of an hour, so that little time has to pass. */
const days = 1 / 24;
const root = await newRoot({ name: "Test root", now: siteStart, days: 365 });
const authority = await newIssuing({ root, name: "Test issuing", now: siteStart, days: 365 });

test("certificates are renewed under way, each connection is made with a valid one, and no reading is lost", async () => {
  const scene = await openScene();
  await scene.collect(24);
  expect(scene.connectedWith.length).toBeGreaterThanOrEqual(3);
  expect(new Set(scene.connectedWith).size).toBe(scene.connectedWith.length);
  expect(scene.refused()).toBe(0);
  const { state, delivered } = await scene.end();
  expect(delivered).toBe(24);
  expect(state).toMatchObject({ online: true, certificateExpiresAt: scene.folder.current()?.facts.notAfter });
  expect(scene.site.broker.violations()).toEqual([]);
});

test("while nobody renews it the certificate ends and readings are kept; when it is renewed they are delivered", async () => {
  const scene = await openScene();
  scene.serviceIs("away");
  await scene.collect(13);
  // The broker ends the connection of a certificate that has ended, as brokers that look do.
  scene.site.broker.cut();
  await scene.collect(3);
  expect(scene.refused()).toBeGreaterThan(0);
  const { waiting } = await scene.store().backlog();
  expect(waiting).toBe(3);
  expect(scene.site.log.filter((line) => line.includes('"reason":"expired"'))).toHaveLength(1);
  scene.serviceIs("there");
  // Its retries are up to an hour apart by now.
  await scene.pass(90 * minuteMs);
  expect(await scene.end()).toMatchObject({ delivered: 16, state: { online: true } });
});

test("a gateway that was never enrolled collects, and delivers as soon as it is", async () => {
  const scene = await openScene({ enrolled: false });
  await scene.collect(2);
  expect(scene.connectedWith).toEqual([]);
  expect((await scene.store().backlog()).waiting).toBe(2);
  expect(scene.site.log.some((line) => line.includes('"code":"identity-absent"'))).toBe(true);
  scene.folder.install(await certified(scene.folder.pendingKey(), scene.site.clock.now()));
  await scene.pass(5 * minuteMs);
  expect(await scene.end()).toMatchObject({ delivered: 2 });
});

const stateOf = (site: Site): GatewayState =>
  gatewayState.parse(messageData("state", site.broker.retained(gatewayTopics(gateway).state) ?? new Uint8Array()));

interface Scene {
  readonly site: Site;
  readonly folder: IdentityFolder;
  /** The serials, in order. */
  readonly connectedWith: readonly string[];
  refused(): number;
  store(): Awaited<ReturnType<Site["gateway"]>>["store"];
  serviceIs(state: "there" | "away"): void;
  /** A reading every five minutes. */
  collect(readings: number): Promise<void>;
  pass(durationMs: number): Promise<void>;
  end(): Promise<{ readonly delivered: number; readonly state: GatewayState }>;
}

async function openScene({ enrolled } = { enrolled: true }): Promise<Scene> {
  const site = await openSite();
  const path = mkdtempSync(join(tmpdir(), "carepost-scene-"));
  onTestFinished(() => rmSync(path, { recursive: true }));
  const folder = new IdentityFolder(path, gateway);
  if (enrolled) folder.install(await certified(folder.pendingKey(), siteStart));
  const service = { isThere: true, signing: Promise.resolve() as Promise<unknown> };
  const renew: IdentityPorts["renew"] = async (_tls, key) => {
    if (!service.isThere) throw identityErrors.make("enrolment-unreachable", "no route");
    const answer = certified(key, site.clock.now());
    service.signing = answer;
    return await answer;
  };
  const gate = guarded(site);
  const meter = placeMeter(site);
  const running = await site.gateway({
    identity: { folder, renew },
    connector: gate.connector,
    ...assigned(meter),
  });
  // Signing takes real time, which virtual time does not wait for by itself.
  const pass = async (durationMs: number): Promise<void> => {
    for (let restMs = durationMs; restMs > 0; restMs -= minuteMs) {
      await site.clock.advance(minuteMs);
      await service.signing;
      await site.clock.settle();
    }
  };
  return {
    site,
    folder,
    connectedWith: gate.connectedWith,
    refused: gate.refused,
    store: () => running.store,
    serviceIs: (state) => {
      service.isThere = state === "there";
    },
    pass,
    collect: async (readings) => {
      for (let count = 0; count < readings; count += 1) {
        meter.device.measure(blood(100 + count));
        await pass(5 * minuteMs);
      }
    },
    end: async () => {
      // A renewal may be under way just now: its end is waited for.
      for (let minute = 0; minute < 10 && (minute === 0 || !stateOf(site).online); minute += 1) await pass(minuteMs);
      return { delivered: (await site.delivered()).length, state: stateOf(site) };
    },
  };
}

/** A broker that lets nobody in whose certificate is not valid at that moment. */
function guarded(site: Site): { connector: Connector; connectedWith: readonly string[]; refused: () => number } {
  const connectedWith: string[] = [];
  let refused = 0;
  const connector: Connector = {
    connect: async (options, signal) => {
      const { serial, notBefore, notAfter } = certificateFacts(options.tls?.().cert ?? "");
      const now = site.clock.now();
      if (now < notBefore || now >= notAfter) {
        refused += 1;
        throw connectionErrors.make("broker-unreachable", "the broker ended the handshake");
      }
      connectedWith.push(serial);
      return await site.broker.connector.connect(options, signal);
    },
  };
  return { connector, connectedWith, refused: () => refused };
}

async function certified(key: string, now: number): Promise<EnrolAnswer> {
  const cert = await issueGatewayCertificate({ authority, gateway, publicKey: publicKeyPemOf(key), now, days });
  return { gateway, chain: cert + authority.cert, ca: root.cert, at: now };
}

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Authority } from "../../cloud-sync/identity/authority.ts";
import { initAuthority } from "../../cloud-sync/identity/authority-folder.ts";
import { startEnrolmentService, type EnrolmentService } from "../../cloud-sync/identity/enrolment-service.ts";
import { newCsrPem, newKeyPem } from "../../cloud-sync/identity/certificates.ts";
import { createVirtualClock, type VirtualClock } from "../../simulators/clock/virtual-clock.ts";
import { keptLog, type KeptLog } from "./kept-log.ts";

/** An authority in a folder of its own, and its service on this machine. */
export interface EnrolmentSite {
  readonly folder: string;
  readonly authority: Authority;
  readonly clock: VirtualClock;
  readonly log: KeptLog;
  /** TLS looks at the machine's clock: the authority's must then be near it. */
  serve(requestsPerMinuteMax?: number): Promise<EnrolmentService>;
  url(): string;
  /** A certificate without the service in between. */
  enrol(gateway: string): Promise<EnrolledKey>;
  close(): Promise<void>;
}

export interface EnrolledKey {
  readonly key: string;
  readonly chain: string;
}

export async function enrolmentSite(startAt: number = Date.now()): Promise<EnrolmentSite> {
  const place = mkdtempSync(join(tmpdir(), "carepost-authority-"));
  const folder = join(place, "ca");
  const clock = createVirtualClock(startAt);
  await initAuthority(folder, { name: "Test", now: clock.now() });
  const authority = new Authority(folder, clock);
  const log = keptLog();
  let service: EnrolmentService | null = null;
  return {
    folder,
    authority,
    clock,
    log,
    serve: async (requestsPerMinuteMax = 10_000) => {
      const names = { dnsNames: ["localhost"], ipAddresses: ["127.0.0.1"] };
      const options = { host: "127.0.0.1", port: 0, requestsPerMinuteMax, ...names };
      service = await startEnrolmentService({ ...options, authority, clock, log });
      return service;
    },
    url: () => `https://127.0.0.1:${service?.port ?? 0}`,
    enrol: async (gateway) => {
      const key = newKeyPem();
      const { token } = authority.newToken(gateway, { validMs: 60_000, reinstate: false });
      const issued = await authority.enrol({ token, csr: await newCsrPem(key, gateway), gateway });
      if (!issued.ok) throw new Error(issued.error.reason);
      return { key, chain: issued.value.chain };
    },
    close: async () => {
      await service?.stop();
      authority.close();
      rmSync(place, { recursive: true, force: true });
    },
  };
}

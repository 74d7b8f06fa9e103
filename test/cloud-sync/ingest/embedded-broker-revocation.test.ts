import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type IngestHandle, startIngest } from "../../../cloud-sync/ingest/start-ingest.ts";
import { keptLog } from "../../doubles/kept-log.ts";
import { connectPacket, joinAs, openPeer, packetTypes, type PeerAddress, pingPacket } from "../../doubles/mqtt-peer.ts";
import { realClock } from "../../doubles/real-clock.ts";
import { testAuthority } from "../../doubles/test-authority.ts";

let folder = "";
let handle: IngestHandle | null = null;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "carepost-revocation-"));
});
afterEach(async () => {
  await handle?.stop();
  handle = null;
  rmSync(folder, { recursive: true });
});

function publishList(pem: string): void {
  writeFileSync(join(folder, "new.pem"), pem);
  renameSync(join(folder, "new.pem"), join(folder, "crl.pem"));
}

async function startWithList(): Promise<IngestHandle> {
  const server = await (await testAuthority()).server();
  handle = await startIngest({
    role: "all",
    listen: { host: "127.0.0.1", port: 0 },
    sinkPath: join(folder, "sink.db"),
    tls: () => server,
    crlFile: join(folder, "crl.pem"),
    clock: realClock,
    log: keptLog(),
  });
  return handle;
}

test("a revocation ends the connection that lives and refuses the next, without a restart; others stay", async () => {
  const authority = await testAuthority();
  publishList(await authority.crl([]));
  const ingest = await startWithList();
  const { address } = ingest;
  const [lost, kept] = [await authority.gateway("gw-lost"), await authority.gateway("gw-kept")];
  const at = (tls: PeerAddress["tls"]): PeerAddress => ({ host: "127.0.0.1", port: address?.port ?? 0, tls });
  expect(address?.url).toBe(`mqtts://127.0.0.1:${address?.port}`);
  const thief = await joinAs(at(lost), "gw-lost");
  const member = await joinAs(at(kept), "gw-kept");
  publishList(await authority.crl([lost.cert]));
  await thief.ended;
  expect(ingest.counts().refused).toEqual({ "certificate-revoked": 1 });
  const again = await openPeer(at(lost));
  again.send(connectPacket("gw-lost"));
  expect([...(await again.next()).body]).toEqual([0, 5]);
  await again.ended;
  expect(ingest.counts().refused).toEqual({ "certificate-revoked": 2 });
  member.send(pingPacket());
  expect((await member.next()).type).toBe(packetTypes.pingresp);
  // The gateway itself is welcome with a new certificate.
  await joinAs(at(await authority.gateway("gw-lost")), "gw-lost");
});

test("a broker that is to heed a list does not start without one, and leaves nothing open", async () => {
  await expect(startWithList()).rejects.toMatchObject({ code: "crl-unusable" });
  expect(handle).toBeNull();
});

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mosquittoFiles, type MosquittoPlan } from "../../cloud-sync/ingest/mosquitto-config.ts";
import { freePort } from "./free-port.ts";
import { runMosquitto } from "./mosquitto.ts";
import { testAuthority } from "./test-authority.ts";

/** Debian's mosquitto with the configuration that `carepost broker-config mosquitto` writes, and the test authority's word. */
export interface SecureMosquitto {
  readonly host: string;
  readonly port: number;
  readonly url: string;
  /** Puts a revocation list in place and has it read. */
  publishList(pem: string): void;
  /** Puts an access list with these gateways denied in place and has it read. */
  deny(gateways: readonly string[]): void;
  stop(): Promise<void>;
}

export async function startSecureMosquitto(
  path: string,
  changes: Partial<MosquittoPlan> = {},
  firstList?: string,
): Promise<SecureMosquitto> {
  const authority = await testAuthority();
  const server = await authority.server();
  const folder = mkdtempSync(join(tmpdir(), "carepost-secure-mosquitto-"));
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const port = await freePort();
  const plan: MosquittoPlan = {
    port,
    host: "127.0.0.1",
    caFile: file("ca.pem", authority.ca),
    certFile: file("broker.crt", server.cert),
    keyFile: file("broker.key", server.key),
    crlFile: file("crl.pem", firstList ?? (await authority.crl([]))),
    aclFile: join(folder, "acl"),
    ingestors: ["a"],
    denied: [],
    connectionsMax: 1000,
    ...changes,
  };
  file("acl", mosquittoFiles(plan).accessList);
  // Started by root it would become a user who cannot read these files.
  const asWho = process.getuid?.() === 0 ? "user root\n" : "";
  const configuration = file("mosquitto.conf", mosquittoFiles(plan).configuration + asWho);
  const running = await runMosquitto(path, configuration, port);
  return {
    host: "127.0.0.1",
    port,
    url: `mqtts://127.0.0.1:${port}`,
    publishList: (pem) => {
      file("crl.pem", pem);
      running.reload();
    },
    deny: (denied) => {
      file("acl", mosquittoFiles({ ...plan, denied }).accessList);
      running.reload();
    },
    stop: async () => {
      await running.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

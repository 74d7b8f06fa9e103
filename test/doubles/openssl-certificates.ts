import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TlsMaterial } from "../../cloud-sync/mqtt/connection.ts";

/** An authority and what it has signed, made by openssl, for servers that are not this project's. */
export interface OpensslAuthority {
  readonly caFile: string;
  /** A certificate of that common name, good for 127.0.0.1. */
  issue(commonName: string): IssuedFiles;
  remove(): void;
}

export interface IssuedFiles {
  readonly certFile: string;
  readonly keyFile: string;
  readonly material: () => TlsMaterial;
}

export function opensslAuthority(): OpensslAuthority {
  const folder = mkdtempSync(join(tmpdir(), "carepost-ca-"));
  const openssl = (...args: readonly string[]): void => {
    execFileSync("openssl", args, { cwd: folder, stdio: "ignore" });
  };
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  openssl("req", "-x509", ...newKey, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=test", "-days", "2");
  const caFile = join(folder, "ca.pem");
  writeFileSync(join(folder, "names"), "subjectAltName=IP:127.0.0.1\n");
  return {
    caFile,
    issue: (name) => {
      openssl("req", ...newKey, "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", `/CN=${name}`);
      const by = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "names"];
      openssl("x509", "-req", "-in", `${name}.csr`, "-out", `${name}.pem`, ...by);
      const [certFile, keyFile] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
      const material = (): TlsMaterial => ({
        ca: readFileSync(caFile, "utf8"),
        cert: readFileSync(certFile, "utf8"),
        key: readFileSync(keyFile, "utf8"),
      });
      return { certFile, keyFile, material };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

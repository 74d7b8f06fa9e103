import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A certificate with its key, in PEM. */
export interface Credentials {
  readonly cert: string;
  readonly key: string;
}

/** An authority of a test's own, which lives as long as the test. */
export interface TestAuthority {
  readonly cert: string;
  /** Good for a day. `extensions` are of openssl: `subjectAltName=DNS:localhost`. */
  issue(commonName: string, extensions?: string): Credentials;
  remove(): void;
}

export function createTestAuthority(name: string): TestAuthority {
  const folder = mkdtempSync(join(tmpdir(), "carepost-authority-"));
  const path = (file: string): string => join(folder, file);
  const openssl = (...words: readonly string[]): void => void execFileSync("openssl", words, { stdio: "pipe" });
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc"];
  openssl(
    "req",
    "-x509",
    ...newKey,
    "-keyout",
    path("ca.key"),
    "-out",
    path("ca.crt"),
    "-subj",
    `/CN=${name}`,
    "-days",
    "1",
  );
  let serial = 0;
  return {
    cert: readFileSync(path("ca.crt"), "utf8"),
    issue: (commonName, extensions = "basicConstraints=CA:FALSE") => {
      serial += 1;
      const own = (ending: string): string => path(`${serial}.${ending}`);
      writeFileSync(own("ext"), extensions);
      openssl("req", ...newKey, "-keyout", own("key"), "-out", own("csr"), "-subj", `/CN=${commonName}`);
      const authority = ["-CA", path("ca.crt"), "-CAkey", path("ca.key"), "-set_serial", `${serial}`];
      openssl(
        "x509",
        "-req",
        "-in",
        own("csr"),
        ...authority,
        "-days",
        "1",
        "-extfile",
        own("ext"),
        "-out",
        own("crt"),
      );
      return { cert: readFileSync(own("crt"), "utf8"), key: readFileSync(own("key"), "utf8") };
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}

/** As a registry holds it: SHA-256, in hex without colons. */
export const thumbprintOf = ({ cert }: Credentials): string =>
  new X509Certificate(cert).fingerprint256.replaceAll(":", "");

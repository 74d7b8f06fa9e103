import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:https";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { PageTls } from "../../../../cloud-sync/http/page-certificate.ts";
import type { OperatorHandle, OperatorOptions } from "../../../../cloud-sync/ingest/operator/start-operator.ts";
import { passwordLine } from "../../../../cloud-sync/ingest/operator/password-file.ts";
import { simulatedIngest, simulatedOperator } from "../../../doubles/simulated-operator.ts";
import { password } from "./operator-rig.ts";

async function start(options: Partial<OperatorOptions> = {}): Promise<OperatorHandle> {
  const operator = await simulatedOperator(simulatedIngest(), options);
  onTestFinished(() => operator.stop());
  return operator;
}

/** A certificate of its own making, for 127.0.0.1. */
function newCertificate(): { readonly cert: string; readonly key: string } {
  const folder = mkdtempSync(join(tmpdir(), "carepost-operator-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [keyPath, certPath] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"];
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const files = ["-keyout", keyPath, "-out", certPath];
  execFileSync("openssl", ["req", "-x509", ...newKey, ...subject, ...files], { stdio: "ignore" });
  return { cert: readFileSync(certPath, "utf8"), key: readFileSync(keyPath, "utf8") };
}

test("beyond this machine nothing is served without both TLS and a login", async () => {
  const passwords = await passwordLine("ops", password);
  const tls = new PageTls(() => ({ cert: "", key: "" }));
  for (const options of [{}, { passwords }, { tls }]) {
    await expect(start({ host: "0.0.0.0", ...options })).rejects.toMatchObject({ code: "operator-open" });
  }
  await expect(start({ host: "localhost" })).rejects.toMatchObject({ code: "operator-open" });
});

test("a password file that is none, and a port that is taken, are told before anything is served", async () => {
  await expect(start({ passwords: "hello" })).rejects.toMatchObject({ code: "operator-password-file-invalid" });
  const { url } = await start();
  await expect(start({ port: Number(new URL(url).port) })).rejects.toMatchObject({ code: "operator-listen-failed" });
});

test("with TLS and a login it is served to other machines too, and its metrics only to who has a token", async () => {
  const pair = newCertificate();
  // On every address: the name that is asked for has to be one of ours all the same.
  const options = {
    host: "::ffff:127.0.0.1",
    names: ["127.0.0.1"],
    tls: new PageTls(() => pair),
    passwords: await passwordLine("ops", password),
  };
  const { url } = await start(options);
  const port = Number(new URL(url).port);
  // The very certificate is trusted, by whatever name the request goes.
  const trust = { ca: pair.cert, checkServerIdentity: () => undefined };
  const ask = async (
    path: string,
    host = `127.0.0.1:${port}`,
  ): Promise<{ status: number; body: string; hsts: unknown }> => {
    const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: string; hsts: unknown }>();
    const sent = request({ host: "127.0.0.1", port, path, ...trust, headers: { host } }, (response) => {
      const { statusCode: status = 0, headers } = response;
      const hsts = headers["strict-transport-security"];
      text(response).then((body) => resolve({ status, body, hsts }), reject);
    });
    sent.once("error", reject);
    sent.end();
    return await promise;
  };
  expect(await ask("/")).toMatchObject({ status: 200, hsts: "max-age=31536000" });
  expect((await ask("/", "evil.example")).status).toBe(421);
  expect((await ask("/api/fleet")).status).toBe(401);
  expect((await ask("/metrics")).status).toBe(401);
  expect(JSON.parse((await ask("/api/session")).body)).toMatchObject({ needsLogin: true, user: null, csrfToken: null });
});

test("a request that never ends is ended, and stopping waits for no visitor", { timeout: 60_000 }, async () => {
  const operator = await start();
  const port = Number(new URL(operator.url).port);
  const closed = new Promise<void>((resolve) => {
    const socket = connect({ host: "127.0.0.1", port }, () =>
      socket.write("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Half: "),
    );
    socket.on("data", () => undefined);
    socket.once("close", () => resolve());
  });
  await closed;
  const idle = connect({ host: "127.0.0.1", port });
  await new Promise((resolve) => idle.once("connect", resolve));
  const gone = new Promise((resolve) => idle.once("close", resolve));
  await operator.stop();
  await gone;
  await expect(fetch(operator.url)).rejects.toThrow("fetch failed");
});

import { request } from "node:https";
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newCsrPem, newKeyPem, verifyCsr } from "../../../cloud-sync/identity/certificates.ts";
import { refusals } from "../../../cloud-sync/identity/enrolment-refusal.ts";
import { enrolmentSite, type EnrolmentSite } from "../../doubles/enrolment-site.ts";

/** Whatever is sent, the service answers clearly, certifies nobody who has no token, and goes on serving. */
let site: EnrolmentSite;
let counts: () => Readonly<Record<string, number>> = () => ({});
let goodCsr = "";
beforeAll(async () => {
  site = await enrolmentSite();
  const service = await site.serve();
  counts = () => service.counts();
  goodCsr = await newCsrPem(newKeyPem(), "gw-fuzz");
});
afterAll(() => site.close());

const codes = Object.keys(refusals);
const paths = ["/v1/enroll", "/v1/renew", "/v1/crl", "/", "/v1/enroll/../renew", "/%00"];

test("arbitrary bodies, paths and content types get a refusal that the service knows, and nobody gets a certificate", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        path: fc.constantFrom(...paths),
        method: fc.constantFrom("POST", "GET", "PUT", "DELETE"),
        type: fc.constantFrom("application/json", "text/plain", "application/x-www-form-urlencoded", "nonsense"),
        body: fc.oneof(fc.string({ maxLength: 2000 }), fc.json(), hostileRequest()),
      }),
      async (sent) => {
        const { status, text } = await send(sent);
        expect(status).toBeLessThan(500);
        const outcome = text.startsWith("-----BEGIN X509 CRL-----") ? `list ${status}` : codeOf(text);
        expect(["list 200", ...codes]).toContain(outcome);
      },
    ),
    { numRuns: 150, seed: 4 },
  );
  expect([...site.authority.subjects()]).toEqual([]);
  await expectService();
});

test("hostile DER in a request with a good token is refused as what it is, and the token stays good", async () => {
  const { token } = site.authority.newToken("gw-der", { validMs: 3_600_000, reinstate: false });
  await fc.assert(
    fc.asyncProperty(hostileCsr(), async (csr) => {
      fc.pre(csr !== goodCsr);
      const { status, text } = await send({ body: JSON.stringify({ token, csr }) });
      expect(status).toBe(400);
      expect(["csr-refused", "request-malformed"]).toContain(codeOf(text));
    }),
    { numRuns: 150, seed: 4 },
  );
  const { status } = await send({ body: JSON.stringify({ token, csr: goodCsr }) });
  expect(status).toBe(200);
});

test("a request that was changed in one octet never verifies as the key of another", async () => {
  const der = derOf(goodCsr);
  const before = await verifyCsr(goodCsr);
  expect(before.ok).toBe(true);
  await fc.assert(
    fc.asyncProperty(fc.nat(der.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
      const changed = Buffer.from(der);
      changed.writeUInt8(changed.readUInt8(at) ^ flip, at);
      const outcome = await verifyCsr(pemOf(changed));
      expect(outcome.ok ? outcome : before).toEqual(before);
    }),
    { numRuns: 300, seed: 4 },
  );
});

test("ten megabytes, and a JSON that is nested without end, are refused, and the service goes on", async () => {
  const large = await send({ body: JSON.stringify({ token: "x".repeat(10 * 2 ** 20), csr: goodCsr }) }).catch(
    () => null,
  );
  // The service may end the connection while we still send: then there is no answer to read, but a count.
  expect([413, null]).toContain(large?.status ?? null);
  await expect.poll(() => counts()["body-too-large"]).toBe(1);
  expect(await send({ body: `${"[".repeat(8000)}${"]".repeat(8000)}` })).toMatchObject({ status: 400 });
  await expectService();
});

/** The control: what is meant well is served, by the same means. */
async function expectService(): Promise<void> {
  const { token } = site.authority.newToken("gw-good", { validMs: 3_600_000, reinstate: true });
  const { status, text } = await send({ body: JSON.stringify({ token, csr: goodCsr }) });
  expect(status).toBe(200);
  expect(JSON.parse(text)).toMatchObject({ gateway: "gw-good" });
}

const hostileRequest = (): fc.Arbitrary<string> =>
  fc
    .record(
      {
        token: fc.oneof(fc.string(), fc.integer()),
        csr: fc.oneof(fc.string(), fc.constant(goodCsr)),
        gateway: fc.string(),
      },
      { requiredKeys: [] },
    )
    .map((value) => JSON.stringify(value));

const hostileCsr = (): fc.Arbitrary<string> =>
  fc.oneof(
    fc.string({ maxLength: 500 }),
    fc.uint8Array({ maxLength: 600 }).map((octets) => pemOf(Buffer.from(octets))),
    // The outer frame is right, so that what is inside is looked at.
    fc
      .uint8Array({ minLength: 1, maxLength: 120 })
      .map((octets) => pemOf(Buffer.from([0x30, octets.length, ...octets]))),
    fc.nat(200).map((length) => pemOf(derOf(goodCsr).subarray(0, length))),
    fc.nat(100).map((depth) => pemOf(Buffer.from(Array.from({ length: depth }, () => [0x30, 0x80]).flat()))),
  );

const derOf = (pem: string): Buffer => Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ""), "base64");

const pemOf = (der: Buffer): string =>
  `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString("base64")}\n-----END CERTIFICATE REQUEST-----\n`;

const codeOf = (text: string): unknown => {
  const answer: unknown = JSON.parse(text);
  return typeof answer === "object" && answer !== null && "error" in answer ? Object(answer.error).code : null;
};

interface Sent {
  readonly path?: string;
  readonly method?: string;
  readonly type?: string;
  readonly body: string;
}

function send({ path = "/v1/enroll", method = "POST", type = "application/json", body }: Sent): Promise<{
  readonly status: number;
  readonly text: string;
}> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": type, "content-length": Buffer.byteLength(body) };
    const asked = request(`${site.url()}${path}`, { method, headers, agent: false, ca: site.authority.ca });
    asked.on("error", reject);
    asked.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => (text += part));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
    });
    asked.end(body);
  });
}

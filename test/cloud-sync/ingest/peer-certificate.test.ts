import type { PeerCertificate } from "node:tls";
import { expect, test } from "vitest";
import { certificateName, certifiedIdentity } from "../../../cloud-sync/ingest/peer-certificate.ts";
import { testAuthority } from "../../doubles/test-authority.ts";

const subject = (name: unknown): PeerCertificate["subject"] =>
  Object.assign({ C: "", ST: "", L: "", O: "", OU: "", CN: "" }, { CN: name });
const named = (name: unknown, subjectaltname?: string): ReturnType<typeof certifiedIdentity> =>
  certifiedIdentity({ subject: subject(name), ...(subjectaltname === undefined ? {} : { subjectaltname }) });

const gateway = { role: "gateway", id: "gw-1" };
const ingestor = { role: "ingestor", id: "ingestor-a" };

test("the common name says who, and the URI says what", () => {
  expect(named("gw-1", "URI:urn:carepost:gateway:gw-1")).toEqual(gateway);
  expect(named("gw-1", "DNS:gw-1.example, URI:urn:carepost:gateway:gw-1, URI:urn:other")).toEqual(gateway);
  expect(named("ingestor-a", "URI:urn:carepost:ingestor:a")).toEqual(ingestor);
});

test("an authority of the operator's own need not write the URI for a gateway, and must for an ingestor", () => {
  expect(named("gw-1")).toEqual(gateway);
  expect(named("gw-1", "DNS:gw-1.example")).toEqual(gateway);
  expect(named("ingestor-a")).toBeNull();
  expect(named("ingestor-a", "DNS:ingestor-a.example")).toBeNull();
});

test("who is named twice, differently or as something else is nobody", () => {
  for (const name of [undefined, "", ["gw-1", "gw-2"]]) {
    expect(named(name, "URI:urn:carepost:gateway:gw-1")).toBeNull();
  }
  const others = [
    "URI:urn:carepost:gateway:gw-2",
    "URI:urn:carepost:ingestor:gw-1",
    "URI:urn:carepost:gateway:gw-1, URI:urn:carepost:gateway:gw-2",
    "URI:URN:CAREPOST:gateway:gw-2",
    'URI:"urn:carepost:gateway:gw-2, x"',
  ];
  for (const other of others) expect([other, named("gw-1", other)]).toEqual([other, null]);
  expect(named("ingestor-a", "URI:urn:carepost:gateway:ingestor-a")).toBeNull();
  expect(named("ingestor-a", "URI:urn:carepost:ingestor:b")).toBeNull();
});

test("an ingestor reads its own name from its certificate", async () => {
  const { cert } = await (await testAuthority()).ingestor("a");
  expect(certificateName(cert)).toBe("ingestor-a");
  expect(certificateName("no certificate")).toBeNull();
});

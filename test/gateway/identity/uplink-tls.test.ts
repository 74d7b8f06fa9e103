import { expect, test } from "vitest";
import { hubEntry, uplinkTls } from "../../../gateway/identity/uplink-tls.ts";

const own = { ca: "fleet", cert: "own certificate", key: "own key" };
const named = { ca: "named", cert: null, key: null };
const identity = (): typeof own => own;

test("a broker is known by the fleet's authority, unless the configuration names another", () => {
  expect(uplinkTls({ identity, files: undefined, hub: null })).toEqual(own);
  expect(uplinkTls({ identity, files: () => named, hub: null })).toEqual({ ...own, ca: "named" });
});

test("a hub that lets in by certificate is known by Node's authorities, unless the configuration names others", () => {
  expect(uplinkTls({ identity, files: undefined, hub: "certificate" })).toEqual({ ...own, ca: null });
  expect(uplinkTls({ identity, files: () => named, hub: "certificate" })).toEqual({ ...own, ca: "named" });
});

test("a hub that lets in by a key is shown no certificate of the fleet's, and needs none", () => {
  const absent = (): never => {
    throw new Error("not enrolled");
  };
  const nothing = { ca: null, cert: null, key: null };
  expect(uplinkTls({ identity: absent, files: undefined, hub: "key" })).toEqual(nothing);
  expect(uplinkTls({ identity: absent, files: () => named, hub: "key" })).toEqual(named);
  expect([hubEntry(undefined), hubEntry({ sasKey: null }), hubEntry({ sasKey: () => "key" })]).toEqual([
    null,
    "certificate",
    "key",
  ]);
});

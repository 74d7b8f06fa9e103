import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { configErrors } from "../../../gateway/config/config-error.ts";
import { readDatabaseKey } from "../../../gateway/config/database-key.ts";

const hex = "0123456789abcdef".repeat(4);
let folder = "";
let keyFile = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "carepost-key-"));
  keyFile = join(folder, "carepost-store-key");
  writeFileSync(keyFile, `${hex}\n`, { mode: 0o600 });
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const read = (file: string | null, environment = {}): Uint8Array | null =>
  readDatabaseKey(file, "carepost-store-key", environment);

test("a key is 32 octets, written as hex in a file of its owner's", () => {
  expect(Buffer.from(read(keyFile) ?? []).toString("hex")).toBe(hex);
});

test("a systemd credential stands in where no file is named, whatever its mode", () => {
  chmodSync(keyFile, 0o444);
  expect(read(null, { CREDENTIALS_DIRECTORY: folder })).toHaveLength(32);
  expect(readDatabaseKey(null, "carepost-sink-key", { CREDENTIALS_DIRECTORY: folder })).toBeNull();
});

test("without a file and a credential there is no key", () => {
  expect(read(null)).toBeNull();
});

test("a key file that others may read is refused", () => {
  for (const mode of [0o640, 0o604, 0o620]) {
    chmodSync(keyFile, mode);
    expect(() => read(keyFile)).toThrow(expect.toSatisfy((error) => configErrors.is(error, "key-exposed")));
  }
});

test("what is no key is refused, and never shown", () => {
  for (const text of ["", hex.slice(1), `${hex}0`, "password"]) {
    writeFileSync(keyFile, text);
    const shown = text === "" ? "nothing" : text;
    expect(() => read(keyFile)).toThrow(
      expect.toSatisfy((error) => configErrors.is(error, "key-malformed") && !error.message.includes(shown)),
    );
  }
});

test("a key file that is not there is an error, not a database without a key", () => {
  expect(() => read(join(folder, "absent"))).toThrow(
    expect.toSatisfy((error) => configErrors.is(error, "key-unreadable")),
  );
});

import { expect, test } from "vitest";
import { InvalidConfig } from "../../../gateway/config/config-error.ts";
import { loadIngestConfig } from "../../../gateway/config/load-config.ts";
import { ingestConfigOf } from "../../../gateway/cli/with-sink.ts";

const load = (shareGroup?: string): string =>
  loadIngestConfig({
    path: null,
    environment: { CAREPOST_INGEST_SINK: "postgres" },
    folder: "/nonexistent",
    flags: shareGroup === undefined ? [] : [{ flag: "--share-group", key: "ingest.shareGroup", text: shareGroup }],
  }).config.ingest.shareGroup;

test("without a word ingestors share where they can; a group may be named, or sharing left out", () => {
  expect(load()).toBe("auto");
  for (const name of ["none", "carepost", "region_eu-1"]) expect(load(name)).toBe(name);
});

test("a group's name holds nothing that means something in a topic filter", () => {
  for (const name of ["", "a/b", "a+", "#", "a b", "x".repeat(33)]) {
    expect(() => load(name)).toThrow(InvalidConfig);
  }
});

test("the flag goes before the configuration", () => {
  const { ingest } = ingestConfigOf({ sink: "./sink.db", shareGroup: "night" }).config;
  expect([ingest.shareGroup, ingest.sink]).toEqual(["night", "sqlite"]);
});

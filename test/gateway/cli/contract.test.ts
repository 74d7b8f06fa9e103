import { expect, test } from "vitest";
import { parse } from "yaml";
import { asyncApiDocument } from "../../../cloud-sync/contract/async-api/async-api.ts";
import { carepost } from "./run-carepost.ts";

const document: unknown = JSON.parse(JSON.stringify(asyncApiDocument()));

test("the contract is printed as JSON or as YAML, and is the same document", async () => {
  expect(JSON.parse((await carepost(["contract"])).stdout)).toEqual(document);
  const yaml = (await carepost(["contract", "--format", "yaml"])).stdout;
  expect(parse(yaml)).toEqual(document);
  expect(yaml).not.toMatch(/[&*]a\d/);
});

test("no other form is offered", async () => {
  expect(await carepost(["contract", "--format", "xml"])).toMatchObject({ code: 2, stdout: "" });
});

import { Validator } from "@seriousme/openapi-schema-validator";
import { expect, test, vi } from "vitest";
import { z } from "zod";
import { openApiDocument } from "../../../../gateway/kiosk/http/open-api.ts";
import { everyOperation } from "../../../../gateway/kiosk/http/operations.ts";
import { kioskRig, screenAt } from "./kiosk-rig.ts";

/** Hashes, processes and sockets are slow where everything else runs as well. */
vi.setConfig({ testTimeout: 120_000 });

test("the document is valid OpenAPI 3.1, and is served as it is", async () => {
  const document = openApiDocument("0.0.0");
  const validator = new Validator();
  expect(await validator.validate(structuredClone(document))).toEqual({ valid: true });
  expect(validator.version).toBe("3.1");
  const answer = await screenAt(await kioskRig()).get("/api/openapi.json");
  expect(answer.json()).toEqual(JSON.parse(JSON.stringify(document)));
});

test("each route of the app is in the document, and each operation of the document is a route", async () => {
  const { app } = await kioskRig();
  const documented = everyOperation.map(([, { method, path }]) => `${method} ${path}`);
  const served = routesOf(app.printRoutes({ commonPrefix: false }));
  expect(served.filter((route) => route.includes("/api/")).toSorted()).toEqual(documented.toSorted());
  expect(served.filter((route) => !route.includes("/api/")).toSorted()).toEqual(
    ["/", "/assets/kiosk.js", "/staff"].flatMap((path) => [`GET ${path}`, `HEAD ${path}`]).toSorted(),
  );
});

/** From the tree that fastify prints: four columns a level. */
function routesOf(tree: string): readonly string[] {
  const above: string[] = [];
  return tree.split("\n").flatMap((line) => {
    const [, indent = "", segment = "", methods = ""] = /^([│ ]*)[├└]── (\S+)(?: \(([A-Z, ]+)\))?/.exec(line) ?? [];
    const depth = indent.length / 4;
    above.splice(depth, above.length, segment);
    return methods === "" ? [] : methods.split(", ").map((method) => `${method} ${above.join("")}`);
  });
}

test("every schema that is referred to is there, and each object of it is closed", () => {
  const document = openApiDocument("0.0.0");
  const { schemas } = z.object({ schemas: z.record(z.string(), z.unknown()) }).parse(document["components"]);
  const text = JSON.stringify(document);
  const referred = [...text.matchAll(/"#\/components\/schemas\/([A-Za-z]+)"/g)].map(([, name = ""]) => name);
  expect(referred.filter((name) => !(name in schemas))).toEqual([]);
  expect(new Set(referred).size).toBeGreaterThan(20);
  expect(text.match(/"type":"object"/g)?.length).toBe(text.match(/"additionalProperties":/g)?.length);
});

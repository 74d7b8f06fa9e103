import { expect, test } from "vitest";
import { compareBooks } from "./stage.ts";

test("the books find a reading that is missing and one that is there twice", () => {
  expect(compareBooks(["a", "b", "c"], ["a", "c", "c"])).toEqual({ measured: 3, lost: 1, doubled: 1 });
});

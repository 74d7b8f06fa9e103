import { expect, test } from "vitest";
import {
  dropInText,
  judgeMainConf,
  leftOutPlugins,
  mainConfText,
  unwantedPlugins,
} from "../../../../gateway/radio/bluez/hardening.ts";

const keysOf = (text: string): readonly string[] => judgeMainConf(text).map(({ advice }) => advice.key);

test("the advised file is as it advises", () => {
  expect(keysOf(mainConfText())).toEqual([]);
});

test("an empty file lacks only what bluetoothd does not do by itself", () => {
  expect(keysOf("")).toEqual(["ControllerMode", "Channels", "Cache"]);
});

test("a comment sets nothing, and a key counts in its own section only", () => {
  expect(keysOf("[General]\n#ControllerMode = le\n[GATT]\nControllerMode = le\nChannels=1\nCache = yes\n")).toEqual([
    "ControllerMode",
  ]);
});

test("the last of two lines counts, however it is spaced and spelt", () => {
  const text = "[General]\nControllerMode=dual\n  ControllerMode   =  LE \nAlwaysPairable = TRUE\nDebugKeys=0\n";
  const [first] = judgeMainConf(text);
  expect(first).toMatchObject({ advice: { key: "AlwaysPairable", weight: "must" }, found: "TRUE" });
  expect(keysOf(text)).toEqual(["AlwaysPairable", "Channels", "Cache"]);
});

test("the plugins of the advised drop-in are found on a command line of either form", () => {
  const [, line = ""] = /^ExecStart=(\/.*)$/m.exec(dropInText()) ?? [];
  expect(leftOutPlugins(line.split(" "))).toEqual(unwantedPlugins);
  expect(leftOutPlugins(["/usr/sbin/bluetoothd", "-P", "input,hog"])).toEqual(["input", "hog"]);
  expect(leftOutPlugins(["/usr/sbin/bluetoothd"])).toBeNull();
});

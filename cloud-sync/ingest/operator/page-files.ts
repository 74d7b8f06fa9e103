import { readdir, readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { MessageChannel, Worker } from "node:worker_threads";

/** A file of the page, as it is sent. */
export interface PageFile {
  readonly type: string;
  readonly body: string;
}

const folder = join(import.meta.dirname, "web");

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".ts": "text/javascript; charset=utf-8",
};

let files: Promise<ReadonlyMap<string, PageFile>> | null = null;

/**
 * The files of the page by their path. All of them are read once, for whichever server of this process asks first:
 * nothing that a request says ever becomes a path of this machine. Browsers are handed the modules as Node would run
 * them: without their types.
 */
export function pageFiles(): Promise<ReadonlyMap<string, PageFile>> {
  files ??= readFiles();
  // Whoever asks after a failure gets another attempt.
  files.catch(() => (files = null));
  return files;
}

async function readFiles(): Promise<ReadonlyMap<string, PageFile>> {
  const names = (await readdir(folder)).filter((name) => extname(name) in types);
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), "utf8")));
  const isModule = names.map((name) => extname(name) === ".ts");
  const stripped = await withoutTypes(texts.filter((_, index) => isModule[index] === true));
  let next = 0;
  return new Map(
    names.map((name, index) => {
      const body = (isModule[index] === true ? stripped[next++] : texts[index]) ?? "";
      const path = name === "page.html" ? "/" : `/${name}`;
      return [path, { type: types[extname(name)] ?? "text/plain", body }];
    }),
  );
}

/**
 * In a thread of its own, which ends and takes the stripper's 20 MB with it. Node calls the function experimental and
 * says so on standard error; what it does is what Node does to every file of this program.
 */
async function withoutTypes(modules: readonly string[]): Promise<readonly string[]> {
  const { port1: answered, port2: answer } = new MessageChannel();
  const worker = new Worker(new URL("./strip-types-worker.ts", import.meta.url), {
    workerData: { modules, answer },
    transferList: [answer],
    execArgv: ["--disable-warning=ExperimentalWarning"],
  });
  const { promise, resolve, reject } = Promise.withResolvers<readonly string[]>();
  answered.once("message", (stripped: readonly string[]) => resolve(stripped));
  worker.once("error", reject);
  try {
    return await promise;
  } finally {
    answered.close();
    await worker.terminate();
  }
}

import { existsSync } from "node:fs";
import type { Command } from "commander";
import { sqliteErrors } from "../../cloud-sync/sqlite/sqlite-error.ts";
import { readDatabaseKey } from "../config/database-key.ts";
import { loadStoreConfig } from "../config/load-config.ts";
import type { StoreConfig } from "../config/store-config.ts";
import type { Store } from "../store/store.ts";
import { openStore } from "../store/sqlite-store.ts";
import { systemClock } from "../system-clock.ts";
import { cliErrors } from "./cli-error.ts";

export interface StoreOptions {
  readonly config?: string;
  readonly store?: string;
  readonly keyFile?: string;
}

/** The options by which every command finds the gateway's store: the last ones in its help. */
export const addStoreOptions = (command: Command): Command =>
  command
    .optionsGroup("Which store:")
    .option(
      "-c, --config <file>",
      "the gateway's configuration (default: ./carepost.yaml, /etc/carepost/carepost.yaml)",
    )
    .option("--store <file>", "the database, in place of store.path")
    .option("--key-file <file>", "the database's key, in place of store.keyFile");

/** Lends the store to look into, also while a gateway writes it. */
export async function withStoreReader<T>(options: StoreOptions, use: (store: Store) => Promise<T>): Promise<T> {
  return await lend(options, "reader", use);
}

/** Lends the store to change it: a gateway must not be running on it, because a store has one writer. */
export async function withStore<T>(options: StoreOptions, use: (store: Store) => Promise<T>): Promise<T> {
  return await lend(options, "owner", use);
}

/** The same for a command that may be the first one that is run: where there is no store, one is made. */
export async function withStoreMade<T>(options: StoreOptions, use: (store: Store) => Promise<T>): Promise<T> {
  return await lend(options, "founder", use);
}

async function lend<T>(
  options: StoreOptions,
  borrower: "founder" | "owner" | "reader",
  use: (store: Store) => Promise<T>,
): Promise<T> {
  const { path, keyFile } = storeConfigOf(options).store;
  if (borrower !== "founder" && !existsSync(path)) throw cliErrors.make("store-absent", `there is no database ${path}`);
  const key = readDatabaseKey(keyFile, "carepost-store-key", process.env);
  const access = borrower === "reader" ? "reader" : "owner";
  const store = await openStore({ path, key, clock: systemClock, thread: "inline", access }).catch(inCommandsWords);
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

/** Where the database is, whether or not there is one yet. */
export const storePathOf = (options: StoreOptions): string => storeConfigOf(options).store.path;

function storeConfigOf(options: StoreOptions): StoreConfig {
  const { config, store, keyFile } = options;
  return loadStoreConfig({
    path: config ?? null,
    environment: process.env,
    folder: process.cwd(),
    flags: [
      ...(store === undefined ? [] : [{ flag: "--store", key: "store.path", text: store }]),
      ...(keyFile === undefined ? [] : [{ flag: "--key-file", key: "store.keyFile", text: keyFile }]),
    ],
  }).config;
}

function inCommandsWords(error: unknown): never {
  if (!sqliteErrors.is(error, "store-locked")) throw error;
  throw cliErrors.make("gateway-running", "a gateway has this store open, and only one program may change it", {
    cause: error,
  });
}

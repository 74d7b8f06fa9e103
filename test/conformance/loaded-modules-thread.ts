import { parentPort } from "node:worker_threads";

// Node names here what it has loaded of itself; its types do not know the list.
const loaded: unknown = Reflect.get(process, "moduleLoadList");
parentPort?.postMessage(Array.isArray(loaded) ? loaded.map(String) : [], []);

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";

/** The oldest Debian that the package promises to run on. */
const suite = "bookworm";
/** What any Debian that boots has, and the package may so count on; bluetoothd and Node are not among it. */
const included = "dbus,systemd-sysv,init-system-helpers,adduser";

/**
 * A fresh Debian in a folder of its own, the smallest that boots. It is made once, in minutes, and kept in the cache;
 * from then on it is copied.
 */
export function freshDebian(): string {
  const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "carepost");
  const kept = join(cache, `debian-${suite}`);
  if (!existsSync(kept)) {
    mkdirSync(cache, { recursive: true });
    const half = mkdtempSync(join(cache, "debootstrap-"));
    const made = join(half, "root");
    execFileSync("debootstrap", ["--variant=minbase", `--include=${included}`, suite, made], { stdio: "ignore" });
    rmSync(join(made, "var/cache/apt/archives"), { recursive: true, force: true });
    renameSync(made, kept);
    rmSync(half, { recursive: true });
  }
  const root = join(mkdtempSync(join(tmpdir(), "carepost-debian-")), "root");
  execFileSync("cp", ["-a", "--reflink=auto", kept, root]);
  return root;
}

/**
 * How bluetoothd should be set up on a machine whose only Bluetooth work is this gateway: Low Energy alone, nothing that
 * turns a stranger into a keyboard, and no pairing that nobody asked for. One source for the set-up page and for
 * `doctor`. Keys, values and defaults are those of BlueZ 5.66's own `main.conf`; plugins are those of `bluetoothd(8)`.
 */
export interface MainConfAdvice {
  readonly section: "General" | "GATT";
  readonly key: string;
  readonly value: string;
  /** What bluetoothd does where the key is not set. Where it equals `value`, an unset key is as good. */
  readonly unset: string;
  /** `must`: the gateway is unsafe or does not work otherwise. `should`: one thing less that can go wrong. */
  readonly weight: "must" | "should";
  readonly why: string;
  /** Unset is the only way to say it: bluetoothd 5.66 takes the word for a mistake. */
  readonly leaveUnset?: true;
}

export const mainConfPath = "/etc/bluetooth/main.conf";

export const mainConfAdvice: readonly MainConfAdvice[] = [
  {
    section: "General",
    key: "ControllerMode",
    value: "le",
    unset: "dual",
    weight: "must",
    why: "Meters and cuffs speak Low Energy. Classic Bluetooth is only a way in: keyboards, weak keys, PINs.",
  },
  {
    section: "General",
    key: "AlwaysPairable",
    value: "false",
    unset: "false",
    weight: "must",
    why: "No pairing while the gateway, which refuses what nobody asked for, is not there to be asked.",
  },
  {
    section: "General",
    key: "JustWorksRepairing",
    value: "never",
    unset: "never",
    weight: "must",
    why: "A stranger that poses as a bonded device must not get a new key by simply asking for one.",
  },
  {
    section: "General",
    key: "ReverseServiceDiscovery",
    value: "true",
    unset: "true",
    weight: "must",
    why: "Where it is false, bluetoothd is no GATT client, and nothing can be read.",
  },
  {
    section: "General",
    key: "DebugKeys",
    value: "false",
    unset: "false",
    weight: "must",
    why: "A bond made with the debug key, which everybody knows, keeps nothing secret.",
  },
  {
    section: "General",
    key: "Privacy",
    value: "off",
    unset: "off",
    weight: "should",
    why: "The gateway stays where it is and never advertises; many meters know their gateway by its fixed address.",
  },
  {
    section: "General",
    key: "Experimental",
    value: "false",
    unset: "false",
    weight: "should",
    why: "Interfaces that are not needed, and not finished.",
  },
  {
    section: "General",
    key: "KernelExperimental",
    value: "false",
    unset: "false",
    weight: "should",
    why: "Kernel features that are not needed, and not finished.",
    leaveUnset: true,
  },
  {
    section: "GATT",
    key: "Channels",
    value: "1",
    unset: "3",
    weight: "should",
    why: "One channel turns EATT off, which no meter needs: values then keep their order, and there is less to attack.",
  },
  {
    section: "GATT",
    key: "Cache",
    value: "yes",
    unset: "always",
    weight: "should",
    why: "A bonded device's table is remembered, for a quick start; a stranger's is looked at anew each time.",
  },
];

export const dropInPath = "/etc/systemd/system/bluetooth.service.d/carepost.conf";

/** Plugins of bluetoothd that turn a device into a keyboard, a network, a headset or a phone, or guess PINs. */
export const unwantedPlugins: readonly string[] = [
  "input",
  "hog",
  "wiimote",
  "network",
  "a2dp",
  "avrcp",
  "midi",
  "sap",
  "neard",
  "autopair",
];

/** The file for `mainConfPath`: it replaces the distribution's, of which every line but one is a comment. */
export function mainConfText(): string {
  const sections = [...new Set(mainConfAdvice.map(({ section }) => section))];
  const parts = sections.map((section) => {
    const own = mainConfAdvice.filter((advice) => advice.section === section && advice.leaveUnset !== true);
    return [`[${section}]`, ...own.flatMap(({ key, value, why }) => [`# ${why}`, `${key} = ${value}`])].join("\n");
  });
  return `${parts.join("\n\n")}\n\n[Policy]\n# Every adapter is switched on when it appears.\nAutoEnable = true\n`;
}

/**
 * The file for `dropInPath`. An empty `ExecStart=` takes the distribution's line away before it is said anew.
 * @param daemon where bluetoothd is: Debian 12 has it in /usr/libexec/bluetooth
 */
export const dropInText = (daemon = "/usr/libexec/bluetooth/bluetoothd"): string => `[Service]
ExecStart=
ExecStart=${daemon} --noplugin=${unwantedPlugins.join(",")}
# A daemon that crashed is back within a second; the gateway takes up its work by itself.
Restart=on-failure
RestartSec=1
`;

/** A setting that is not as it should be. `found` is null where the file does not say. */
export interface HardeningFinding {
  readonly advice: MainConfAdvice;
  readonly found: string | null;
}

/** Compares a `main.conf` with the advice. Sections and keys are as GLib's key files have them; later lines win. */
export function judgeMainConf(text: string): readonly HardeningFinding[] {
  const values = keyFileValues(text);
  return mainConfAdvice
    .map((advice) => ({ advice, found: values.get(`${advice.section}.${advice.key}`) ?? null }))
    .filter(({ advice, found }) => normal(found ?? advice.unset) !== normal(advice.value));
}

/** The plugins that a running bluetoothd was told to leave out, from its command line; null if it was told nothing. */
export function leftOutPlugins(commandLine: readonly string[]): readonly string[] | null {
  for (const [index, argument] of commandLine.entries()) {
    const [, joined] = /^--noplugin=(.*)$/.exec(argument) ?? [];
    if (joined !== undefined) return joined.split(",");
    if (argument === "-P" || argument === "--noplugin") return commandLine[index + 1]?.split(",") ?? null;
  }
  return null;
}

function keyFileValues(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  let section = "";
  for (const line of text.split("\n")) {
    const [, name] = /^\s*\[([^\]]+)\]\s*$/.exec(line) ?? [];
    section = name ?? section;
    const [, key, value] = /^\s*([A-Za-z0-9]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (key !== undefined && value !== undefined) values.set(`${section}.${key}`, value);
  }
  return values;
}

/** Spellings that bluetoothd takes for the same. */
function normal(value: string): string {
  const lower = value.toLowerCase();
  if (lower === "1" || lower === "true") return "true";
  return lower === "0" || lower === "false" ? "false" : lower;
}

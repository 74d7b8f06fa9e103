import { remoteSettings, type RemoteSettings } from "../cloud-sync/contract/control.ts";
import type { PackedText } from "../cloud-sync/contract/packed-text.ts";
import type { Roster } from "../cloud-sync/contract/roster.ts";
import type { CommandHandlers } from "../cloud-sync/uplink/commands.ts";
import type { Collector } from "./collect/collector.ts";
import { gatewayErrors } from "./gateway-error.ts";
import type { Forgotten } from "./pairing/forget-device.ts";
import type { Store } from "./store/store.ts";

export interface CommandComponents {
  readonly store: Store;
  readonly collector: () => Collector;
  readonly forget: (deviceId: string) => Promise<Forgotten>;
  readonly followRoster: (roster: Roster) => Promise<void>;
  /** Makes the support bundle; undefined where nothing can. */
  readonly supportBundle: (() => Promise<PackedText>) | undefined;
  readonly setLogLevel: (level: NonNullable<RemoteSettings["logLevel"]>) => void;
}

const settingName = "remote-settings";

/** What the gateway does when the cloud asks. A command has been done when its promise resolves. */
export function commandHandlers(components: CommandComponents): CommandHandlers {
  const { store, collector, forget, followRoster, setLogLevel, supportBundle } = components;
  return {
    syncNow: async () => collector().hurry(),
    setConfig: async (settings) => {
      const merged = { ...(await storedSettings(store)), ...settings };
      await store.saveSetting(settingName, JSON.stringify(merged));
      if (settings.logLevel !== undefined) setLogLevel(settings.logLevel);
    },
    forgetDevice: async (device) => {
      const { wasKnown } = await forget(device);
      if (!wasKnown) throw gatewayErrors.make("device-unknown", "no such device is known here");
    },
    followRoster,
    supportBundle,
  };
}

/** What was set from afar, by earlier runs too. */
export async function storedSettings(store: Store): Promise<RemoteSettings> {
  const text = await store.setting(settingName);
  return text === null ? {} : (remoteSettings.safeParse(JSON.parse(text)).data ?? {});
}

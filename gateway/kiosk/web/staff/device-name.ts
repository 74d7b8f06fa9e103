import type { StaffDevice } from "../../contract/staff-view.ts";
import type { StaffWords } from "../messages/staff-en.ts";

/** As it names itself, or as its maker does. */
export const deviceName = ({ name, model }: Pick<StaffDevice, "name" | "model">, words: StaffWords): string =>
  name ?? model ?? words.devices.unnamed;

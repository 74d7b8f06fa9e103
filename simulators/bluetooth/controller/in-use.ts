import type { ControllerParts } from "./controller-parts.ts";

/** Does the controller send or listen? Its addresses stay what they are meanwhile (Core Vol 4 Part E 7.8.4, 7.8.44). */
export const isOnAir = ({ advertiser, scanner, initiator }: ControllerParts): boolean =>
  advertiser.isOn || scanner.isOn || initiator.isOn;

/** May the filter accept list not be changed now, because something goes by it (7.8.15)? */
export const isAcceptListInUse = ({ advertiser, scanner, initiator }: ControllerParts): boolean =>
  (advertiser.isOn && advertiser.parameters.filterPolicy !== 0) ||
  (scanner.isOn && (scanner.parameters.filterPolicy & 1) === 1) ||
  initiator.goesByAcceptList;

/** May the resolving list not be changed now (7.8.38)? */
export const isResolvingListInUse = (parts: ControllerParts): boolean =>
  parts.resolvingList.isEnabled && isOnAir(parts);

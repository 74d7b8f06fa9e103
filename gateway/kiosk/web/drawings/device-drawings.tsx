import type { JSX } from "preact";
import type { DeviceKind } from "../../contract/visit-view.ts";
import { Drawing, Ground, Limb } from "./drawing.tsx";

/** A kind of device, not a make. */
export function DeviceDrawing({ kind }: { readonly kind: DeviceKind }): JSX.Element {
  return kind === "blood-pressure-monitor" ? <MonitorDrawing /> : <MeterDrawing />;
}

function MonitorDrawing(): JSX.Element {
  return (
    <Drawing>
      <Ground y={262} />
      <Limb along="M205 205C240 150 235 108 275 104" width={18} fill="paper" />
      <rect x="265" y="58" width="88" height="120" rx="30" class="deep" />
      <path d="M265 96h88M265 140h88" />
      <rect x="52" y="92" width="170" height="168" rx="26" class="paper" />
      <rect x="74" y="112" width="126" height="88" rx="12" class="wash" />
      <path d="M92 138h34M92 162h50M92 182h24M158 170c-12-9-17-15-17-22a9 9 0 0 1 17-5 9 9 0 0 1 17 5c0 7-5 13-17 22Z" />
      <circle cx="137" cy="230" r="15" class="deep" />
    </Drawing>
  );
}

function MeterDrawing(): JSX.Element {
  return (
    <Drawing>
      <Ground y={272} />
      <rect x="184" y="28" width="32" height="64" rx="6" class="paper" />
      <path d="M194 40h12" />
      <rect x="132" y="76" width="136" height="194" rx="48" class="paper" />
      <rect x="154" y="112" width="92" height="76" rx="12" class="wash" />
      <path d="M172 138h30M172 162h48" />
      <circle cx="200" cy="228" r="17" class="deep" />
      <path d="M310 150c17 22 25 35 25 47a25 25 0 0 1-50 0c0-12 8-25 25-47Z" class="warm" />
    </Drawing>
  );
}

/** Hold it near: the device beside the screen, and what goes between them. */
export function PairingDrawing({ kind }: { readonly kind: DeviceKind | null }): JSX.Element {
  return (
    <Drawing class="drawing--waves">
      <Ground y={272} />
      <rect x="236" y="30" width="130" height="210" rx="18" class="paper" />
      <rect x="252" y="48" width="98" height="150" rx="8" class="wash" />
      <path d="m286 106 30 34-16 16V92l16 16-30 34" />
      <path d="M286 219h30M272 240v30M330 240v30" />
      <path class="wave wave--1" d="M152 176a34 34 0 0 1 0 48" />
      <path class="wave wave--2" d="M174 158a60 60 0 0 1 0 84" />
      <path class="wave wave--3" d="M196 140a86 86 0 0 1 0 120" />
      {kind === "blood-glucose-meter" ? (
        <>
          <rect x="56" y="132" width="80" height="136" rx="30" class="paper" />
          <rect x="70" y="156" width="52" height="46" rx="8" class="wash" />
          <circle cx="96" cy="234" r="11" class="deep" />
        </>
      ) : (
        <>
          <rect x="34" y="150" width="106" height="118" rx="20" class="paper" />
          <rect x="50" y="166" width="74" height="54" rx="8" class="wash" />
          <circle cx="87" cy="243" r="11" class="deep" />
        </>
      )}
    </Drawing>
  );
}

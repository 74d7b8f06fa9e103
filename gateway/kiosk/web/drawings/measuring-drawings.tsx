import type { JSX } from "preact";
import type { DeviceKind } from "../../contract/visit-view.ts";
import { Drawing, Ground, Limb } from "./drawing.tsx";

/** The pictures of the instructions, in the order of `messages/en.ts`. */
export const measuringDrawings: Readonly<Record<DeviceKind, readonly (() => JSX.Element)[]>> = {
  "blood-pressure-monitor": [SitDrawing, CuffDrawing, StartDrawing],
  "blood-glucose-meter": [WashDrawing, StripDrawing, DropDrawing],
};

/** Back supported, feet flat, legs side by side, the arm on the table. */
function SitDrawing(): JSX.Element {
  return (
    <Drawing>
      <Ground y={276} />
      <path d="M86 84v120M86 204h92M98 204v70M170 204v70" class="wood" />
      <Limb along="M138 196h88v68h24" width={38} fill="deep" />
      <Limb along="M124 126v66" width={62} fill="wash" />
      <Limb along="M130 124l18 46 84-8" width={28} fill="wash" />
      <Limb along="M214 164h52" width={22} />
      <path d="M150 138l14 36" class="cuff" />
      <circle cx="136" cy="54" r="27" class="warm" />
      <path d="M111 48c2-22 30-30 46-12-8 10-28 6-34 14" class="hair" />
      <path d="M220 182h146M340 182v92" class="wood" />
      <rect x="296" y="134" width="56" height="46" rx="9" class="paper" />
      <path d="M308 150h22M308 164h12" />
    </Drawing>
  );
}

/** The cuff on the bare upper arm, at the height of the heart. */
function CuffDrawing(): JSX.Element {
  return (
    <Drawing>
      <path d="M24 262c2-70 8-110 22-128 14-16 42-18 62-32h40c22 14 46 16 60 32 14 18 18 60 20 128Z" class="wash" />
      <path d="M108 104c2 22 38 22 40 0V70h-40Z" class="warm" />
      <circle cx="128" cy="46" r="34" class="warm" />
      <path d="M95 42c2-32 48-44 66-10-14 10-46-2-54 14" class="hair" />
      <Limb along="M208 150l36 84h104" width={42} />
      <path d="M219 176l17 40" class="cuff cuff--large" />
      <path d="M146 196c-18-13-26-22-26-32a13 13 0 0 1 26-7 13 13 0 0 1 26 7c0 10-8 19-26 32Z" class="heart" />
      <path d="M180 182h150" class="level" />
      <path d="M330 162v40" class="level level--end" />
      <path d="M214 260h170" class="wood" />
    </Drawing>
  );
}

function StartDrawing(): JSX.Element {
  return (
    <Drawing>
      <Ground y={272} />
      <rect x="60" y="44" width="220" height="224" rx="32" class="paper" />
      <rect x="86" y="70" width="168" height="112" rx="14" class="wash" />
      <path d="M112 104h46M112 132h66M112 158h28M214 146c-14-11-20-18-20-26a11 11 0 0 1 20-6 11 11 0 0 1 20 6c0 8-6 15-20 26Z" />
      <circle cx="170" cy="224" r="24" class="deep" />
      <path d="M170 214v9M163 219a10 10 0 1 0 14 0" />
      <path
        class="press"
        d="M366 300v-24l-62-30c-18-9-24-6-40-12l-50-18c-16-5-22 16-7 23l46 21-14 5c-12 5-8 20 6 20l40 2 30 23"
      />
    </Drawing>
  );
}

function WashDrawing(): JSX.Element {
  return (
    <Drawing>
      <path d="M120 52h90c30 0 44 16 44 40v22h-34V98c0-8-4-12-12-12h-88Z" class="paper" />
      <path d="M156 52V26M132 26h48" />
      <path class="fall" d="M236 132v26M224 140v22M248 140v22" />
      <Limb along="M66 244l92-36c20-8 44-10 66-6l56 10" width={40} />
      <Limb along="M340 262l-78-14c-20-4-40-6-58 2l-44 16" width={36} />
      <circle cx="196" cy="178" r="9" class="paper" />
      <circle cx="284" cy="186" r="13" class="paper" />
      <circle cx="312" cy="164" r="7" class="paper" />
      <circle cx="172" cy="156" r="6" class="paper" />
    </Drawing>
  );
}

function StripDrawing(): JSX.Element {
  return (
    <Drawing>
      <Ground y={280} />
      <rect x="130" y="112" width="140" height="166" rx="46" class="paper" />
      <rect x="153" y="146" width="94" height="66" rx="12" class="wash" />
      <path d="M172 168h32M172 190h50" />
      <circle cx="200" cy="245" r="14" class="deep" />
      <g class="insert">
        <rect x="182" y="22" width="36" height="74" rx="7" class="paper" />
        <path d="M192 38h16M200 38v22" />
      </g>
      <path d="M262 36v54M246 74l16 18 16-18" class="arrow" />
    </Drawing>
  );
}

function DropDrawing(): JSX.Element {
  return (
    <Drawing>
      <Limb along="M20 214l150-48" width={56} />
      <path d="M150 156c14-8 30-10 38-4" />
      <path d="M203 142c12 16 18 25 18 34a18 18 0 0 1-36 0c0-9 6-18 18-34Z" class="blood" />
      <rect x="222" y="158" width="60" height="30" rx="6" class="paper" />
      <rect x="262" y="112" width="118" height="122" rx="36" class="paper" />
      <rect x="290" y="136" width="66" height="52" rx="10" class="wash" />
      <path d="M304 154h24M304 170h34" />
      <circle cx="323" cy="211" r="10" class="deep" />
      <Ground y={270} />
    </Drawing>
  );
}

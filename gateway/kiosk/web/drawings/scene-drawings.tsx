import type { JSX } from "preact";
import { Drawing, Ground, Limb } from "./drawing.tsx";

export function WelcomeDrawing(): JSX.Element {
  return (
    <Drawing>
      <circle cx="200" cy="150" r="128" class="halo" />
      <path d="M200 246C118 188 82 148 82 106a54 54 0 0 1 118-22 54 54 0 0 1 118 22c0 42-36 82-118 140Z" class="wash" />
      <path d="M84 152h62l20-46 34 84 24-58 12 20h80" class="stroke" />
      <path d="M352 64v28M338 78h28M48 206v20M38 216h20" />
    </Drawing>
  );
}

export function SuccessDrawing(): JSX.Element {
  return (
    <Drawing>
      <circle cx="200" cy="150" r="112" class="halo" />
      <circle cx="200" cy="150" r="82" class="wash" />
      <path class="tick" d="m162 152 28 28 52-58" />
      <path d="M330 62v24M318 74h24M70 214v20M60 224h20M336 226h.1M62 84h.1" />
    </Drawing>
  );
}

export function HomeDrawing(): JSX.Element {
  return (
    <Drawing>
      <Ground y={272} />
      <path d="M62 148 200 34l138 114" />
      <path d="M92 124v148h216V124L200 36Z" class="wash" />
      <path d="M62 148 200 34l138 114" />
      <rect x="138" y="170" width="76" height="84" rx="16" class="paper" />
      <rect x="151" y="184" width="50" height="34" rx="6" class="wash" />
      <circle cx="176" cy="236" r="8" class="deep" />
      <path d="M236 196a26 26 0 0 1 0 36M254 180a50 50 0 0 1 0 68" />
    </Drawing>
  );
}

/** The screen is empty, and the person walks on. */
export function GoodbyeDrawing(): JSX.Element {
  return (
    <Drawing>
      <circle cx="200" cy="150" r="120" class="halo" />
      <Limb along="M196 262v-64" width={64} />
      <rect x="142" y="128" width="108" height="96" rx="34" class="warm" />
      <Limb along="M160 150l-8-74" width={30} />
      <Limb along="M188 146V60" width={30} />
      <Limb along="M216 148l8-80" width={30} />
      <Limb along="M240 164l18-58" width={27} />
      <Limb along="M154 196l-34-38" width={30} />
      <path d="M160 152c8 20 60 22 82 6v50c-20 20-60 20-82-6Z" class="palm" />
      <path d="M290 70c14 8 22 20 24 36M106 70c-14 8-22 20-24 36" />
    </Drawing>
  );
}

export function PauseDrawing(): JSX.Element {
  return (
    <Drawing>
      <circle cx="200" cy="150" r="120" class="halo" />
      <rect x="96" y="70" width="208" height="136" rx="18" class="paper" />
      <path d="M200 206v42M150 250h100" />
      <path d="M178 112v52M222 112v52" class="stroke" />
    </Drawing>
  );
}

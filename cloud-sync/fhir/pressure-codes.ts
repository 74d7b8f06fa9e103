import type { MdcCode } from "./code-systems.ts";

/** Blood Pressure Measurement (2A35, 2B34). */
export const pressureCodes = {
  panel: { mdc: "150020", name: "MDC_PRESS_BLD_NONINV", loinc: "85354-9" },
  systolic: { mdc: "150021", name: "MDC_PRESS_BLD_NONINV_SYS", loinc: "8480-6" },
  diastolic: { mdc: "150022", name: "MDC_PRESS_BLD_NONINV_DIA", loinc: "8462-4" },
  mean: { mdc: "150023", name: "MDC_PRESS_BLD_NONINV_MEAN", loinc: "8478-0" },
  pulseRate: { mdc: "149546", name: "MDC_PULS_RATE_NON_INV", loinc: "8867-4" },
} as const satisfies Readonly<Record<string, MdcCode & { loinc: string }>>;

import type { MdcCode } from "./code-systems.ts";
import { entryOf } from "./code-table.ts";

/** A kind of context whose value is a code: what it is called, and its values by the names of the driver. */
export interface CodedContext extends MdcCode {
  readonly values: Readonly<Record<string, MdcCode>>;
}

const code = (mdc: string, name: string): MdcCode => ({ mdc, name });

/** Glucose Measurement Context (2A34) and the sample location of 2A18, as coded Observations. */
export const codedContexts = {
  meal: {
    ...code("8417864", "MDC_CTXT_GLU_MEAL"),
    values: {
      preprandial: code("8417868", "MDC_CTXT_GLU_MEAL_PREPRANDIAL"),
      postprandial: code("8417872", "MDC_CTXT_GLU_MEAL_POSTPRANDIAL"),
      fasting: code("8417876", "MDC_CTXT_GLU_MEAL_FASTING"),
      casual: code("8417880", "MDC_CTXT_GLU_MEAL_CASUAL"),
      bedtime: code("8417869", "MDC_CTXT_GLU_MEAL_BEDTIME"),
    },
  },
  tester: {
    ...code("8417884", "MDC_CTXT_GLU_TESTER"),
    values: {
      self: code("8417888", "MDC_CTXT_GLU_TESTER_SELF"),
      health_care_professional: code("8417892", "MDC_CTXT_GLU_TESTER_HCP"),
      lab_test: code("8417896", "MDC_CTXT_GLU_TESTER_LAB"),
    },
  },
  health: {
    ...code("8417820", "MDC_CTXT_GLU_HEALTH"),
    values: {
      minor_health_issues: code("8417824", "MDC_CTXT_GLU_HEALTH_MINOR"),
      major_health_issues: code("8417828", "MDC_CTXT_GLU_HEALTH_MAJOR"),
      during_menses: code("8417832", "MDC_CTXT_GLU_HEALTH_MENSES"),
      under_stress: code("8417836", "MDC_CTXT_GLU_HEALTH_STRESS"),
      no_health_issues: code("8417840", "MDC_CTXT_GLU_HEALTH_NONE"),
    },
  },
  sampleLocation: {
    ...code("8417844", "MDC_CTXT_GLU_SAMPLELOCATION"),
    values: {
      finger: code("8417848", "MDC_CTXT_GLU_SAMPLELOCATION_FINGER"),
      alternate_site_test: code("8417852", "MDC_CTXT_GLU_SAMPLELOCATION_AST"),
      earlobe: code("8417856", "MDC_CTXT_GLU_SAMPLELOCATION_EARLOBE"),
      control_solution: code("8417860", "MDC_CTXT_GLU_SAMPLELOCATION_CTRLSOLUTION"),
      not_available: code("8417845", "MDC_CTXT_GLU_SAMPLELOCATION_UNDETERMINED"),
    },
  },
} as const satisfies Readonly<Record<string, CodedContext>>;

/** Carbohydrates and medication are numbers, whose code says of what; the parent stands for what is reserved. */
export const carbohydrateCodes: MeasuredContext = {
  parent: code("8417764", "MDC_CTXT_GLU_CARB"),
  kinds: {
    breakfast: code("8417768", "MDC_CTXT_GLU_CARB_BREAKFAST"),
    lunch: code("8417772", "MDC_CTXT_GLU_CARB_LUNCH"),
    dinner: code("8417776", "MDC_CTXT_GLU_CARB_DINNER"),
    snack: code("8417780", "MDC_CTXT_GLU_CARB_SNACK"),
    drink: code("8417784", "MDC_CTXT_GLU_CARB_DRINK"),
    supper: code("8417788", "MDC_CTXT_GLU_CARB_SUPPER"),
    brunch: code("8417792", "MDC_CTXT_GLU_CARB_BRUNCH"),
  },
};

export const medicationCodes: MeasuredContext = {
  parent: code("8417796", "MDC_CTXT_MEDICATION"),
  kinds: {
    rapid_acting_insulin: code("8417800", "MDC_CTXT_MEDICATION_RAPIDACTING"),
    short_acting_insulin: code("8417804", "MDC_CTXT_MEDICATION_SHORTACTING"),
    intermediate_acting_insulin: code("8417808", "MDC_CTXT_MEDICATION_INTERMEDIATEACTING"),
    long_acting_insulin: code("8417812", "MDC_CTXT_MEDICATION_LONGACTING"),
    premixed_insulin: code("8417816", "MDC_CTXT_MEDICATION_PREMIX"),
  },
};

export const exerciseCode: MdcCode = code("8417760", "MDC_CTXT_GLU_EXERCISE");

export interface MeasuredContext {
  readonly parent: MdcCode;
  readonly kinds: Readonly<Record<string, MdcCode>>;
}

export const measuredContextCode = ({ parent, kinds }: MeasuredContext, kind: string): MdcCode =>
  entryOf(kinds, kind) ?? parent;

/**
 * Blood pressure: 2017 ACC/AHA guideline for the prevention, detection, evaluation and management of high blood pressure in
 * adults, table 6, and its hypertensive crisis (above 180 and/or 120 mmHg). Either of the two numbers is enough.
 *
 * Glucose: ADA Standards of Care in Diabetes, section 6: hypoglycaemia of level 1 below 70 mg/dL (3.9 mmol/L) and of level 2
 * below 54 mg/dL (3.0 mmol/L); hyperglycaemia of level 1 above 180 mg/dL (10.0 mmol/L) and of level 2 above 250 mg/dL
 * (13.9 mmol/L). Both units are as they were published: a value is compared in the unit that its meter uses, and is never
 * converted.
 *
 * Ketones (beta-hydroxybutyrate): ISPAD Clinical Practice Consensus Guidelines 2022, in mmol/L.
 */
export const standardTables = {
  bloodPressure: {
    source: "ACC/AHA 2017",
    categories: [
      { category: "hypertensive-crisis", level: "urgent", systolic: { above: "180" }, diastolic: { above: "120" } },
      { category: "hypertension-stage-2", level: "high", systolic: { from: "140" }, diastolic: { from: "90" } },
      { category: "hypertension-stage-1", level: "raised", systolic: { from: "130" }, diastolic: { from: "80" } },
      { category: "elevated", level: "raised", systolic: { from: "120" } },
      { category: "normal", level: "in-range" },
    ],
  },
  glucose: {
    source: "ADA Standards of Care",
    beyond: {
      high: { category: "meter-high", level: "urgent" },
      low: { category: "meter-low", level: "urgent" },
    },
    categories: [
      { category: "hypoglycemia-level-2", level: "urgent", "mg/dL": { below: "54" }, "mmol/L": { below: "3.0" } },
      { category: "hypoglycemia-level-1", level: "low", "mg/dL": { below: "70" }, "mmol/L": { below: "3.9" } },
      { category: "hyperglycemia-level-2", level: "high", "mg/dL": { above: "250" }, "mmol/L": { above: "13.9" } },
      { category: "hyperglycemia-level-1", level: "raised", "mg/dL": { above: "180" }, "mmol/L": { above: "10.0" } },
      { category: "in-range", level: "in-range" },
    ],
  },
  ketone: {
    source: "ISPAD 2022",
    beyond: null,
    categories: [
      { category: "ketones-immediate-risk", level: "urgent", "mmol/L": { from: "3.0" } },
      { category: "ketones-high-risk", level: "high", "mmol/L": { from: "1.5" } },
      { category: "ketones-raised", level: "raised", "mmol/L": { from: "0.6" } },
      { category: "ketones-normal", level: "in-range", "mmol/L": { below: "0.6" } },
    ],
  },
};
